"""THE chain: every step a request passes, in order, each with why it stands where it stands.

Both doors enter here, after authentication: the HTTP door and the in-process client.
Upstream's list is DefaultBuildHandlerChain (apiserver pkg/server/config.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s import errors
from fakek8s.auth.impersonation import Impersonation
from fakek8s.server.rights import attributes_of

if TYPE_CHECKING:
    from fakek8s.auth.authorizer import Authorizer
    from fakek8s.auth.user import User
    from fakek8s.server.answer import Answer
    from fakek8s.server.dispatch import Dispatcher
    from fakek8s.server.request import Request


class Chain:
    """One request, from authentication's result to the answer."""

    __slots__ = ("_authorizer", "_dispatcher", "_impersonation")

    def __init__(self, authorizer: Authorizer, dispatcher: Dispatcher) -> None:
        self._authorizer = authorizer
        self._dispatcher = dispatcher
        self._impersonation = Impersonation(authorizer)

    def admit(self, request: Request) -> User:
        """The steps up to authorization; the acting user. Raises APIError 401 or 403."""
        # Unknown credentials end here: nothing later may see a user that nobody vouches for.
        if request.user is None:
            raise errors.unauthorized()
        user = request.user
        # Impersonation before authorization: rights are those of the user that is acted as,
        # while the right to impersonate is asked of the real one.
        if request.impersonate:
            asked = attributes_of(user, request.info)
            user = self._impersonation.acting(asked, request.impersonate)
        # Authorization before anything is looked up or decoded: whoever may not ask learns
        # neither what exists nor what is wrong with the body.
        if not self._authorizer.trusts(user):
            self._authorizer.require(attributes_of(user, request.info))
        return user

    async def handle(self, request: Request) -> Answer:
        """A resource request's answer; raises APIError."""
        user = self.admit(request)
        return await self._dispatcher.serve(request, user)
