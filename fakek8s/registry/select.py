"""Which objects a list or a watch is about: selectors and one namespace, as a predicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.options import ListOptions

Object = dict[str, Any]
Predicate = "Callable[[Object], bool]"


def field_values(kind: Kind, obj: Object, wanted: set[str]) -> dict[str, str]:
    """The values of the wanted field labels of one object."""
    metadata = obj.get("metadata", {})
    found = {}
    for label in wanted:
        if label == "metadata.name":
            found[label] = metadata.get("name", "")
        elif label == "metadata.namespace":
            found[label] = metadata.get("namespace", "")
        else:
            found[label] = kind.behaviour.selectable[label](obj)
    return found


def predicate(kind: Kind, options: ListOptions, name: str = "") -> Callable[[Object], bool] | None:
    """Tells whether an object is selected; None when every object is.

    `name` narrows to one object (the deprecated watch path of a named object).
    """
    label, field = options.label, options.field
    wanted = {requirement[0] for requirement in field.requirements} if field else set()
    if label is None and field is None and not name:
        return None

    def selected(obj: Object) -> bool:
        metadata = obj.get("metadata", {})
        if name and metadata.get("name") != name:
            return False
        if label is not None and not label.matches(metadata.get("labels")):
            return False
        return field is None or field.matches(field_values(kind, obj, wanted))

    return selected


def single_namespace(options: ListOptions) -> str:
    """The namespace that a field selector narrows a cluster-wide list to, or ""."""
    if options.field is None:
        return ""
    return options.field.requires_exact_match("metadata.namespace") or ""
