"""What a policy is configured by: the objects that a binding names or selects.

Upstream: apiserver pkg/admission/plugin/policy/generic CollectParams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.dynamic.attributes import GVK
from fakek8s.machinery.labels import SelectorError, from_label_selector
from fakek8s.registry.convert import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry

Object = dict[str, Any]

_NONE_FOUND = "no params found for policy binding with `Deny` parameterNotFoundAction"


class ParamError(Exception):
    """The parameters can't be had; the message is upstream's."""


def param_kind(registry: Registry, declared: Object | None) -> Kind | None:
    """The kind that parameters are of, None for a policy without. Raises ParamError."""
    if declared is None:
        return None
    api_version, name = declared.get("apiVersion", ""), declared.get("kind", "")
    kind = registry.catalogue.by_kind(api_version, name)
    if kind is None:
        group, _, version = api_version.rpartition("/")
        text = GVK(group, version, name)
        raise ParamError(f"failed to find resource referenced by paramKind: '{text}'")
    return kind


def collect(
    registry: Registry, kind: Kind | None, reference: Object | None, namespace: str
) -> list[Object | None]:
    """The parameters that a binding's paramRef means for a write in a namespace.

    [None] if there are none to be had; [] if none was found and that is fine. Raises ParamError.
    """
    if kind is None or reference is None:
        return [None]
    wanted = reference.get("namespace", "")
    if kind.namespaced:
        namespace = wanted or namespace
        if not namespace:
            raise ParamError(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped "
                "resources"
            )
    elif wanted:
        raise ParamError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    else:
        namespace = ""
    found = [_shown(kind, obj) for obj in _find(registry, kind, reference, namespace)]
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise ParamError(_NONE_FOUND)
    return [*found]


def _find(registry: Registry, kind: Kind, reference: Object, namespace: str) -> Iterable[Object]:
    name, selector = reference.get("name", ""), reference.get("selector")
    if name:
        if selector is not None:
            raise ParamError("paramRef.name and paramRef.selector are mutually exclusive")
        found = registry.reader.get(kind.resource, namespace, name)
        return [] if found is None else [found]
    if selector is None:
        raise ParamError("one of name or selector must be provided")
    try:
        selected = from_label_selector(selector)
    except SelectorError as error:
        raise ParamError(str(error)) from None
    return [
        obj
        for obj in registry.reader.list(kind.resource, namespace)
        if selected.matches(obj["metadata"].get("labels"))
    ]


def _shown(kind: Kind, stored: Object) -> Object:
    found = shown(kind, stored)
    return {**found, "apiVersion": kind.api_version, "kind": kind.kind}
