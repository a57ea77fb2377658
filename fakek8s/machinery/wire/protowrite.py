"""Writes objects in canonical form as protobuf messages of their Go types.

The bytes are those of upstream's generated marshalers: fields in order of their numbers, scalars
and structs that are not pointers always, pointers and []byte unless nil, map keys sorted. Each type
is compiled at first use to a list of steps. Knows nothing of the envelope (see protobuf).
"""

from __future__ import annotations

from base64 import b64decode
from struct import pack
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.protoread import is_verbs, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.types import FieldType, GoType, WireType

    Write = Callable[[Any], bytes]
    Put = Callable[[list[bytes], Any], None]

_BYTES: Final = tuple(bytes((n,)) for n in range(128))
_TRUE: Final = b"\x01"
_FALSE: Final = b"\x00"


def varint(number: int) -> bytes:
    """A number; a negative one in ten bytes, as its 64-bit complement."""
    if 0 <= number < 128:
        return _BYTES[number]
    number &= 0xFFFFFFFFFFFFFFFF
    made = bytearray()
    while number >= 128:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


class _Message:
    """Writes objects of one type as messages; compiled when first called."""

    __slots__ = ("_steps", "_wire")

    def __init__(self, wire: WireType) -> None:
        self._wire = wire
        # JSON name ("" for an embedded struct: its fields are the object's), writer, bytes if nil.
        self._steps: list[tuple[str, Put, bytes]] | None = None

    def __call__(self, obj: dict[str, Any]) -> bytes:
        steps = self._steps
        if steps is None:
            steps = self._compile()
        parts: list[bytes] = []
        get = obj.get
        for name, put, nil in steps:
            value = get(name) if name else obj
            if value is None:
                parts.append(nil)
            else:
                put(parts, value)
        return b"".join(parts)

    def _compile(self) -> list[tuple[str, Put, bytes]]:
        numbered = sorted((m for m in self._wire.members if m.number), key=lambda m: m.number)
        self._steps = [("" if m.embedded else m.json, *_step(self._wire, m)) for m in numbered]
        return self._steps


def writer(wire: WireType) -> Write:
    """The conversion of an object of a type to its message."""
    found: Write | None = wire.cache.get("protobuf write")
    if found is None:
        make = _SPECIAL.get(wire.special)
        found = wire.cache["protobuf write"] = _Message(wire) if make is None else make(wire)
    return found


def _step(wire: WireType, field: FieldType) -> tuple[Put, bytes]:
    """How a field is written, and what stands for a nil or absent value."""
    type = field.type
    pointer = type.kind == "pointer"
    if pointer:
        assert type.elem is not None
        type = type.elem
    kind = type.kind
    tag = varint(field.number << 3 | 2)
    if kind in ("map", "slice") and not is_verbs(wire, field) and not wrapped(type, False):
        assert type.elem is not None
        if kind == "map":
            return _map(tag, _value(type.elem, True)), b""
        if type.elem.kind in ("string", "bytes", "struct"):
            return _each(tag, _value(type.elem, False)), b""
        return _numbers(varint(field.number << 3)), b""
    if kind in ("string", "bytes", "struct", "slice"):
        write = _strings if kind == "slice" else _value(type, False)
        if pointer or kind in ("bytes", "slice"):
            return _one(tag, write), b""
        zero = b"" if kind == "string" else write(_zero(type.struct))
        return _one(tag, write), tag + varint(len(zero)) + zero
    if kind == "float64":
        tag = varint(field.number << 3 | 1)
        return _float(tag), b"" if pointer else tag + bytes(8)
    tag = varint(field.number << 3)
    return (_bool(tag) if kind == "bool" else _number(tag)), b"" if pointer else tag + _FALSE


def _zero(wire: WireType) -> Any:
    """The zero value of a struct, as its writer takes it."""
    return None if wire.special else {}


def _one(tag: bytes, write: Write) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        body = write(value)
        size = len(body)
        parts += (tag, _BYTES[size] if size < 128 else varint(size), body)

    return put


def _each(tag: bytes, write: Write) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        for item in value:
            body = write(item)
            parts += (tag, varint(len(body)), body)

    return put


