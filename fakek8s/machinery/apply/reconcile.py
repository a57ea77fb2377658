"""Field sets after a schema changed: what became atomic is owned as one.

Only a change from granular to atomic is followed (structured-merge-diff
typed/reconcile_schema.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.machinery.apply.fieldset import LEAF, Fields

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


def reconciled(fields: Fields, schema: Schema) -> Fields:
    """The set under today's schema; gives `fields` itself if nothing changed."""
    return _below(fields, schema)


def _below(node: Fields, schema: Schema) -> Fields:
    declared, element, items = schema.fields, schema.element, schema.items
    if declared is not None:
        if not declared and element is not None and _is_untyped(element):
            return node  # deduced: it has no tags to follow
    elif items is None:
        return node
    found: Fields | None = None
    for step, below in node.items():
        if not below:
            continue  # a member alone, or "."
        sub: Schema | None
        if declared is None:
            sub = items
        else:
            field = declared.get(step[2:])
            sub = field.schema if field is not None else element
        if sub is None:
            continue
        fixed = LEAF if _is_atomic(sub) else _below(below, sub)
        if fixed is not below:
            if found is None:
                found = dict(node)
            found[step] = fixed
    return node if found is None else found


def _is_untyped(schema: Schema) -> bool:
    return schema.scalar == "untyped" and schema.fields is not None and schema.items is not None


def _is_atomic(schema: Schema) -> bool:
    if schema.fields is not None:
        deduced = not schema.fields and schema.scalar == "untyped" and not schema.map_atomic
        return schema.map_atomic and not deduced
    return schema.scalar is None and schema.items is not None and schema.list_type == "atomic"
