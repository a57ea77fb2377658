"""Authentication: from a request's credentials to a user, in upstream's order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s.auth.certs import user_of
from fakek8s.auth.user import AUTHENTICATED, NOBODY, UNAUTHENTICATED, User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Authenticator:
    """Client certificates first, then bearer tokens; no credentials at all are anonymous."""

    def __init__(
        self,
        tokens: Mapping[str, User],
        review_token: Callable[[str], User | None] | None = None,
    ) -> None:
        """`review_token` vouches for tokens that are no static ones (service accounts)."""
        self._users = {token: _in_authenticated(user) for token, user in tokens.items()}
        self._review_token = review_token

    def authenticate(
        self, authorization: str | None, certificate: Mapping[str, Any] | None
    ) -> User | None:
        """The user of an Authorization header and a verified peer certificate (as
        `getpeercert` gives it); None for credentials that nobody accepts."""
        if certificate:
            found = user_of(certificate)
            if found is not None:
                return _in_authenticated(found)
        if not authorization:
            return NOBODY
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return NOBODY
        return self.token_user(token.strip())

    def token_user(self, token: str) -> User | None:
        """The user of a bearer token; None if it is unknown."""
        found = self._users.get(token)
        if found is None and self._review_token is not None:
            found = self._review_token(token)
            if found is not None:
                found = _in_authenticated(found)
        return found


def _in_authenticated(user: User) -> User:
    """The user in the group of all authenticated ones (group.NewAuthenticatedGroupAdder)."""
    if AUTHENTICATED in user.groups or UNAUTHENTICATED in user.groups:
        return user
    return replace(user, groups=(*user.groups, AUTHENTICATED))
