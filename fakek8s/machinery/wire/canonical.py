"""Objects that logic has edited, back into canonical form: order, omitted empties, zeroes that
always stand; and what is left of them once they have been stored.

Unlike decoding it trusts types: values are what decode or an earlier `canonical` made, plus careful
edits.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.decode import (
    Object,
    go_number,
    keeps_none,
    naming,
    zero_of,
)
from fakek8s.machinery.wire.plain import RANGES
from fakek8s.machinery.wire.straight import Shapes, Step, shapes_of, straight

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.types import FieldType, GoType, WireType

__all__ = ["canonical", "sorted_copy", "stored", "zero"]


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
    made: Object = _pass(wiretype, False)(value)
    return made


def stored(value: Object, wiretype: WireType, settled: Object | None = None) -> Object:
    """`canonical`, of what protobuf keeps of a value: it has no empty lists and maps.

    settled: an object that was stored so; the fields that `value` shares with it stay as they are.

    A list field that is always written comes back as null (storage/etcd3 store.Create decodes what
    it wrote, and so does a dry run).
    """
    run = _pass(wiretype, True)
    made: Object = run(value, settled) if settled else run(value)
    return made


def _pass(wiretype: WireType, proto: bool) -> Callable[..., Any]:
    cached = "stored" if proto else "canonical"
    known: Callable[..., Any] | None = wiretype.cache.get(cached)
    if known is None:
        made = _SPECIAL.get(wiretype.special)
        known = made(wiretype, proto) if made else _struct(wiretype, proto)
        wiretype.cache[cached] = known
    return known


class _Loop:
    """The way for any values that have the same names in the same order."""

    __slots__ = (
        "_in_order",
        "_kept",
        "_lost",
        "_names",
        "_omitted",
        "_steps",
        "_zeroes",
    )

    def __init__(
        self, names: list[str], given: tuple[str, ...], fields: dict[str, FieldType], proto: bool
    ) -> None:
        #: In Go's order, with those that stand always.
        self._names = names
        self._omitted = frozenset(name for name in names if _drops_empty(fields[name]))
        self._kept = frozenset(name for name in names if keeps_none(fields[name]))
        self._zeroes = {
            name: _zero_of_scalar(fields[name].type)
            for name in names
            if name in self._kept and _is_scalar(fields[name].type)
        }
        #: What protobuf cannot tell from nothing when it is empty.
        self._lost = frozenset(n for n in names if proto and _is_repeated(fields[n]))
        self._in_order = tuple(names) == given
        #: The parts that have a pass of their own.
        self._steps = [
            (n, _type(fields[n].type, proto)) for n in names if not _is_scalar(fields[n].type)
        ]

    def __call__(self, value: Object, settled: Object | None = None) -> Object:
        """settled: an object whose parts are as they should be wherever `value` has them too."""
        changed: Object = {}
        for name, step in self._steps:
            held = value.get(name)
            if settled is not None and held is settled.get(name):
                continue
            made = step(held)
            if made is not held:
                changed[name] = made
        same = self._in_order and not changed
        out = {}
        for name in self._names:
            made = changed[name] if name in changed else value.get(name)
            if made is None and name in self._zeroes:
                made = self._zeroes[name]
                same = same and made is None
            if not made and made is not None and name in self._lost:
                made, same = None, False
            if made or (name not in self._omitted and (made is not None or name in self._kept)):
                out[name] = made
            else:
                same = False
        return value if same else out


def _struct(wiretype: WireType, proto: bool) -> Callable[..., Any]:
    fields = {f.json: f for f in wiretype.fields}
    named = naming(wiretype)

    def written(key: tuple[str, ...], loop: Callable[[Any], Any]) -> Callable[[Any], Any]:
        steps = {name: _step(fields[name], proto) for name in key}
        return straight(key, named(key), steps, run({}), loop, shares=True)

    shapes = Shapes(lambda key: _Loop(named(key), key, fields, proto), written)
    wiretype.cache[_shapes_name(proto)] = shapes

    def run(value: Any, settled: Object | None = None) -> Any:
        if value is None:
            value = {}
        names = tuple(value)
        return shapes[names](value) if settled is None else shapes.loop(names)(value, settled)

    return run


def _shapes_name(proto: bool) -> str:
    return "stored shapes" if proto else "canonical shapes"


def _step(field: FieldType, proto: bool) -> Step:
    """What straight-line code does with a field whose value is neither left out nor filled in."""
    gotype = field.type
    fills = keeps_none(field) and _is_scalar(gotype) and _zero_of_scalar(gotype) is None
    when = "" if fills else "{v} is not None"
    if _drops_empty(field) or (proto and _is_repeated(field)) or _of_schemas(gotype):
        when = "{v}"
    if _is_scalar(gotype):
        return Step(when=when)
    elem = gotype.elem
    if gotype.kind == "pointer" and elem is not None:
        gotype, elem = elem, elem.elem
    if shapes := _shapes(gotype, proto):
        return Step(when=when, made="{shapes}[tuple({v})]({v})", shapes=shapes)
    run = _type(gotype, proto)
    if gotype.kind == "slice" and elem is not None and (shapes := _shapes(elem, proto)):
        return Step(when=when, made=_EACH, run=run, shapes=shapes)
    if gotype.kind == "slice" and elem is not None and _is_leaf(elem):
        return Step(when=f"{when} and {{v}}.__class__ is list and None not in {{v}}")
    if gotype.kind == "map" and elem is not None and _is_text(elem):
        same = "sorted({v}) == [*{v}] and None not in {v}.values()"
        return Step(when=when, made=f"{{v}} if {same} else {{run}}({{v}})", run=run)
    return Step(when=when, made="{run}({v})", run=run)


#: Most lists have one item.
_EACH: Final = (
    "({v} if (x := {shapes}[tuple({v}[0])]({v}[0])) is {v}[0] else [x]) "
    "if {v}.__class__ is list and len({v}) == 1 and {v}[0] is not None else {run}({v})"
)


def _shapes(gotype: GoType, proto: bool) -> Shapes | None:
    return shapes_of(gotype, _shapes_name(proto), lambda struct: _pass(struct, proto))


def _drops_empty(field: FieldType) -> bool:
    return field.omitempty and field.type.kind not in ("pointer", "struct", "any")


def _is_repeated(field: FieldType) -> bool:
    return field.type.kind in ("slice", "map") and field.number > 0


def _of_schemas(gotype: GoType) -> bool:
    """Whether what isn't empty may be made into nothing, unless it is true."""
    inner = gotype.elem if gotype.kind == "pointer" else gotype
    return inner is not None and inner.kind == "struct" and inner.struct.special in _SCHEMAS