def _map(tag: bytes, write: Write) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        # Order by code point is order by UTF-8 byte, as Go sorts strings.
        for name in sorted(value):
            key = name.encode()
            entry = [b"\n", varint(len(key)), key]
            if value[name] is not None or write is not _base64:
                body = write(value[name])
                entry += (b"\x12", varint(len(body)), body)
            parts += (tag, varint(sum(map(len, entry))), *entry)

    return put


def _numbers(tag: bytes) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        for item in value:
            parts += (tag, varint(item))

    return put


def _number(tag: bytes) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        parts += (tag, varint(value))

    return put


def _bool(tag: bytes) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        parts += (tag, _TRUE if value else _FALSE)

    return put


def _float(tag: bytes) -> Put:
    def put(parts: list[bytes], value: Any) -> None:
        parts += (tag, pack("<d", value))

    return put


def _value(type: GoType, within_map: bool) -> Write:
    """The writer of a length-delimited value of a type, without its tag and length."""
    if type.kind == "string":
        return str.encode
    if type.kind == "bytes":
        return _base64
    if wrapped(type, within_map):
        return _strings
    return writer(type.struct)


def _base64(value: str) -> bytes:
    return b64decode(value)


def _strings(value: Any) -> bytes:
    parts: list[bytes] = []
    _each(b"\n", str.encode)(parts, value or ())
    return b"".join(parts)


def _time(value: str | None) -> bytes:
    """A metav1.Time or MicroTime: seconds and nanos, both always; nothing for the zero time."""
    if value is None:
        return b""
    date, _, clock = value.partition("T")
    years, months, days = date.rsplit("-", 2)
    year, month, day = int(years), int(months), int(days)
    # Civil date to days, in eras of 400 years that start on 1 March.
    year -= month <= 2
    era, year = divmod(year, 400)
    day += (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 - 1
    day += 365 * year + year // 4 - year // 100 + era * 146097 - 719468
    seconds = day * 86400 + int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:8])
    fraction = clock[9:-1]
    nanos = int(fraction[:6].ljust(6, "0")) * 1000 if fraction else 0
    return b"".join((b"\x08", varint(seconds), b"\x10", varint(nanos)))


def _quantity(value: str | None) -> bytes:
    said = (value or "0").encode()
    return b"".join((b"\n", varint(len(said)), said))


def _int_or_string(value: int | str | None) -> bytes:
    if isinstance(value, str):
        said = value.encode()
        return b"".join((b"\x08\x01\x10\x00\x1a", varint(len(said)), said))
    return b"".join((b"\x08\x00\x10", varint(value or 0), b"\x1a\x00"))


def _json(value: Any) -> bytes:
    if value is None:
        return b""
    try:
        said = orjson.dumps(value)
    except TypeError:  # what the exact writer is for: long integers, floats that carry their text
        said = dump(value)
    return b"".join((b"\n", varint(len(said)), said))


def _schema_or(wire: WireType) -> Write:
    """JSONSchemaPropsOrBool, ...OrArray, ...OrStringArray: which of two members the value is."""
    puts = {m.go: (_step(wire, m)) for m in wire.members}
    schema, _ = puts.pop("Schema")
    ((other, (second, _)),) = puts.items()
    allows = other == "Allows"

    def write(value: Any) -> bytes:
        parts: list[bytes] = []
        if allows:
            second(parts, value is not None and value is not False)
        if isinstance(value, dict):
            schema(parts, value)
        elif isinstance(value, list):
            second(parts, value)
        return b"".join(parts)

    return write


_SPECIAL: Final[dict[str, Callable[[WireType], Write]]] = {
    "Time": lambda _: _time,
    "MicroTime": lambda _: _time,
    "Quantity": lambda _: _quantity,
    "IntOrString": lambda _: _int_or_string,
    "RawExtension": lambda _: _json,
    "FieldsV1": lambda _: _json,
    "JSON": lambda _: _json,
    "JSONSchemaPropsOrBool": _schema_or,
    "JSONSchemaPropsOrArray": _schema_or,
    "JSONSchemaPropsOrStringArray": _schema_or,
}
