"""Objects that logic has edited, back into canonical form: order, omitted empties, zeroes that
always stand.

Unlike decoding it trusts types: values are what decode or an earlier `canonical` made, plus careful
edits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.decode import (
    RANGES,
    Object,
    go_number,
    keeps_none,
    stands_always,
    zero_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.types import FieldType, GoType, WireType

__all__ = ["canonical", "sorted_copy", "zero"]


def zero(wiretype: WireType) -> Object:
    """The canonical object of an empty Go value (a bookmark's body, without kind and apiVersion).
    Don't edit it.
    """
    made: Object = zero_of(wiretype)
    return made


def canonical(value: Object, wiretype: WireType) -> Object:
    """`value` as upstream's encoder would write it; parts that are so already are shared with the
    result.
    """
    made: Object = _pass(wiretype)(value)
    return made


def _pass(wiretype: WireType) -> Callable[[Any], Any]:
    known: Callable[[Any], Any] | None = wiretype.cache.get("canonical")
    if known is None:
        made = _SPECIAL.get(wiretype.special)
        known = made(wiretype) if made else _struct(wiretype)
        wiretype.cache["canonical"] = known
    return known


def _lazy(wiretype: WireType) -> Callable[[Any], Any]:
    return lambda value: _pass(wiretype)(value)


def _struct(wiretype: WireType) -> Callable[[Any], Any]:
    order = {field.json: i for i, field in enumerate(wiretype.fields)}.__getitem__
    plan = {f.json: (_step(f), keeps_none(f), _drops_empty(f)) for f in wiretype.fields}
    always = frozenset(f.json for f in wiretype.fields if stands_always(f))

    def run(value: Any) -> Any:
        if value is None:
            value = {}
        if always and not always <= value.keys():
            names = sorted(value.keys() | always, key=order)
        else:
            names = sorted(value, key=order)
        same = names == list(value)
        out = {}
        for name in names:
            step, keep, drops = plan[name]
            held = value.get(name)
            made = held if step is None else step(held)
            if drops and not made:
                same = False
            elif made is not None or keep:
                out[name] = made
                if made is not held:
                    same = False
            else:
                same = False
        return value if same else out

    return run


def _step(field: FieldType) -> Callable[[Any], Any] | None:
    """A field's pass; None where a value needs none (a scalar left out when it is empty)."""
    target = field.type.elem if field.type.kind == "pointer" else field.type
    scalar = target is not None and target.kind not in _COMPOSED and target.kind != "struct"
    if scalar and field.omitempty and not (target and target.kind.startswith("float")):
        return None
    return _type(field.type)


def _drops_empty(field: FieldType) -> bool:
    return field.omitempty and field.type.kind not in ("pointer", "struct", "any")


def _scalar(empty: Any) -> Callable[[Any], Any]:
    return lambda value: empty if value is None else value


def _float(value: Any) -> Any:
    return 0 if value is None else go_number(value) if value.__class__ is float else value


def _same(value: Any) -> Any:
    return value


def _pointer(elem: GoType) -> Callable[[Any], Any]:
    run = _type(elem)
    return lambda value: None if value is None else run(value)


def _slice(elem: GoType) -> Callable[[Any], Any]:
    run = _type(elem)
    leaf = elem.kind in ("string", "bool") or elem.kind in RANGES

    def go(value: Any) -> Any:
        if value is None or (leaf and None not in value and value.__class__ is list):
            return value
        made = [run(v) for v in value]
        unchanged = all(a is b for a, b in zip(made, value, strict=True))
        return value if unchanged and value.__class__ is list else made

    return go


def _map(elem: GoType) -> Callable[[Any], Any]:
    run = _type(elem)
    leaf = elem.kind == "string" or (elem.kind == "struct" and elem.struct.special == "Quantity")

    def go(value: Any) -> Any:
        if value is None:
            return None
        names = sorted(value)
        if leaf and names == list(value) and None not in value.values():
            return value
        made = {k: run(value[k]) for k in names}
        unchanged = names == list(value) and all(made[k] is value[k] for k in names)
        return value if unchanged else made

    return go


def _type(gotype: GoType) -> Callable[[Any], Any]:
    if gotype.kind == "struct":
        return _lazy(gotype.struct)
    composed = _COMPOSED.get(gotype.kind)
    if composed is not None:
        assert gotype.elem is not None
        return composed(gotype.elem)
    return _SIMPLE.get(gotype.kind, _integer)


_integer = _scalar(0)
_SIMPLE: Final[dict[str, Callable[[Any], Any]]] = {
    "string": _scalar(""),
    "bool": _scalar(False),
    "float32": _float,
    "float64": _float,
    "bytes": _same,
    "any": _same,
}
_COMPOSED: Final[dict[str, Callable[[GoType], Callable[[Any], Any]]]] = {
    "pointer": _pointer,
    "slice": _slice,
    "map": _map,
}


def _special(empty: Any) -> Callable[[WireType], Callable[[Any], Any]]:
    return lambda _: _scalar(empty)


def _schema_or(wiretype: WireType) -> Callable[[Any], Any]:
    """JSONSchemaPropsOr...: a schema, or a list of schemas, or what needs no pass."""
    at = 1 if wiretype.special == "JSONSchemaPropsOrBool" else 0
    pointer = wiretype.members[at].type
    assert pointer.elem is not None
    schema = _lazy(pointer.elem.struct)
    many = _slice(pointer.elem)
    empty = zero_of(wiretype)

    def run(value: Any) -> Any:
        if value.__class__ is dict:
            return schema(value)
        if value.__class__ is list and wiretype.special == "JSONSchemaPropsOrArray":
            return many(value) or None
        return empty if value is None or value == [] else value

    return run


_SPECIAL: Final[dict[str, Callable[[WireType], Callable[[Any], Any]]]] = {
    "Time": _special(None),
    "MicroTime": _special(None),
    "Quantity": _special("0"),
    "IntOrString": _special(0),
    "RawExtension": _special(None),
    "JSON": _special(None),
    "FieldsV1": _special(None),
    "JSONSchemaPropsOrBool": _schema_or,
    "JSONSchemaPropsOrArray": _schema_or,
    "JSONSchemaPropsOrStringArray": _schema_or,
}


def sorted_copy(value: Any) -> Any:
    """A value without a Go type as upstream writes and stores it: keys sorted, floats as Go writes
    them.

    Whole floats become ints: written `1`, they come back from the store as integers upstream too.
    """
    if value.__class__ is dict:
        return {k: sorted_copy(value[k]) for k in sorted(value)}
    if value.__class__ is list:
        return [sorted_copy(v) for v in value]
    return go_number(value) if value.__class__ is float else value
