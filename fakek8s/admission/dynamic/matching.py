"""Which writes a webhook or a policy is about: selectors, rules, equivalent versions.

Upstream: apiserver pkg/admission/plugin/webhook/predicates, policy/matching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import GVK, GVR, body_kind
from fakek8s.admission.engine import registry_of
from fakek8s.machinery.labels import EVERYTHING, Selector, SelectorError, from_label_selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.admission.dynamic.attributes import Attributes
    from fakek8s.kind import Kind

Object = dict[str, Any]

_NAMESPACES = ("", "v1", "namespaces")


class Match(NamedTuple):
    """The resource and kind in the version that was asked for, and the record of that version."""

    resource: GVR
    kind: GVK
    record: Kind


class Selectors:
    """A namespace selector and an object selector, read once. error: why they can't be."""

    __slots__ = ("_error", "_namespace", "_object")

    def __init__(self, source: Object) -> None:
        self._error: errors.APIError | None = None
        self._namespace: Selector = EVERYTHING
        self._object: Selector = EVERYTHING
        try:
            self._namespace = from_label_selector(source.get("namespaceSelector"))
            self._object = from_label_selector(source.get("objectSelector"))
        except SelectorError as error:
            self._error = errors.internal(str(error))

    def match(
        self, attributes: Attributes, obj: Object | None
    ) -> tuple[bool, errors.APIError | None]:
        """(matches?, the error that stands for a match if the rules match). `obj`: as it is now."""
        if self._error is not None:
            return True, self._error
        problem = None
        try:
            if not self._matches_namespace(attributes, obj):
                return False, None
        except errors.APIError as error:
            problem = error
        if not self._object.empty and not (
            _labelled(self._object, obj) or _labelled(self._object, attributes.old)
        ):
            return False, None
        return True, problem

    def _matches_namespace(self, attributes: Attributes, obj: Object | None) -> bool:
        is_namespace = attributes.resource.resource == "namespaces"
        if not attributes.namespace and not is_namespace:
            return True
        if self._namespace.empty:
            return True
        if (
            is_namespace
            and not attributes.subresource
            and attributes.operation in ("CREATE", "UPDATE")
        ):
            assert obj is not None
            return self._namespace.matches(obj["metadata"].get("labels"))
        return self._namespace.matches(
            namespace_of(attributes, attributes.namespace)["metadata"].get("labels")
        )


def _labelled(selector: Selector, obj: Object | None) -> bool:
    if obj is None:
        return False
    return selector.matches((obj.get("metadata") or {}).get("labels"))


def namespace_of(attributes: Attributes, name: str) -> Object:
    """A namespace; raises APIError 404."""
    found = attributes.op.reader.get("namespaces", "", name)
    if found is None:
        raise errors.not_found("namespaces", "", name)
    return found


def find(
    rules: Sequence[Object] | None, attributes: Attributes, match_policy: str | None
) -> Match | None:
    """The version in which one of the rules asks for the write; the request's own comes first."""
    rules = rules or ()
    for rule in rules:
        if _applies(rule, attributes, attributes.resource) and _named(rule, attributes):
            return Match(attributes.resource, attributes.kind, attributes.op.kind)
    if match_policy != "Equivalent" or not rules:
        return None
    others = _equivalents(attributes)
    for rule in rules:
        for other in others:
            if _applies(rule, attributes, other.resource) and _named(rule, attributes):
                return other
    return None


def _equivalents(attributes: Attributes) -> list[Match]:
    own, subresource = attributes.op.kind, attributes.subresource
    catalogue = registry_of(attributes.op).catalogue
    return [
        Match(GVR(kind.group, kind.version, kind.plural), body_kind(kind, subresource), kind)
        for kind in catalogue.versions_of(own.resource).values()
        if kind is not own and (not subresource or subresource in kind.subresources)
    ]


def _named(rule: Object, attributes: Attributes) -> bool:
    names = rule.get("resourceNames")
    return not names or attributes.name in names


def _applies(rule: Object, attributes: Attributes, resource: GVR) -> bool:
    """rules.Matcher.Matches."""
    return (
        _in_scope(rule.get("scope"), attributes, resource)
        and _one_of(rule.get("operations"), attributes.operation)
        and _one_of(rule.get("apiGroups"), resource.group)
        and _one_of(rule.get("apiVersions"), resource.version)
        and any(
            _is_resource(text, resource.resource, attributes.subresource)
            for text in rule.get("resources") or ()
        )
    )


def _one_of(items: Sequence[str] | None, wanted: str) -> bool:
    return any(item in ("*", wanted) for item in items or ())


def _in_scope(scope: str | None, attributes: Attributes, resource: GVR) -> bool:
    if scope is None or scope == "*":
        return True
    cluster = resource == _NAMESPACES or not attributes.namespace
    return cluster if scope == "Cluster" else scope == "Namespaced" and not cluster


def _is_resource(text: str, resource: str, subresource: str) -> bool:
    wanted, _, below = text.partition("/")
    return wanted in ("*", resource) and below in ("*", subresource)
