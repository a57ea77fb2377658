"""Bodies into objects in canonical form, by one compiled pass over what orjson parsed.

The pass gives up at anything unusual (an unknown field, a wrong type, a number out of range);
explain.py then goes over the text again, slowly, and finds upstream's errors in upstream's words
and order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from fakek8s.machinery.wire import special
from fakek8s.machinery.wire.jsontext import ExactFloat, go_float, may_repeat_keys
from fakek8s.machinery.wire.known import Known, marked
from fakek8s.machinery.wire.owned import ZEROES, Unusual, owned, without_known
from fakek8s.machinery.wire.plain import RANGES, decoding
from fakek8s.machinery.wire.scan import scan
from fakek8s.machinery.wire.straight import Shapes, shapes_of, straight

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.types import FieldType, GoType, WireType

__all__ = [
    "DecodeError",
    "Decoded",
    "decode_changed",
    "decode_json",
    "decode_value",
    "decoder",
    "naming",
    "zero_of",
]

Object = dict[str, Any]

_SHAPES: Final = "decode shapes"


class DecodeError(ValueError):
    """A body does not fit its type; the message is Go's."""


# A tuple, as there is one for each write; see Event.
class Decoded(NamedTuple):
    """object: in canonical form. strict_errors: `unknown field "spec.x"`, `duplicate field
    "data.k"`, in order.
    """

    object: Object
    strict_errors: list[str]


def decode_json(raw: bytes, wiretype: WireType, value: Any = None) -> Decoded:
    """Decode a JSON body into `wiretype`.

    value: what `version_and_kind` parsed of `raw`, to save parsing it again.
    Raises JSONSyntaxError and DecodeError. Upstream: sigs.k8s.io/json UnmarshalStrict.
    """
    if value is None:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return _explained(scan(raw), wiretype)
    try:
        made = decoder(wiretype)(value)
        if not may_repeat_keys(raw, value):
            return Decoded(made, [])
    except (Unusual, KeyError, ValueError, TypeError):
        pass
    return _explained(scan(raw), wiretype)


def decode_value(value: Any, wiretype: WireType) -> Decoded:
    """Decode an already parsed value (of YAML, of a patched object) into `wiretype`; raises
    DecodeError.
    """
    try:
        return Decoded(decoder(wiretype)(value), [])
    except (Unusual, KeyError, ValueError, TypeError):
        return _explained(value, wiretype)


def decode_changed(value: Any, live: Object, wiretype: WireType) -> Object | None:
    """Decode what was made of the canonical object `live`, whose own parts are copied.

    None where `decode_value` or another way has to find out what is unusual.
    """
    if value.__class__ is not dict:
        return None
    try:
        made: Object = decoder(wiretype)(marked(value, live))
    except (Unusual, KeyError, ValueError, TypeError):
        return None
    return made


def _explained(tree: Any, wiretype: WireType) -> Decoded:
    from fakek8s.machinery.wire.explain import clean

    value, errors = clean(tree, wiretype)
    made: Object = decoder(wiretype)(value)
    return Decoded(made, errors)


# --- the compiler


def decoder(wiretype: WireType) -> Callable[[Any], Any]:
    """The compiled pass for a struct (or a type with JSON of its own): a JSON value in, the
    canonical value out.

    Raises Unusual, KeyError, ValueError or TypeError for everything that isn't plainly right.
    """
    known: Callable[[Any], Any] | None = wiretype.cache.get("decode")
    if known is None:
        known = owned(wiretype, _lazy) if wiretype.special else _struct(wiretype)
        wiretype.cache["decode"] = known
    return known


def _lazy(wiretype: WireType) -> Callable[[Any], Any]:
    """For types that contain themselves and to compile only what is met: find the decoder at the
    first call.
    """

    def find(value: Any) -> Any:
        return decoder(wiretype)(value)

    known: Callable[[Any], Any] | None = wiretype.cache.get("decode")
    return known or find


def _struct(wiretype: WireType) -> Callable[[Any], Any]:
    fields = {f.json: f for f in wiretype.fields}
    named = naming(wiretype)

    def loop_of(key: tuple[str, ...]) -> Callable[[Any], Any]:
        names = named(key)
        parts = [(name, _field(fields[name]), keeps_none(fields[name])) for name in names]

        def looped(value: Object) -> Object:
            out = {}
            for name, run, keep in parts:
                made = run(value.get(name))
                if made is not None or keep:
                    out[name] = made
            return out

        return looped

    def written(key: tuple[str, ...], loop: Callable[[Any], Any]) -> Callable[[Any], Any]:
        steps = {name: decoding(fields[name], _type, _shapes) for name in key}
        return straight(key, named(key), steps, decode({}), loop)

    shapes = Shapes(loop_of, written)
    wiretype.cache[_SHAPES] = shapes

    def decode(value: Any) -> Any:
        if value.__class__ is not dict:
            if value.__class__ is Known:
                return value.copied()
            if value is not None:
                raise Unusual
            value = {}
        return shapes[tuple(value)](value)

    return decode


