"""What of an object its schema refuses: missing required fields and values outside an enum.

For kinds that have no rules of their own. Upstream checks built-in kinds by hand-written rules
and does not consult the schema, so this is a likeness: the same reasons and words, without what
the schema can't say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import FieldError, child, index, key, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.schema.node import Field, Schema

#: Set by the server or filled in by controllers.
_SKIPPED = frozenset(("metadata", "status"))


def check(obj: dict[str, Any], schema: Schema) -> list[FieldError]:
    """The causes, in the order of the object's fields. Metadata and status are not looked at.

    An empty string counts as missing where a field is required, since upstream's types can't
    tell it from an absent one.
    """
    rest = {name: value for name, value in obj.items() if name not in _SKIPPED}
    return list(_map(rest, schema, "", top=True))


def _map(
    value: dict[str, Any], schema: Schema, path: str, *, top: bool = False
) -> Iterator[FieldError]:
    fields = schema.fields or {}
    for name in schema.required:
        if value.get(name) in (None, "") and not (top and name in _SKIPPED):
            yield required(child(path, name))
    for name, below in value.items():
        field = fields.get(name)
        if field is not None:
            yield from _field(below, field, child(path, name))
        elif schema.element is not None:
            yield from _value(below, schema.element, key(path, name))


def _field(value: Any, field: Field, path: str) -> Iterator[FieldError]:
    allowed = field.enum
    if allowed and isinstance(value, str) and value and value not in allowed:
        yield not_supported(path, value, allowed)
    yield from _value(value, field.schema, path)


def _value(value: Any, schema: Schema, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        yield from _map(value, schema, path)
    elif isinstance(value, list) and schema.items is not None:
        for number, item in enumerate(value):
            at = index(path, number)
            allowed = tuple(schema.items.facts.get("enum", ()))
            if allowed and isinstance(item, str) and item not in allowed:
                yield not_supported(at, item, allowed)
            yield from _value(item, schema.items, at)
