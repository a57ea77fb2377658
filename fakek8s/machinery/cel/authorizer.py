"""The authorizer that policies ask: builders of a request, and its decision.

Upstream: apiserver pkg/cel/library/authz.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from fakek8s.machinery.cel.declarations import parse_type
from fakek8s.machinery.cel.values import CelError, Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS", "Authorize", "Authorizer", "Decision", "Question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: a path, or a group's resource. selectors: as written, "" for none."""

    user: Any
    verb: str = ""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""

    @property
    def is_resource(self) -> bool:
        """Whether a resource is asked for, or else a path."""
        return not self.path


class Authorize(Protocol):
    """Decides a question: allowed, the reason, and an error's text ("" for none)."""

    def __call__(self, question: Question) -> tuple[bool, str, str]: ...


class Users(Protocol):
    """Makes the user of a service account."""

    def __call__(self, namespace: str, name: str) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Authorizer(Opaque):
    """The value of the variable `authorizer`; service_account makes the user of one."""

    authorize: Authorize
    user: Any
    service_account: Users
    type = parse_type("Authorizer")


@dataclass(frozen=True, slots=True, eq=False)
class _Check(Opaque):
    authorizer: Authorizer
    question: Question


class PathCheck(_Check):
    __slots__ = ()
    type = parse_type("PathCheck")


class GroupCheck(_Check):
    __slots__ = ()
    type = parse_type("GroupCheck")


class ResourceCheck(_Check):
    __slots__ = ()
    type = parse_type("ResourceCheck")


@dataclass(frozen=True, slots=True)
class Decision(Opaque):
    allowed: bool
    reason: str = ""
    error: str = ""
    type = parse_type("Decision")


def _path(authorizer: Authorizer, path: str) -> PathCheck:
    if not path:
        raise CelError("path must not be empty")
    return PathCheck(authorizer, Question(user=authorizer.user, path=path))


def _group(authorizer: Authorizer, group: str) -> GroupCheck:
    return GroupCheck(authorizer, Question(user=authorizer.user, group=group))


def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    user = authorizer.service_account(namespace, name)
    return Authorizer(authorizer.authorize, user, authorizer.service_account)


def _resource(check: GroupCheck, resource: str) -> ResourceCheck:
    if not resource:
        raise CelError("resource must not be empty")
    return ResourceCheck(check.authorizer, replace(check.question, resource=resource))


def _with(name: str) -> Callable[[ResourceCheck, str], ResourceCheck]:
    def change(check: ResourceCheck, value: str) -> ResourceCheck:
        return ResourceCheck(check.authorizer, replace(check.question, **{name: value}))

    return change


def _check(check: _Check, verb: str) -> Decision:
    return Decision(*check.authorizer.authorize(replace(check.question, verb=verb)))


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "authorizer_path": _path,
    "authorizer_group": _group,
    "authorizer_serviceaccount": _service_account,
    "groupcheck_resource": _resource,
    "resourcecheck_subresource": _with("subresource"),
    "resourcecheck_namespace": _with("namespace"),
    "resourcecheck_name": _with("name"),
    "authorizer_fieldselector": _with("field_selector"),
    "authorizer_labelselector": _with("label_selector"),
    "pathcheck_check": _check,
    "resourcecheck_check": _check,
    "decision_errored": lambda decision: bool(decision.error),
    "decision_error": lambda decision: decision.error,
    "decision_allowed": lambda decision: decision.allowed,
    "decision_reason": lambda decision: decision.reason,
}
