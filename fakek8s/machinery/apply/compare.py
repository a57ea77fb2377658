"""What one object has that another hasn't, by schema (typed.TypedValue.Compare upstream)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fakek8s.machinery.apply.element import Mismatch, item
from fakek8s.machinery.apply.fieldset import (
    LEAF,
    Fields,
    matching,
    recursive_difference,
    union,
)
from fakek8s.machinery.apply.walk import everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.machinery.schema import Schema

#: The nodes that were added, modified, removed; None where there is nothing.
Nodes = tuple[Fields | None, Fields | None, Fields | None]

_CHANGED: Final[Nodes] = (None, LEAF, None)
_ABSENT: Final = object()


class Comparison(NamedTuple):
    """Three disjoint sets."""

    added: Fields
    modified: Fields
    removed: Fields

    @property
    def empty(self) -> bool:
        """Nothing differs."""
        return not (self.added or self.modified or self.removed)

    def filtered(self, reset: Fields, only: Sequence[Sequence[str]] = ()) -> Comparison:
        """Without what is in or below `reset`, and if `only` is given just what matches it."""
        if not reset and not only:
            return self
        sets = (recursive_difference(fields, reset) for fields in self)
        return Comparison(*(matching(s, only) if only else s for s in sets))


def compare(old: Any, new: Any, schema: Schema) -> Comparison:
    """The difference between two objects; raises Mismatch.

    Equality is Python's, so in untyped parts `true` and `1` count as the same.
    """
    if old is new or old == new:
        return Comparison({}, {}, {})
    added, modified, removed = _both(old, new, schema)
    return Comparison(added or {}, modified or {}, removed or {})


def _both(old: Any, new: Any, schema: Schema) -> Nodes:
    """Two values that differ, both present (null is present)."""
    a, b = old.__class__, new.__class__
    if a is dict and b is dict and schema.fields is not None:
        return _CHANGED if schema.map_atomic else _maps(old, new, schema)
    if a is list and b is list and schema.items is not None:
        return _CHANGED if schema.list_type == "atomic" else _lists(old, new, schema)
    first, second = _form(old, schema), _form(new, schema)
    if first == second:
        return _as(first, old, new, schema)
    # Values of two forms (untyped, or one is null): what either form says.
    pairs = zip(
        _as(first, old, new, schema),
        _as(second, old, new, schema),
        strict=True,
    )
    added, modified, removed = (_either(x, y) for x, y in pairs)
    return added, modified, removed


def _either(x: Fields | None, y: Fields | None) -> Fields | None:
    if x is None:
        return y
    return x if y is None else union({"": x}, {"": y})[""]


def _form(value: Any, schema: Schema) -> str:
    """Which form of the schema a value takes; null takes the first that there is."""
    if isinstance(value, dict):
        if schema.fields is not None:
            return "map"
    elif isinstance(value, list):
        if schema.items is not None:
            return "list"
    elif value is not None and schema.scalar is not None:
        return "scalar"
    if schema.fields is not None:
        return "map"
    if schema.scalar is not None:
        return "scalar"
    if schema.items is not None:
        return "list"
    raise Mismatch("schema error: invalid atom")


def _as(form: str, old: Any, new: Any, schema: Schema) -> Nodes:
    if form == "map" and not schema.map_atomic:
        left = old if isinstance(old, dict) else {}
        right = new if isinstance(new, dict) else {}
        if left or right:
            return _maps(left, right, schema)
    if form == "list" and schema.list_type != "atomic":
        before = old if isinstance(old, list) else []
        after = new if isinstance(new, list) else []
        if before or after:
            return _lists(before, after, schema)
    # Scalars, atomic ones, and the difference between null and empty.
    return _CHANGED


def _maps(old: dict[str, Any], new: dict[str, Any], schema: Schema) -> Nodes:
    fields = schema.fields
    assert fields is not None
    added: Fields = {}
    modified: Fields = {}
    removed: Fields = {}
    for name, child in new.items():
        before = old.get(name, _ABSENT)
        if before is child or before == child:
            continue
        field = fields.get(name)
        if field is not None:
            step, sub = field.label, field.schema
        else:
            if schema.element is None:
                raise Mismatch(f".{name}: field not declared in schema")
            step, sub = "f:" + name, schema.element
        if before is _ABSENT:
            below = child.__class__
            added[step] = everything(child, sub) if below is dict or below is list else LEAF
            continue
        more, changed, less = _both(before, child, sub)
        if more is not None:
            added[step] = more
        if changed is not None:
            modified[step] = changed
        if less is not None:
            removed[step] = less
    for name, child in old.items():
        if name not in new:
            declared = schema.child(name)
            if declared is None:
                raise Mismatch(f".{name}: field not declared in schema")
            removed["f:" + name] = everything(child, declared)
    return added or None, modified or None, removed or None


def _grouped(values: list[Any], schema: Schema) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for value in values:
        found.setdefault(item(schema, value), []).append(value)
    return found


def _lists(old: list[Any], new: list[Any], schema: Schema) -> Nodes:
    """Associative lists, item by item; several items of one key count as one atomic value."""
    items = schema.items
    assert items is not None
    before, after = _grouped(old, schema), _grouped(new, schema)
    added: Fields = {}
    modified: Fields = {}
    removed: Fields = {}
    for step, left in before.items():
        right = after.get(step, [])
        if left == right:
            continue
        if len(left) > 1:
            if len(right) > 1:
                modified[step] = LEAF
                continue
            removed[step] = LEAF
            if right:
                added[step] = everything(right[0], items)
        elif len(right) > 1:
            removed[step] = everything(left[0], items)
            added[step] = LEAF
        elif not right:
            removed[step] = everything(left[0], items)
        else:
            more, changed, less = _both(left[0], right[0], items)
            if more is not None:
                added[step] = more
            if changed is not None:
                modified[step] = changed
            if less is not None:
                removed[step] = less
    for step, right in after.items():
        if step not in before:
            added[step] = everything(right[0], items) if len(right) == 1 else LEAF
    return added or None, modified or None, removed or None
