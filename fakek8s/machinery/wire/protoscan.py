"""Protobuf's bytes: tags, varints, what is skipped, and the row a message is read into.

Knows nothing of types; protoread compiles those to layouts. The complaints are upstream's.
"""

from __future__ import annotations

from math import isfinite
from struct import unpack_from
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.decode import go_number
from fakek8s.machinery.wire.scan import utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Any], Any]
    Row = list[Any]

ABSENT: Final = object()
"""Stands in a row for a field that the encoder leaves out."""

_U64: Final = (1 << 64) - 1

# What is done with the value behind a tag.
TEXT, LEAF, VARINT, MESSAGE, LIST, VARINTS, PACKED, MAP, FIXED = range(9)


class ProtobufError(ValueError):
    """A body that is no protobuf message of its type, in upstream's words.

    api_version and kind tell what the envelope said it was; both are "" while that is unknown.
    """

    def __init__(self, message: str, api_version: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.api_version = api_version
        self.kind = kind


def read_varint(raw: bytes, at: int) -> tuple[int, int]:
    """The unsigned 64-bit number at a place, and the place behind it.

    Raises IndexError where `raw` ends too early, ProtobufError where the number does not end.
    """
    number = raw[at]
    at += 1
    if number < 0x80:
        return number, at
    number &= 0x7F
    shift = 7
    while True:
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & _U64, at
        shift += 7
        if shift >= 64:
            raise ProtobufError("proto: integer overflow")


def read_span(raw: bytes, at: int) -> tuple[int, int]:
    """Start and stop of the length-delimited value at a place."""
    size, at = read_varint(raw, at)
    stop = at + size
    if stop > len(raw):
        if size >> 63:
            raise ProtobufError("proto: negative length found during unmarshaling")
        raise ProtobufError("unexpected EOF")
    return at, stop


def skip(raw: bytes, at: int) -> int:
    """The place behind the field whose tag starts at `at` (skipGenerated)."""
    depth = 0
    while True:
        tag, at = read_varint(raw, at)
        form = tag & 7
        if form == 0:
            _, at = read_varint(raw, at)
        elif form == 2:
            _, at = read_span(raw, at)
        elif form == 3:
            depth += 1
        elif form == 4:
            if not depth:
                raise ProtobufError("proto: unexpected end of group")
            depth -= 1
        elif form in (1, 5):
            at += 8 if form == 1 else 4
        else:
            raise ProtobufError(f"proto: illegal wireType {form}")
        if at > len(raw):
            raise ProtobufError("unexpected EOF")
        if not depth:
            return at


def _int32(number: int) -> int:
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >> 31 else number


def int64(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _float(number: float) -> float:
    if not isfinite(number):
        raise ProtobufError("json: unsupported value: " + _UNWRITABLE[str(number)])
    return go_number(number)


_UNWRITABLE: Final = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}


VARINTS_OF: Final[dict[str, Convert]] = {"bool": bool, "int32": _int32, "uint8": lambda n: n & 255}


class Layout:
    """The places of one message: what each tag does, and what stands where nothing was read.

    name: the message's name in error messages.
    table: tag to (operation, place, conversion, value if empty).
    numbers: field number to Go field name. blank: the row before anything is read.
    """

    __slots__ = ("blank", "name", "numbers", "table")

    def __init__(self, name: str) -> None:
        self.name = name
        self.table: dict[int, tuple[int, int, Any, Any]] = {}
        self.numbers: dict[int, str] = {}
        self.blank: Row = []

    def add(
        self, number: int, go: str, form: int, op: int, convert: Any, blank: Any, empty: Any
    ) -> None:
        """Give the next place to a field."""
        place = len(self.blank)
        self.blank.append(blank)
        self.numbers[number] = go
        self.table[number << 3 | form] = (op, place, convert, empty)
        if op == VARINTS:
            self.table[number << 3 | 2] = (PACKED, place, convert, empty)

    def scan(self, raw: bytes) -> Row:
        """Read a message into a row.

        Raises ProtobufError, and IndexError for upstream's `unexpected EOF` within a varint.
        """
        row = self.blank[:]
        table = self.table
        end = len(raw)
        at = 0
        while at < end:
            start = at
            tag = raw[at]
            at += 1
            if tag >= 0x80:
                tag, at = read_varint(raw, start)
            entry = table.get(tag)
            if entry is None:
                at = self._stray(raw, start, tag)
                continue
            op, place, convert, empty = entry
            if op == VARINT:
                number, at = read_varint(raw, at)
                row[place] = convert(number) or empty
                continue
            if op == FIXED:
                if at + 8 > end:
                    raise ProtobufError("unexpected EOF")
                row[place] = _float(unpack_from("<d", raw, at)[0])
                at += 8
                continue
            if op == VARINTS:
                number, at = read_varint(raw, at)
                _grow(row, place, convert(number))
                continue
            size = raw[at]
            if size < 0x80:
                at += 1
                stop = at + size
                if stop > end:
                    raise ProtobufError("unexpected EOF")
            else:
                at, stop = read_span(raw, at)
            value = raw[at:stop]
            at = stop
            if op == TEXT:
                row[place] = utf8(value) if value else empty
            elif op == MESSAGE:
                if row[place] is not ABSENT and row[place] is not None:
                    value = self._joined(raw, tag, stop)
                read = convert(value)
                row[place] = empty if read is None else read
            elif op == LIST:
                _grow(row, place, convert(value))
            elif op == MAP:
                _enter(row, place, value, *convert)
            elif op == LEAF:
                row[place] = convert(value) if value else empty
            else:
                inner = 0
                while inner < len(value):
                    number, inner = read_varint(value, inner)
                    _grow(row, place, convert(number))
        return row

    def _stray(self, raw: bytes, start: int, tag: int) -> int:
        """A tag that is not in the table: an unknown field is skipped, the rest is an error."""
        form = tag & 7
        if form == 4:
            raise ProtobufError(f"proto: {self.name}: wiretype end group for non-group")
        number = _int32(tag >> 3)
        if number <= 0:
            raise ProtobufError(f"proto: {self.name}: illegal tag {number} (wire type {tag})")
        if number in self.numbers:
            raise ProtobufError(f"proto: wrong wireType = {form} for field {self.numbers[number]}")
        return skip(raw, start)

    def _joined(self, raw: bytes, tag: int, stop: int) -> bytes:
        """All values of a field up to a place; joined, a message given in parts is merged."""
        parts = []
        at = 0
        while at < stop:
            found, behind = read_varint(raw, at)
            if found == tag:
                at, behind = read_span(raw, behind)
                parts.append(raw[at:behind])
                at = behind
            else:
                at = skip(raw, at)
        return b"".join(parts)


def _grow(row: Row, place: int, value: Any) -> None:
    known = row[place]
    if known is ABSENT or known is None:
        row[place] = [value]
    else:
        known.append(value)


def _enter(row: Row, place: int, raw: bytes, op: int, convert: Convert) -> None:
    """Read a map entry (key 1, value 2) into the map at a place."""
    key = ""
    value: bytes = b""
    at = 0
    while at < len(raw):
        tag, behind = read_varint(raw, at)
        number = _int32(tag >> 3)
        if number in (1, 2):
            at, stop = read_span(raw, behind)
            if number == 1:
                key = utf8(raw[at:stop])
            elif op == MESSAGE:
                value += raw[at:stop]
            else:
                value = raw[at:stop]
            at = stop
        else:
            at = skip(raw, at)
    known = row[place]
    if known is ABSENT or known is None:
        known = row[place] = {}
    known[key] = convert(value)


def single(name: str, *fields: tuple[str, str]) -> Layout:
    """A layout of scalars numbered from 1: (Go name, "string", "int32" or "int64")."""
    layout = Layout(name)
    for number, (go, kind) in enumerate(fields, 1):
        if kind == "string":
            layout.add(number, go, 2, TEXT, None, "", "")
        else:
            layout.add(number, go, 0, VARINT, VARINTS_OF.get(kind, int64), 0, 0)
    return layout
