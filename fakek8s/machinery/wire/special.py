"""The types that write their own JSON: quantities, times, base64; each from JSON string to
canonical string.

Every function raises ValueError with the message of upstream's parser.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import Final

from fakek8s.machinery import quantity as quantities
from fakek8s.machinery import timestamps

_SIMPLE_TIME = re.compile(
    r"(?!0000|0001-01-01T00:00:00)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?Z",
    re.ASCII,
)
_ZERO: Final = datetime(1, 1, 1, tzinfo=UTC)


def quantity(text: str) -> str:
    """A quantity (resource.Quantity UnmarshalJSON and MarshalJSON)."""
    return quantities.canonical(text.strip())


def time(text: str) -> str | None:
    """An RFC 3339 time in UTC to the second; None for the zero time, which is written as null
    (metav1.Time).
    """
    simple = _SIMPLE_TIME.fullmatch(text)
    if simple is not None:
        return text if simple[1] is None else text[:19] + "Z"
    moment = timestamps.parse_time(text)
    return None if moment == _ZERO else timestamps.format_time(moment)


def micro_time(text: str) -> str | None:
    """The same to the microsecond; the text must have exactly six digits of fraction
    (metav1.MicroTime).
    """
    simple = _SIMPLE_TIME.fullmatch(text)
    if simple is not None and simple[1] is not None:
        return text
    moment = timestamps.parse_micro_time(text)
    return None if moment == _ZERO else timestamps.format_micro_time(moment)


_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*", re.ASCII)
_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def base64(text: str) -> str:
    """Canonical base64 of base64; newlines are skipped, padding is required.

    Raises ValueError `illegal base64 data at input byte N`, N as base64.CorruptInputError counts.
    """
    if _BASE64.fullmatch(text):
        return text
    at = _corrupt(text.encode("utf-8", "replace").decode("latin-1"))
    if at is not None:
        raise ValueError(f"illegal base64 data at input byte {at}")
    data = binascii.a2b_base64(text.replace("\n", "").replace("\r", ""))
    return base64_of(data)


def _corrupt(text: str) -> int | None:
    """Where Go's decoder stops, if it does (encoding/base64 decodeQuantum)."""
    at, count, size = 0, 0, len(text)
    while at < size:
        c = text[at]
        at += 1
        if c in "\r\n":
            continue
        if c in _ALPHABET:
            count = (count + 1) % 4
            continue
        if c != "=" or count in (0, 1):
            return at - 1
        if count == 2:
            while at < size and text[at] in "\r\n":
                at += 1
            if at == size:
                return size
            if text[at] != "=":
                return at - 1
            at += 1
        while at < size and text[at] in "\r\n":
            at += 1
        return at if at < size else None
    # The end within a quantum: Go names where that quantum's missing character would begin.
    return size - count if count else None


def base64_of(data: bytes) -> str:
    """Base64 of bytes."""
    return binascii.b2a_base64(data, newline=False).decode()