def _is_leaf(elem: GoType) -> bool:
    return elem.kind in ("string", "bool") or elem.kind in RANGES


def _is_text(elem: GoType) -> bool:
    return elem.kind == "string" or (elem.kind == "struct" and elem.struct.special == "Quantity")


def _is_scalar(gotype: GoType) -> bool:
    """Whether values need no pass: at most a null has to become a zero."""
    if gotype.kind == "pointer":
        assert gotype.elem is not None
        return _is_scalar(gotype.elem)
    if gotype.kind == "struct":
        return gotype.struct.special in _PLAIN
    return gotype.kind not in _COMPOSED and not gotype.kind.startswith("float")


def _zero_of_scalar(gotype: GoType) -> Any:
    if gotype.kind == "struct":
        return _PLAIN[gotype.struct.special]
    return {"string": "", "bool": False}.get(gotype.kind, 0 if gotype.kind in RANGES else None)


def _scalar(empty: Any) -> Callable[[Any], Any]:
    return lambda value: empty if value is None else value


def _float(value: Any) -> Any:
    return 0 if value is None else go_number(value) if value.__class__ is float else value


def _same(value: Any) -> Any:
    return value


def _pointer(elem: GoType, proto: bool) -> Callable[[Any], Any]:
    run = _type(elem, proto)
    return lambda value: None if value is None else run(value)


def _slice(elem: GoType, proto: bool) -> Callable[[Any], Any]:
    run = _type(elem, proto)
    leaf = _is_leaf(elem)

    def go(value: Any) -> Any:
        if value is None or (leaf and None not in value and value.__class__ is list):
            return value
        if len(value) == 1 and value.__class__ is list:
            (held,) = value
            item = run(held)
            return value if item is held else [item]
        made = [*map(run, value)]
        return value if value.__class__ is list and all(map(is_, made, value)) else made

    return go


def _map(elem: GoType, proto: bool) -> Callable[[Any], Any]:
    run = _type(elem, proto)
    leaf = _is_text(elem)

    def go(value: Any) -> Any:
        if value is None:
            return None
        names = sorted(value)
        if leaf and names == list(value) and None not in value.values():
            return value
        made = {k: run(value[k]) for k in names}
        same = names == list(value) and all(map(is_, made.values(), value.values()))
        return value if same else made

    return go


def _type(gotype: GoType, proto: bool) -> Callable[[Any], Any]:
    if gotype.kind == "struct":
        return _pass(gotype.struct, proto)
    composed = _COMPOSED.get(gotype.kind)
    if composed is not None:
        assert gotype.elem is not None
        return composed(gotype.elem, proto)
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
_COMPOSED: Final[dict[str, Callable[[GoType, bool], Callable[[Any], Any]]]] = {
    "pointer": _pointer,
    "slice": _slice,
    "map": _map,
}


def _special(wiretype: WireType, proto: bool) -> Callable[[Any], Any]:
    return _scalar(_PLAIN[wiretype.special])


def _schema_or(wiretype: WireType, proto: bool) -> Callable[[Any], Any]:
    """JSONSchemaPropsOr...: a schema, or a list of schemas, or what needs no pass."""
    at = 1 if wiretype.special == "JSONSchemaPropsOrBool" else 0
    pointer = wiretype.members[at].type
    assert pointer.elem is not None
    schema = _pass(pointer.elem.struct, proto)
    many = _slice(pointer.elem, proto)
    empty = zero_of(wiretype)

    def run(value: Any) -> Any:
        if value.__class__ is dict:
            return schema(value)
        if value.__class__ is list and wiretype.special == "JSONSchemaPropsOrArray":
            return many(value) or None
        return empty if value is None or value == [] else value

    return run


#: The types with a JSON of their own that need no pass, and their zeroes.
_PLAIN: Final[dict[str, Any]] = {
    "Time": None,
    "MicroTime": None,
    "Quantity": "0",
    "IntOrString": 0,
    "RawExtension": None,
    "JSON": None,
    "FieldsV1": None,
}
_SCHEMAS: Final = (
    "JSONSchemaPropsOrBool",
    "JSONSchemaPropsOrArray",
    "JSONSchemaPropsOrStringArray",
)
_SPECIAL: Final[dict[str, Callable[[WireType, bool], Callable[[Any], Any]]]] = {
    **dict.fromkeys(_PLAIN, _special),
    **dict.fromkeys(_SCHEMAS, _schema_or),
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
