"""From an authorized request to the job that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s import errors
from fakek8s.server.resource import ResourceJob
from fakek8s.server.subresource import SubresourceJob

if TYPE_CHECKING:
    from fakek8s.auth.authorizer import Authorizer
    from fakek8s.auth.user import User
    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry
    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Request, RequestInfo


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
        if kind is None or len(info.parts) == 0 or not _is_watched(info, kind):
            raise errors.generic(404)
        deprecation = kind.behaviour.deprecation
        warnings: list[str] = [deprecation] if deprecation else []
        serving = SubresourceJob if info.subresource else ResourceJob
        job = serving(self._registry, self._authorizer, request, kind, user, warnings)
        try:
            answer = await job.serve()
        except errors.APIError as error:
            # Upstream's router refuses a path or method before anything is warned of.
            refused = error.code == 405 or (error.code == 404 and not kind.custom)
            error.warnings = [] if refused and not error.details else list(dict.fromkeys(warnings))
            raise
        if warnings:
            answer.warnings.extend(dict.fromkeys(warnings))
        return answer


def _is_watched(info: RequestInfo, kind: Kind) -> bool:
    """Whether a watch of the old form has a route: below the resource's scope, if it can be."""
    if not info.watching or kind.custom:
        return True
    if info.subresource or "watch" not in kind.verbs:
        return False
    return not kind.namespaced or bool(info.namespace) or len(info.parts) == 1
