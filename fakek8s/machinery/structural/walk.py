"""All schemas inside a schema, and what they hold anywhere (upstream's SchemaHas)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLACES", "every", "expressions", "has_defaults", "has_extensions", "has_invalid_types"]

Object = dict[str, Any]

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_ONE: Final = ("not", "additionalProperties", "additionalItems")
_MANY: Final = ("allOf", "anyOf", "oneOf")
_NAMED: Final = ("properties", "patternProperties", "definitions", "dependencies")
#: Where schemas are in schemas. Most are leaves, which have none of these.
PLACES: Final = frozenset((*_ONE, *_MANY, *_NAMED, "items"))
_EXTENSIONS: Final = (
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
)


def every(schema: Object) -> Iterator[Object]:
    """The schema itself, then all inside it, junctors and unsupported places included."""
    todo = [schema]
    while todo:
        held = todo.pop()
        yield held
        if PLACES.isdisjoint(held):
            continue
        items = held.get("items")
        found: list[Any] = [*items] if isinstance(items, list) else [items]
        for name in _MANY:
            found += held.get(name) or ()
        found += [held.get(name) for name in _ONE]
        for name in _NAMED:
            found += (held.get(name) or {}).values()
        todo += [below for below in reversed(found) if isinstance(below, dict)]


def has_defaults(schema: Object) -> bool:
    """Whether a default stands anywhere."""
    return any(held.get("default") is not None for held in every(schema))


def has_extensions(schema: Object) -> bool:
    """Whether anything stands there that only structural schemas may have."""
    return any(
        held.get("x-kubernetes-preserve-unknown-fields") is not None
        or held.get("x-kubernetes-list-type") is not None
        or any(held.get(name) for name in _EXTENSIONS)
        for held in every(schema)
    )


def has_invalid_types(schema: Object) -> bool:
    """Whether a type stands anywhere that isn't one of OpenAPI's."""
    return any(held.get("type") and held["type"] not in TYPES for held in every(schema))


def expressions(schema: Object) -> frozenset[str]:
    """The texts of all rules and message expressions."""
    return frozenset(
        text
        for held in every(schema)
        for rule in held.get("x-kubernetes-validations") or ()
        for text in (rule.get("rule", ""), rule.get("messageExpression", ""))
        if text
    )
