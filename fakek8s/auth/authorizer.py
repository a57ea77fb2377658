"""Authorization: who may do what, and the words in which it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakek8s import errors
from fakek8s.auth import rbac
from fakek8s.auth.user import SYSTEM_MASTERS
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.auth.user import User
    from fakek8s.kind import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """One question to an authorizer (authorizer.AttributesRecord)."""

    user: User
    verb: str
    is_resource: bool = True
    path: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""


#: Since when a refusal names the authorizer that gives its reason (apiserver authorization/union).
_NAMED_SINCE = 37


class Authorizer:
    """Masters may do everything; everybody else what RBAC gives them."""

    def __init__(self, reader: Reader, minor: int = 37) -> None:
        """`minor` is the minor version of Kubernetes that is followed."""
        self._reader = reader
        self.minor = minor

    def trusts(self, user: User) -> bool:
        """Whether the user may do everything, so that no question need be asked."""
        return SYSTEM_MASTERS in user.groups

    def decide(self, attributes: Attributes) -> tuple[bool, str]:
        """(allowed?, reason); a reason is RBAC's, "" if it has none."""
        if self.trusts(attributes.user):
            return True, ""
        allowed, reason = rbac.allows(self._reader, attributes)
        if reason and not allowed and self.minor >= _NAMED_SINCE:
            reason = f"rbac: {reason}"
        return allowed, reason

    def require(self, attributes: Attributes) -> None:
        """Raises APIError 403 in upstream's words unless allowed."""
        allowed, reason = self.decide(attributes)
        if not allowed:
            raise refusal(attributes, reason)


def refusal(attributes: Attributes, reason: str = "") -> errors.APIError:
    """responsewriters.Forbidden: the 403 of a request that nobody allows."""
    text = message(attributes)
    if reason:
        text = f"{text}: {reason}"
    if not attributes.is_resource:
        return errors.forbidden("", "", "", text)
    return errors.forbidden(attributes.resource, attributes.group, attributes.name, text)


def message(attributes: Attributes) -> str:
    """responsewriters.ForbiddenMessage."""
    who = f"User {quote(attributes.user.name)} cannot {attributes.verb}"
    if not attributes.is_resource:
        return f"{who} path {quote(attributes.path)}"
    resource = attributes.resource
    if attributes.subresource:
        resource = f"{resource}/{attributes.subresource}"
    text = f"{who} resource {quote(resource)} in API group {quote(attributes.group)}"
    if attributes.namespace:
        return f"{text} in the namespace {quote(attributes.namespace)}"
    return f"{text} at the cluster scope"
