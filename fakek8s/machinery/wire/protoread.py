"""Reads protobuf messages of Go API types into canonical form.

Each type is compiled at first use to a layout (see protoscan): a place per field in Go's order.
A row of places becomes the dict that decoding the message into the Go struct and encoding that
struct as JSON would give. Knows nothing of the envelope around a message (see protobuf).

Rules are those of upstream's generated.pb.go and of the pairs written by hand: time_proto.go,
micro_time_proto.go, quantity_proto.go.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery import quantity
from fakek8s.machinery.wire.jsontext import JSONSyntaxError, plain
from fakek8s.machinery.wire.protoscan import (
    ABSENT,
    FIXED,
    LEAF,
    LIST,
    MAP,
    MESSAGE,
    TEXT,
    VARINT,
    VARINTS,
    VARINTS_OF,
    Layout,
    ProtobufError,
    int64,
    single,
)
from fakek8s.machinery.wire.scan import scan, utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.protoscan import Convert, Row
    from fakek8s.machinery.wire.types import FieldType, GoType, WireType


class NotMarshalable(ProtobufError):
    """The type has no protobuf form (upstream: errNotMarshalable, answered with 406)."""

    def __init__(self, wire: WireType) -> None:
        super().__init__(
            f"object *{wire.text} does not implement the protobuf marshalling interface"
            " and cannot be encoded to a protobuf message"
        )


def unnumbered(wire: WireType) -> bool:
    """Whether a type has fields but no protobuf numbers (`metav1.Table`)."""
    own = [m for m in wire.members if m.go != "TypeMeta"]
    return bool(own) and not wire.special and not any(m.number for m in own)


def wrapped(type: GoType, within_map: bool) -> bool:
    """Whether a slice is a message of its own with one repeated string.

    protobuf has no map of lists, so upstream names those slices (ExtraValue, AttestationValue); the
    other named one is `metav1.Verbs`.
    """
    return type.kind == "slice" and (within_map or type.named.endswith("/v1.Verbs"))


def is_verbs(wire: WireType, field: FieldType) -> bool:
    """Whether a field is `APIResource.verbs`, should the facts not name its slice."""
    return wire.short == "APIResource" and field.go == "Verbs"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()


class Message:
    """Reads messages of one type into objects in canonical form; compiled when first called."""

    __slots__ = ("_embedded", "_layout", "_maps", "_names", "_owed", "_wire")

    def __init__(self, wire: WireType) -> None:
        self._wire = wire
        self._layout: Layout | None = None
        self._names: list[str] = []
        self._owed: list[tuple[int, Convert]] = []
        self._maps: list[int] = []
        self._embedded = False

    def __call__(self, raw: bytes) -> dict[str, Any]:
        layout = self._layout
        if layout is None:
            layout = self._compile()
        row = layout.scan(raw)
        for place, make in self._owed:
            if row[place] is ABSENT:
                row[place] = make(b"")
        for place in self._maps:
            entries = row[place]
            if entries is not ABSENT and entries and len(entries) > 1:
                row[place] = dict(sorted(entries.items()))
        if not self._embedded:
            return {
                name: value
                for name, value in zip(self._names, row, strict=True)
                if value is not ABSENT
            }
        made: dict[str, Any] = {}
        for name, value in zip(self._names, row, strict=True):
            if name and value is not ABSENT:
                made[name] = value
            elif value is not ABSENT:
                made.update(value)
        return made

    def _compile(self) -> Layout:
        if unnumbered(self._wire):
            raise NotMarshalable(self._wire)
        layout = Layout(self._wire.short)
        for field in self._wire.members:
            if not field.number:
                continue
            place = len(layout.blank)
            kind = field.type.kind
            place_field(layout, self._wire, field)
            self._names.append("" if field.embedded else field.json)
            self._embedded = self._embedded or field.embedded
            if kind == "map":
                self._maps.append(place)
            elif kind == "struct" and layout.blank[place] is ABSENT and not field.omitzero:
                self._owed.append((place, value_of(field.type)))
        self._layout = layout
        return layout


def place_field(layout: Layout, wire: WireType, field: FieldType, raw_bytes: bool = False) -> None:
    """Add a field of a Go struct to a layout; with `raw_bytes` a []byte stays as it is."""
    pointer = field.type.kind == "pointer"
    type = field.type
    if pointer:
        assert type.elem is not None
        type = type.elem
    kind = type.kind
    add = layout.add
    number, go = field.number, field.go
    # What stands where nothing was read of something that Go may leave nil: no field, or null.
    nil = ABSENT if field.omitempty else None

    def scalar(form: int, op: int, convert: Any, zero: Any) -> None:
        blank = nil if pointer else ABSENT if field.omitempty else zero
        add(number, go, form, op, convert, blank, zero if pointer else blank)

    if kind == "string":
        scalar(2, TEXT, None, "")
    elif kind == "bool":
        scalar(0, VARINT, bool, False)
    elif kind == "float64":
        scalar(1, FIXED, None, 0)
    elif kind == "bytes":
        convert = bytes if raw_bytes else _base64
        add(number, go, 2, LEAF, convert, nil, ABSENT if field.omitempty else convert(b""))
    elif kind == "struct":
        zero = ABSENT if field.omitzero else None
        blank = nil if pointer else zero if type.struct.special in _NULL else ABSENT
        add(number, go, 2, MESSAGE, value_of(type), blank, zero)
    elif kind == "map":
        assert type.elem is not None
        op = MESSAGE if type.elem.kind == "struct" or wrapped(type.elem, True) else LEAF
        add(number, go, 2, MAP, (op, value_of(type.elem, within_map=True)), nil, None)
    elif kind == "slice" and (wrapped(type, False) or is_verbs(wire, field)):
        add(number, go, 2, MESSAGE, _strings, nil, None)
    elif kind == "slice":
        assert type.elem is not None
        item = type.elem.kind
        if item in ("string", "bytes", "struct"):
            add(number, go, 2, LIST, value_of(type.elem), nil, None)
        else:
            add(number, go, 0, VARINTS, VARINTS_OF.get(item, int64), nil, None)
    else:
        scalar(0, VARINT, VARINTS_OF.get(kind, int64), 0)


def value_of(type: GoType, within_map: bool = False) -> Convert:
    """The conversion of a length-delimited value of a type."""
    if type.kind == "string":
        return utf8
    if type.kind == "bytes":
        return _base64
    if wrapped(type, within_map):
        return _strings
    return reader(type.struct)


def reader(wire: WireType) -> Convert:
    """The conversion of a message of a type, from bytes to canonical form."""
    found: Convert | None = wire.cache.get("protobuf read")
    if found is None:
        made = _SPECIAL.get(wire.special)
        found = wire.cache["protobuf read"] = Message(wire) if made is None else made(wire)
    return found


_TIMESTAMP: Final = single("Timestamp", ("Seconds", "int64"), ("Nanos", "int32"))
_QUANTITY: Final = Layout("Quantity")
_QUANTITY.add(1, "String_", 2, TEXT, None, None, "")


_STRINGS: Final = Layout("ExtraValue")
_STRINGS.add(1, "Items", 2, LIST, utf8, None, None)


def _strings(raw: bytes) -> list[str]:
    return _STRINGS.scan(raw)[0] or []


def instant(seconds: int, micros: int | None = None) -> str | None:
    """A Unix time as Go's RFC 3339 layouts write it, in any year; None for Go's zero time.

    Of metav1.Time only the seconds count; a MicroTime always has six digits of them.

    >>> instant(1), instant(-1, 5)
    ('1970-01-01T00:00:01Z', '1969-12-31T23:59:59.000005Z')
    """
    if seconds == -62135596800 and not micros:
        return None
    days, rest = divmod(seconds, 86400)
    # Days to civil date, in eras of 400 years that start on 1 March.
    era, day = divmod(days + 719468, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    year += era * 400 + (month <= 2)
    made = f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{made}Z" if micros is None else f"{made}.{micros:06}Z"


def _time(wire: WireType) -> Convert:
    def read(raw: bytes) -> str | None:
        return instant(_TIMESTAMP.scan(raw)[0]) if raw else None

    return read


def _micro_time(wire: WireType) -> Convert:
    def read(raw: bytes) -> str | None:
        if not raw:
            return None
        seconds, nanos = _TIMESTAMP.scan(raw)
        # Cut towards zero, as time.Duration.Truncate does; then the excess goes to the seconds.
        micros = nanos // 1000 if nanos >= 0 else -(-nanos // 1000)
        return instant(seconds + micros // 1_000_000, micros % 1_000_000)

    return read


def _quantity(wire: WireType) -> Convert:
    def read(raw: bytes) -> str:
        said: str | None = _QUANTITY.scan(raw)[0]
        if said is None:
            return "0"
        try:
            return quantity.canonical(said)
        except quantity.QuantityError as error:
            raise ProtobufError(str(error)) from error

    return read


def _of_members(make: Callable[[Row], Any]) -> Callable[[WireType], Convert]:
    """A special type: read by its members, then turned into what its MarshalJSON writes."""

    def compile(wire: WireType) -> Convert:
        layout = Layout(wire.short)

        def read(raw: bytes) -> Any:
            if not layout.blank:
                for field in wire.members:
                    if field.number:
                        place_field(layout, wire, field, raw_bytes=True)
            return make(layout.scan(raw))

        return read

    return compile


def _int_or_string(row: Row) -> int | str:
    form, number, said = row
    if form not in (0, 1):
        raise ProtobufError("impossible IntOrString.Type")
    chosen: int | str = said if form else number
    return chosen


def _json(row: Row) -> Any:
    raw = row[0]
    if not raw:
        return None
    try:
        value = orjson.loads(raw)
        # Raw JSON keeps the text of its numbers, which a float has lost.
        return plain(scan(raw), raw_numbers=True) if _has_float(value) else value
    except orjson.JSONDecodeError:
        try:
            return plain(scan(raw), raw_numbers=True)
        except JSONSyntaxError as error:
            raise ProtobufError(f"failed to parse RawExtension bytes as JSON: {error}") from error


def _has_float(value: Any) -> bool:
    if value.__class__ is dict:
        return any(_has_float(held) for held in value.values())
    if value.__class__ is list:
        return any(_has_float(held) for held in value)
    return value.__class__ is float


def _schema_or_bool(row: Row) -> Any:
    allows, schema = row
    return bool(allows) if schema is None else schema


def _schema_or_list(row: Row) -> Any:
    schema, several = row
    return several or schema


_NULL: Final = frozenset(("Time", "MicroTime", "RawExtension", "JSON", "FieldsV1"))
"""Structs whose zero value is written as null."""

_SPECIAL: Final[dict[str, Callable[[WireType], Convert]]] = {
    "Time": _time,
    "MicroTime": _micro_time,
    "Quantity": _quantity,
    "IntOrString": _of_members(_int_or_string),
    "RawExtension": _of_members(_json),
    "FieldsV1": _of_members(_json),
    "JSON": _of_members(_json),
    "JSONSchemaPropsOrBool": _of_members(_schema_or_bool),
    "JSONSchemaPropsOrArray": _of_members(_schema_or_list),
    "JSONSchemaPropsOrStringArray": _of_members(_schema_or_list),
}
