"""What Go's encoding/asn1 says of bytes whose outermost element is no sequence.

Deeper faults are not told apart. Upstream: encoding/asn1 parseTagAndLength, parseField.
"""

from __future__ import annotations

_PARAMETERS = (
    "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> "
    "stringType:0 timeType:0 set:false omitEmpty:false}"
)
_SEQUENCE = 16
_LARGEST = 1 << 23


class _Wrong(Exception):
    """An error of one of Go's two kinds."""


def sequence_problem(data: bytes, name: str) -> str:
    """Why the bytes aren't one sequence, the Go type `name` read from it; "" if they are."""
    if not data:
        return "asn1: syntax error: sequence truncated"
    try:
        kind, tag, at = _tag(data)
        length, at = _length(data, at)
    except _Wrong as error:
        return f"asn1: {error}"
    compound = bool(data[0] & 0x20)
    if (kind, tag, compound) != (0, _SEQUENCE, True):
        found = f"class:{kind} tag:{tag} length:{length} isCompound:{str(compound).lower()}"
        what = f"({_SEQUENCE} vs {{{found}}}) {_PARAMETERS} {name} @{at}"
        return f"asn1: structure error: tags don't match {what}"
    if at + length > len(data):
        return "asn1: syntax error: data truncated"
    return "asn1: syntax error: trailing data" if at + length < len(data) else ""


def sequence(data: bytes) -> bytes | None:
    """What is in the sequence that the bytes begin with; None if they don't."""
    problem = sequence_problem(data, "")
    if problem and not problem.endswith("trailing data"):
        return None
    length, at = _length(data, 1)
    return data[at : at + length]


def _next(data: bytes, at: int, fault: str) -> int:
    if at >= len(data):
        raise _Wrong(f"syntax error: {fault}")
    return data[at]


def _tag(data: bytes) -> tuple[int, int, int]:
    """Class, tag, and where the length begins."""
    tag, at = data[0] & 0x1F, 1
    if tag != 0x1F:
        return data[0] >> 6, tag, at
    tag, more = 0, True
    while more:
        byte = _next(data, at, "truncated base 128 integer")
        if at == 1 and byte == 0x80:
            raise _Wrong("syntax error: integer is not minimally encoded")
        tag, more, at = tag << 7 | byte & 0x7F, bool(byte & 0x80), at + 1
        if at > 5 or tag > 0x7FFFFFFF:
            raise _Wrong("structure error: base 128 integer too large")
    if tag < 0x1F:
        raise _Wrong("syntax error: non-minimal tag")
    return data[0] >> 6, tag, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The length, and where the content begins."""
    first, at = _next(data, at, "truncated tag or length"), at + 1
    if not first & 0x80:
        return first, at
    count, length = first & 0x7F, 0
    if not count:
        raise _Wrong("syntax error: indefinite length found (not DER)")
    for _ in range(count):
        byte, at = _next(data, at, "truncated tag or length"), at + 1
        if length >= _LARGEST:
            raise _Wrong("structure error: length too large")
        length = length << 8 | byte
        if not length:
            raise _Wrong("structure error: superfluous leading zeros in length")
    if length < 0x80:
        raise _Wrong("structure error: non-minimal length")
    return length, at
