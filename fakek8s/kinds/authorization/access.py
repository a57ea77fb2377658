"""Access reviews: what they may ask, what is asked of the authorizer, what they answer.

Upstream: pkg/apis/authorization/validation, pkg/registry/authorization/util.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.auth.user import User
from fakek8s.machinery import fields, labels, names
from fakek8s.machinery.causes import forbidden, invalid, required

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

GROUP = "authorization.k8s.io"
_RESOURCE = "spec.resourceAttributes"
_ONE = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
_TWICE = "may not specified at the same time as requirements"
_VALUES = ("In", "NotIn")
_NO_VALUES = ("Exists", "DoesNotExist")
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def setting(op: Operation, name: str) -> Any:
    """What the cluster lends to reviews; raises APIError 501 if it has no such thing."""
    found = op.settings.get(name)
    if found is None:
        raise errors.not_implemented(f"{op.kind.plural} without {name}")
    return found


def refuse(found: Iterable[FieldError]) -> None:
    """Raises APIError 422 if there are causes; upstream names neither kind nor object."""
    causes = list(found)
    if causes:
        raise errors.invalid("", GROUP, "", causes)


def subject_of(spec: Object) -> User:
    """The user that a SubjectAccessReviewSpec asks for."""
    extra = {key: tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    groups = tuple(spec.get("groups") or ())
    return User(spec.get("user", ""), uid=spec.get("uid", ""), groups=groups, extra=extra)


def internal(attributes: Object | None) -> Object | None:
    """Non-resource attributes as upstream's internal type prints, which has no JSON names."""
    if attributes is None:
        return None
    return {"Path": attributes.get("path", ""), "Verb": attributes.get("verb", "")}


def metadata_rules(
    review: Object, op: Operation, *allowed: str, but: str = ""
) -> Iterator[FieldError]:
    """Reviews are no objects: they have no names."""
    metadata = op.kind.shape.canonical(review)["metadata"]
    if any(value for name, value in metadata.items() if name not in ("managedFields", *allowed)):
        yield invalid("metadata", metadata, f"must be empty{but}")


def question_rules(spec: Object) -> Iterator[FieldError]:
    """One question: about a resource or about another path."""
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (other is None):
        yield invalid("spec", internal(other), _ONE)


def subject_rules(spec: Object) -> Iterator[FieldError]:
    """ValidateSubjectAccessReviewSpec."""
    yield from question_rules(spec)
    if not spec.get("user") and not spec.get("groups"):
        yield invalid("spec.user", "", "at least one of user or group must be specified")
    yield from selector_rules(spec)


def selector_rules(spec: Object) -> Iterator[FieldError]:
    """validateResourceAttributes."""
    attributes = spec.get("resourceAttributes") or {}
    for name, check in (("fieldSelector", _field_rules), ("labelSelector", _label_rules)):
        selector = attributes.get(name)
        if selector is None:
            continue
        path = f"{_RESOURCE}.{name}"
        raw, requirements = selector.get("rawSelector", ""), selector.get("requirements") or ()
        if raw and requirements:
            yield invalid(f"{path}.rawSelector", raw, _TWICE)
        if not raw and not requirements:
            text = f"when {path} is specified, requirements or rawSelector is required"
            yield required(f"{path}.requirements", text)
        for number, requirement in enumerate(requirements):
            yield from check(requirement, f"{path}.requirements[{number}]")


def _value_rules(requirement: Object, path: str) -> Iterator[FieldError]:
    """Unknown operators are let through: a newer client may know more of them."""
    operator, values = requirement.get("operator", ""), requirement.get("values")
    if operator in _VALUES and not values:
        text = "must be specified when `operator` is 'In' or 'NotIn'"
        yield required(f"{path}.values", text)
    if operator in _NO_VALUES and values:
        text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        yield forbidden(f"{path}.values", text)


def _field_rules(requirement: Object, path: str) -> Iterator[FieldError]:
    if not requirement.get("key"):
        yield required(f"{path}.key", "must be specified")
    yield from _value_rules(requirement, path)


def _label_rules(requirement: Object, path: str) -> Iterator[FieldError]:
    yield from _value_rules(requirement, path)
    key = requirement.get("key", "")
    for text in names.is_qualified_name(key):
        yield invalid(f"{path}.key", key, text)
    for number, value in enumerate(requirement.get("values") or ()):
        for text in names.is_label_value(value):
            yield invalid(f"{path}.values[{number}]", value, text)


def attributes_of(spec: Object) -> Object:
    """The question as the authorizer takes it, without the user."""
    asked = spec.get("resourceAttributes")
    if asked is None:
        other = spec["nonResourceAttributes"]
        path, verb = other.get("path", ""), other.get("verb", "")
        return {"is_resource": False, "path": path, "verb": verb}
    found: Object = {
        name: asked.get(name, "")
        for name in ("verb", "group", "namespace", "resource", "subresource", "name")
    }
    return {**found, "is_resource": True, "version": asked.get("version") or "*"}


def status_of(spec: Object, user: User, op: Operation) -> Object:
    """A SubjectAccessReviewStatus: the decision about the user, and why."""
    allowed, reason = setting(op, "authorize")(user, attributes_of(spec))
    status: Object = {"allowed": bool(allowed)}
    if reason:
        status["reason"] = reason
    if trouble := "; ".join(_unread(spec)):
        status["evaluationError"] = trouble
    return status


def _unread(spec: Object) -> Iterator[str]:
    """Selectors, or parts of them, that can't be read and don't narrow the question."""
    attributes = spec.get("resourceAttributes") or {}
    for name, parts in (("fieldSelector", _field_parts), ("labelSelector", _label_parts)):
        selector = attributes.get(name) or {}
        read = list(parts(selector))
        if not all(read):
            how = "partially ignored" if any(read) else "ignored"
            yield f"{_RESOURCE}.{name} {how} due to parse error"


def _field_parts(selector: Object) -> Iterator[bool]:
    """Whether each requirement could be read."""
    requirements = selector.get("requirements") or ()
    if not requirements and (raw := selector.get("rawSelector")):
        try:
            fields.parse(raw)
        except fields.FieldSelectorError:
            yield False
    for requirement in requirements:
        yield requirement.get("operator") in _VALUES and len(requirement.get("values") or ()) == 1


def _label_parts(selector: Object) -> Iterator[bool]:
    requirements = selector.get("requirements") or ()
    if not requirements and (raw := selector.get("rawSelector")):
        try:
            labels.parse(raw)
        except labels.SelectorError:
            yield False
    for requirement in requirements:
        operator = _OPERATORS.get(requirement.get("operator", ""))
        if operator is None:
            yield False
            continue
        try:
            labels.new_requirement(
                requirement.get("key", ""), operator, requirement.get("values") or None
            )
        except labels.SelectorError:
            yield False
        else:
            yield True


def answered(review: Object, op: Operation, status: Object) -> tuple[int, Object]:
    """The review with its answer, in canonical form."""
    return 201, op.kind.shape.canonical({**review, "status": status})
