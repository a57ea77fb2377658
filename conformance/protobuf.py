"""Reads protobuf without a schema, far enough to compare two answers field by field.

What is a message and what is text is guessed from the bytes, alike on both sides. Times and
revisions are masked here, since their lengths would show in every message around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"k8s\0"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
#: Seconds since 1970 that are of our days; the recordings hold no other number as large.
_TIMES = range(1_500_000_000, 5_000_000_000)
#: ObjectMeta.resourceVersion is field 6, ListMeta's is 2.
_REVISION_FIELDS = (2, 6)


class NotProtobuf(ValueError):
    """The bytes are no sequence of protobuf fields."""


def text(body: bytes) -> str:
    """One line for each field of a Kubernetes protobuf body, indented by depth."""
    if not body.startswith(MAGIC):
        raise NotProtobuf("the body does not begin with k8s")
    return "\n".join(_lines(body[len(MAGIC) :], ""))


def _lines(message: bytes, indent: str) -> Iterator[str]:
    for number, value in fields(message):
        if isinstance(value, int):
            yield f"{indent}{number}: {'<time>' if value in _TIMES else value}"
        elif (found := _printable(value)) is not None:
            revision = number in _REVISION_FIELDS and found.isdigit()
            yield f"{indent}{number}: {'<n>' if revision else repr(found)}"
        else:
            try:
                inner = list(_lines(value, indent + "  "))
            except NotProtobuf:
                yield f"{indent}{number}: {value!r}"
            else:
                yield f"{indent}{number}:"
                yield from inner


def fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """The fields of a message in order: number, and an integer or the bytes.

    Raises NotProtobuf when the bytes end early or a wire type is not in use.
    """
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            found.append((number, value))
            continue
        if wire == _BYTES:
            size, at = _varint(message, at)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise NotProtobuf(f"wire type {wire}")
        if number == 0 or at + size > len(message):
            raise NotProtobuf(f"field {number} of {size} bytes at {at} of {len(message)}")
        found.append((number, message[at : at + size]))
        at += size
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise NotProtobuf("a number without an end")


def _printable(value: bytes) -> str | None:
    try:
        found = value.decode()
    except UnicodeDecodeError:
        return None
    return found if found.isprintable() else None
