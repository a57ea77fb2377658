"""What fields a value consists of, by its schema.

Two answers, as upstream has two: `everything`, with each parent a member of its own (what a
value that appears or vanishes adds or removes), and `fields_of`, where a struct is named by its
leaves alone (typed.ToFieldSet: what an applied configuration claims).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply.element import Mismatch, item
from fakek8s.machinery.apply.fieldset import LEAF, Fields

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


def everything(value: Any, schema: Schema) -> Fields:
    """The node of a whole value, itself included; raises Mismatch."""
    kind = value.__class__
    if kind is dict:
        fields = schema.fields
        if not value or fields is None or schema.map_atomic:
            return LEAF
        node: Fields = {".": LEAF}
        for name, child in value.items():
            field = fields.get(name)
            below = child.__class__
            if field is not None:
                if below is dict or below is list:
                    node[field.label] = everything(child, field.schema)
                else:
                    node[field.label] = LEAF
            else:
                element = schema.element
                if element is None:
                    raise Mismatch(f".{name}: field not declared in schema")
                if below is dict or below is list:
                    node["f:" + name] = everything(child, element)
                else:
                    node["f:" + name] = LEAF
        return node
    if kind is list and value and schema.items is not None and schema.list_type != "atomic":
        items = schema.items
        node = {".": LEAF}
        for child in value:
            step = item(schema, child)
            # Duplicates are owned together, as one.
            node[step] = LEAF if step in node else everything(child, items)
        return node
    return LEAF


def fields_of(obj: Any, schema: Schema) -> Fields:
    """The set of fields that an applied object names; raises Mismatch."""
    found = _fields(obj, schema)
    return {} if found is None else found


def _fields(value: Any, schema: Schema) -> Fields | None:
    """The node of a value: None if it holds no field, LEAF if it is one itself."""
    if isinstance(value, dict) and schema.fields is not None:
        return LEAF if schema.map_atomic else _map_fields(value, schema)
    if isinstance(value, list) and schema.items is not None:
        return LEAF if schema.list_type == "atomic" else _list_fields(value, schema)
    if value is None:
        return _null_fields(schema)
    return LEAF


def _null_fields(schema: Schema) -> Fields | None:
    if schema.fields is not None:
        return LEAF if schema.map_atomic else None
    if schema.scalar is None and schema.items is not None:
        return LEAF if schema.list_type == "atomic" else None
    return LEAF


def _map_fields(value: Fields, schema: Schema) -> Fields | None:
    fields = schema.fields or {}
    node: Fields = {}
    for name, child in value.items():
        field = fields.get(name)
        sub = field.schema if field is not None else schema.element
        if sub is None:
            raise Mismatch(f".{name}: field not declared in schema")
        below = _fields(child, sub)
        # Null and {} own themselves, and so do the keys of maps (not the fields of structs).
        if child is None or child == {} or field is None:
            below = _with_self(below)
        if below is not None:
            node["f:" + name] = below
    return node or None


def _list_fields(value: list[Any], schema: Schema) -> Fields | None:
    assert schema.items is not None
    node: Fields = {}
    for child in value:
        step = item(schema, child)
        node[step] = LEAF if step in node else _with_self(_fields(child, schema.items))
    return node or None


def _with_self(node: Fields | None) -> Fields:
    if not node:
        return LEAF
    return node if "." in node else {".": LEAF, **node}
