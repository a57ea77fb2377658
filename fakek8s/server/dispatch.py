"""From an authorized request to the job that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s import errors
from fakek8s.server.resource import ResourceJob
from fakek8s.server.subresource import SubresourceJob

if TYPE_CHECKING:
    from fakek8s.auth.authorizer import Authorizer
    from fakek8s.auth.user import User
    from fakek8s.registry.context import Registry
    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Request


class Dispatcher:
    """Serves authorized resource requests from one registry."""

    __slots__ = ("_authorizer", "_registry")

    def __init__(self, registry: Registry, authorizer: Authorizer) -> None:
        """The authorizer is for rights that turn out to be needed on the way."""
        self._registry = registry
        self._authorizer = authorizer

    async def serve(self, request: Request, user: User) -> Answer:
        """The answer; raises APIError, 404 and 405 for what is not served included."""
        info = request.info
        kind = self._registry.catalogue.find(info.group, info.version, info.resource)
        if kind is None or len(info.parts) == 0:
            raise errors.generic(404)
        deprecation = kind.behaviour.deprecation
        warnings: list[str] = [deprecation] if deprecation else []
        serving = SubresourceJob if info.subresource else ResourceJob
        job = serving(self._registry, self._authorizer, request, kind, user, warnings)
        try:
            answer = await job.serve()
        except errors.APIError as error:
            # Upstream's router refuses a method before anything is warned of.
            routed = error.code == 405 and not error.details
            error.warnings = [] if routed else list(dict.fromkeys(warnings))
            raise
        if warnings:
            answer.warnings.extend(dict.fromkeys(warnings))
        return answer
