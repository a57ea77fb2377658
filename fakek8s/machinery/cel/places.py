"""The places of a schema that have rules, with their rules compiled.

Upstream: apiextensions pkg/apiserver/schema/cel/validation.go (NewValidator).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.cel.decl import of_schema
from fakek8s.machinery.cel.escaping import escape
from fakek8s.machinery.cel.rules import VALIDATIONS, Rule, compile_rule, environments

if TYPE_CHECKING:
    from fakek8s.machinery.cel.decl import Decl

__all__ = ["Place", "plan"]

Object = dict[str, Any]


class Place:
    """One node of a schema that has rules, or has them below.

    kind: its `type`; convert: JSON to CEL's value of it; keys: of a list map.
    """

    __slots__ = (
        "additional", "all_of", "convert", "items", "keys", "kind", "properties", "rules",
        "sources",
    )  # fmt: skip

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rules: list[Rule] = []
        self.sources: list[Object] = []
        self.convert: Any = None
        self.items: Place | None = None
        self.additional: Place | None = None
        self.properties: dict[str, Place] = {}
        self.all_of: list[Place] = []
        self.keys: tuple[str, ...] = ()


def plan(schema: Object, decl: Decl | None, *, resource_root: bool) -> Place | None:
    """The places of a schema that matter, None if it has no rules."""
    return _plan(schema, schema, decl, resource_root=resource_root) if _has_rules(schema) else None


def _has_rules(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    return (
        bool(schema.get(VALIDATIONS))
        or _has_rules(schema.get("items"))
        or _has_rules(schema.get("additionalProperties"))
        or any(map(_has_rules, (schema.get("properties") or {}).values()))
        or any(map(_has_rules, schema.get("allOf") or ()))
    )


def _plan(
    rules_of: Object, schema: Object, decl: Decl | None, *, resource_root: bool
) -> Place | None:
    """rules_of: where rules come from; schema: the structural node they look at (allOf)."""
    place = Place(schema.get("type", ""))
    sources = rules_of.get(VALIDATIONS) or []
    if sources and decl is not None:
        places = environments(decl, stored=True)
        place.rules = [compile_rule(source, schema, places) for source in sources]
        place.sources = sources
        place.convert = decl.convert
    element = None if decl is None else decl.element
    place.items = _below(rules_of.get("items"), schema.get("items"), element)
    place.additional = _below(
        rules_of.get("additionalProperties"), schema.get("additionalProperties"), element
    )
    own = schema.get("properties") or {}
    for name, below in (rules_of.get("properties") or {}).items():
        found = _property(below, own.get(name), name, decl)
        if found is not None:
            place.properties[name] = found
    for nested in rules_of.get("allOf") or ():
        found = _plan(nested, schema, decl, resource_root=resource_root)
        if found is not None:
            place.all_of.append(found)
    if schema.get("x-kubernetes-list-type") == "map":
        place.keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    if place.rules or place.items or place.additional or place.properties or place.all_of:
        return place
    return None


def _below(rules_of: Any, schema: Any, decl: Decl | None) -> Place | None:
    if not isinstance(rules_of, dict) or not isinstance(schema, dict):
        return None
    embedded = bool(schema.get("x-kubernetes-embedded-resource"))
    return _plan(rules_of, schema, decl, resource_root=embedded)


def _property(
    rules_of: Object, schema: Object | None, name: str, decl: Decl | None
) -> Place | None:
    if schema is None or decl is None:
        return None
    escaped = escape(name)
    if escaped is None:
        embedded = bool(schema.get("x-kubernetes-embedded-resource"))
        found = of_schema(schema, root=embedded)
    else:
        field = decl.fields.get(escaped)
        found = None if field is None else field.decl
    return None if found is None else _below(rules_of, schema, found)