def _shapes(gotype: GoType) -> Shapes | None:
    return shapes_of(gotype, _SHAPES, decoder)


def naming(wiretype: WireType) -> Callable[[tuple[str, ...]], list[str]]:
    """What gives the names of a value in Go's order, with those that stand always."""
    order = {field.json: place for place, field in enumerate(wiretype.fields)}.__getitem__
    always = frozenset(field.json for field in wiretype.fields if stands_always(field))
    return lambda names: sorted(always.union(names), key=order)


def stands_always(field: FieldType) -> bool:
    """Whether the field is written even when it is zero: no omitempty, or a struct, which is never
    empty.
    """
    if field.omitzero:
        return False
    return not field.omitempty or field.type.kind == "struct"


def keeps_none(field: FieldType) -> bool:
    """Whether a None made for this field is written as null; else it means that the field is left
    out.
    """
    return stands_always(field)


def _field(field: FieldType) -> Callable[[Any], Any]:
    """A field's decoder; it gives None for what is to be left out."""
    run = _type(field.type)
    kind = field.type.kind
    if not field.omitempty or kind in ("pointer", "struct", "any"):
        return run
    if kind == "string":
        return _string_or_none
    if field.keeps_empty:
        return run

    def nonempty(value: Any) -> Any:
        return run(value) or None

    return nonempty


def _string(value: Any) -> str:
    if value.__class__ is str:
        made: str = value
        return made
    if value is None:
        return ""
    raise Unusual


def _string_or_none(value: Any) -> str | None:
    if value.__class__ is str:
        return value or None
    if value is None:
        return None
    raise Unusual


def _bool(value: Any) -> bool:
    if value is True or value is False:
        return value
    if value is None:
        return False
    raise Unusual


def _integer(kind: str) -> Callable[[Any], Any]:
    low, high = RANGES[kind]

    def decode(value: Any) -> int:
        if value.__class__ is int and low <= value <= high:
            made: int = value
            return made
        if value is None:
            return 0
        raise Unusual

    return decode


def go_number(value: float) -> int | float:
    """A float as objects hold it: an int where Go writes no point, ExactFloat where orjson's text
    would differ.
    """
    if value.__class__ is int:
        return value
    text = go_float(value)
    if text.lstrip("-").isdigit() and text != "-0":
        return int(text)
    plain = float(value)
    return plain if text == repr(plain) else ExactFloat(plain, text)


def _float(value: Any) -> float:
    if value.__class__ is int or isinstance(value, float):
        return go_number(value)
    if value is None:
        return 0
    raise Unusual


def _bytes(value: Any) -> str | None:
    if value.__class__ is str:
        return special.base64(value)
    if value is None:
        return None
    raise Unusual


def _bytes_of_map(value: Any) -> str:
    """Null is empty: so it comes back from the store, whose maps know no such difference."""
    return _bytes(value) or ""


def _any(value: Any) -> Any:
    without_known(value)
    return value


def _pointer(elem: GoType) -> Callable[[Any], Any]:
    run = _type(elem)

    def decode(value: Any) -> Any:
        return None if value is None else run(value)

    return decode


def _slice(elem: GoType) -> Callable[[Any], Any]:
    run = _type(elem)

    def decode(value: Any) -> Any:
        if value.__class__ is list:
            return [run(v) for v in value]
        if value is None:
            return None
        if value.__class__ is Known:
            return value.copied()
        raise Unusual

    return decode


def _map(elem: GoType) -> Callable[[Any], Any]:
    run = _bytes_of_map if elem.kind == "bytes" else _type(elem)

    def decode(value: Any) -> Any:
        if value.__class__ is dict:
            return {k: run(value[k]) for k in sorted(value)}
        if value is None:
            return None
        if value.__class__ is Known:
            return value.copied()
        raise Unusual

    return decode


def _type(gotype: GoType) -> Callable[[Any], Any]:
    kind = gotype.kind
    if kind == "struct":
        return decoder(gotype.struct)
    if kind in RANGES:
        return _integer(kind)
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple
    assert gotype.elem is not None
    return _COMPOSED[kind](gotype.elem)


_SIMPLE: Final[dict[str, Callable[[Any], Any]]] = {
    "string": _string,
    "bool": _bool,
    "float32": _float,
    "float64": _float,
    "bytes": _bytes,
    "any": _any,
}
_COMPOSED: Final[dict[str, Callable[[GoType], Callable[[Any], Any]]]] = {
    "pointer": _pointer,
    "slice": _slice,
    "map": _map,
}


# --- zero values


def zero_of(wiretype: WireType) -> Any:
    """What upstream writes for the zero value of a type: only fields that stand always. Shared:
    don't edit it.
    """
    cache = wiretype.cache
    if "zero" not in cache:
        if wiretype.special:
            cache["zero"] = ZEROES.get(wiretype.special)
        else:
            run = decoder(wiretype)
            cache["zero"] = run({})
    return cache["zero"]
