"""A request as a question to the authorizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.auth.authorizer import Attributes

if TYPE_CHECKING:
    from fakek8s.auth.user import User
    from fakek8s.server.request import RequestInfo


def attributes_of(user: User, info: RequestInfo) -> Attributes:
    """filters.GetAuthorizerAttributes, but for selectors."""
    return Attributes(
        user=user,
        verb=info.verb,
        is_resource=info.is_resource,
        path=info.path,
        group=info.group,
        version=info.version,
        namespace=info.namespace,
        resource=info.resource,
        subresource=info.subresource,
        name=info.name,
    )
