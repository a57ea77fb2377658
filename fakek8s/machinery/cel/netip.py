"""IP addresses and prefixes as Go's net/netip reads them, with its messages."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["NetipError", "address_text", "parse_address", "parse_prefix"]

_HEX: Final = re.compile(r"[0-9a-fA-F]*", re.ASCII)
_LENGTH: Final = re.compile(r"0|[1-9][0-9]*", re.ASCII)


class NetipError(ValueError):
    """The text is no address or no prefix; the message is Go's."""


def _fail(text: str, message: str, at: str = "") -> NetipError:
    where = f" (at {quote(at)})" if at else ""
    return NetipError(f"ParseAddr({quote(text)}): {message}{where}")


def parse_address(text: str) -> tuple[IPv4Address | IPv6Address, str]:
    """netip.ParseAddr: the address and its zone. Raises NetipError."""
    for character in text:
        if character == ".":
            return ipaddress.IPv4Address(_octets(text, text)), ""
        if character == ":":
            return _parse_ipv6(text)
        if character == "%":
            raise _fail(text, "missing IPv6 address")
    raise _fail(text, "unable to parse IP")


def _octets(whole: str, text: str) -> bytes:
    fields: list[int] = []
    value = digits = 0
    for i, character in enumerate(text):
        if character in "0123456789":
            if digits == 1 and value == 0:
                raise _fail(whole, "IPv4 field has octet with leading zero")
            value = value * 10 + int(character)
            digits += 1
            if value > 255:
                raise _fail(whole, "IPv4 field has value >255")
        elif character == ".":
            if i == 0 or i == len(text) - 1 or text[i - 1] == ".":
                raise _fail(whole, "IPv4 field must have at least one digit", text[i:])
            if len(fields) == 3:
                raise _fail(whole, "IPv4 address too long")
            fields.append(value)
            value = digits = 0
        else:
            raise _fail(whole, "unexpected character", text[i:])
    if len(fields) < 3:
        raise _fail(whole, "IPv4 address too short")
    return bytes([*fields, value])


def _parse_ipv6(whole: str) -> tuple[IPv6Address, str]:
    text, mark, zone = whole.partition("%")
    if mark and not zone:
        raise _fail(whole, "zone must be a non-empty string")
    octets = bytearray()
    ellipsis = -1
    if text.startswith("::"):
        ellipsis = 0
        text = text[2:]
        if not text:
            return ipaddress.IPv6Address(0), zone
    while len(octets) < 16:
        digits = _HEX.match(text)[0]  # type: ignore[index]
        if len(digits) > 4:
            raise _fail(whole, "each group must have 4 or less digits", text)
        if not digits:
            raise _fail(whole, "each colon-separated field must have at least one digit", text)
        if text[len(digits) :].startswith("."):
            if ellipsis < 0 and len(octets) != 12:
                raise _fail(
                    whole,
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    text,
                )
            if len(octets) + 4 > 16:
                raise _fail(
                    whole,
                    "too many hex fields to fit an embedded IPv4 at the end of the address",
                    text,
                )
            octets += _octets(whole, text)
            text = ""
            break
        octets += int(digits, 16).to_bytes(2, "big")
        text = text[len(digits) :]
        if not text:
            break
        if text[0] != ":":
            raise _fail(whole, "unexpected character, want colon", text)
        if len(text) == 1:
            raise _fail(whole, "colon must be followed by more characters", text)
        text = text[1:]
        if text[0] == ":":
            if ellipsis >= 0:
                raise _fail(whole, "multiple :: in address", text)
            ellipsis = len(octets)
            text = text[1:]
            if not text:
                break
    if text:
        raise _fail(whole, "trailing garbage after address", text)
    if len(octets) < 16:
        if ellipsis < 0:
            raise _fail(whole, "address string too short")
        octets[ellipsis:ellipsis] = bytes(16 - len(octets))
    elif ellipsis >= 0:
        raise _fail(whole, "the :: must expand to at least one field of zeros")
    return ipaddress.IPv6Address(bytes(octets)), zone


def parse_prefix(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """netip.ParsePrefix: the address as written and the length. Raises NetipError."""
    before, slash, length = text.rpartition("/")

    def fail(message: str) -> NetipError:
        return NetipError(f"netip.ParsePrefix({quote(text)}): {message}")

    if not slash:
        raise fail("no '/'")
    try:
        address, zone = parse_address(before)
    except NetipError as error:
        raise fail(str(error)) from None
    if zone:
        raise fail("IPv6 zones cannot be present in a prefix")
    if _LENGTH.fullmatch(length) is None:
        raise fail(f"bad bits after slash: {quote(length)}")
    if int(length) > address.max_prefixlen:
        raise fail("prefix length out of range")
    return address, int(length)


def address_text(address: IPv4Address | IPv6Address) -> str:
    """Addr.String."""
    if address.version == 6 and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)
