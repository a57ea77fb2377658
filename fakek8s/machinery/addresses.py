"""Which strings are IP addresses and CIDRs, in upstream's words (apimachinery validation/ip.go).

Old fields take what Go 1.16 took ("sloppy": leading zeros); new fields want the canonical form.
"""

from __future__ import annotations

import ipaddress
import re

from fakek8s.machinery.printing import quote

_DIGITS = re.compile("[0-9]+")
_HEX = re.compile("[0-9A-Fa-f]*")
_PREFIX_LENGTH = re.compile("0|[1-9][0-9]{0,2}")
_NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_NOT_AN_INTERFACE = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def _small_number(digits: str) -> int | None:
    """A decimal number of any length of zeros; None if it is none or can't be a byte."""
    if not _DIGITS.fullmatch(digits):
        return None
    stripped = digits.lstrip("0")
    return int(stripped or "0") if len(stripped) <= 3 else None


def _parse_ipv4(text: str) -> int | None:
    octets = [_small_number(part) for part in text.split(".")]
    address = 0
    for octet in octets:
        if octet is None or octet > 255:
            return None
        address = address << 8 | octet
    return address if len(octets) == 4 else None


def _parse_ipv6(text: str) -> int | None:
    ellipsis = -1
    if text.startswith("::"):
        ellipsis, text = 0, text[2:]
    groups: list[int] = []
    while text and len(groups) < 8:
        match = _HEX.match(text)
        digits = match[0] if match else ""
        if text[len(digits) : len(digits) + 1] == ".":
            tail = _parse_ipv4(text)
            if tail is None or len(groups) > 6 or (ellipsis < 0 and len(groups) != 6):
                return None
            groups += [tail >> 16, tail & 0xFFFF]
            text = ""
            break
        if not digits or len(digits.lstrip("0")) > 4:
            return None
        groups.append(int(digits, 16))
        text = text[len(digits) :]
        if not text:
            break
        if text[0] != ":" or len(text) == 1:
            return None
        text = text[1:]
        if text[0] == ":":
            if ellipsis >= 0:
                return None
            ellipsis, text = len(groups), text[1:]
    missing = 8 - len(groups)
    if text or (ellipsis < 0) != (missing == 0):
        return None
    if missing:
        groups[ellipsis:ellipsis] = [0] * missing
    return int.from_bytes(b"".join(group.to_bytes(2, "big") for group in groups), "big")


def parse_sloppy(text: str) -> IPAddress | None:
    """An address as netutils.ParseIPSloppy reads it; IPv4-mapped IPv6 stays IPv6."""
    separator = next((character for character in text if character in ".:"), "")
    if separator == ".":
        number = _parse_ipv4(text)
        return None if number is None else ipaddress.IPv4Address(number)
    number = _parse_ipv6(text) if separator else None
    return None if number is None else ipaddress.IPv6Address(number)


def parse_cidr_sloppy(text: str) -> tuple[IPAddress, int] | None:
    """Address and prefix length as netutils.ParseCIDRSloppy reads them."""
    address_text, slash, length_text = text.partition("/")
    address, length = parse_sloppy(address_text), _small_number(length_text)
    if not slash or address is None or length is None or length > address.max_prefixlen:
        return None
    return address, length


def _is_strict(text: str) -> bool:
    """Whether netip.ParseAddr reads it too; only asked of what the sloppy reader took."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _mapped(address: IPAddress) -> ipaddress.IPv4Address | None:
    return address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None


def canonical_ip(address: IPAddress) -> str:
    """net.IP.String: IPv4-mapped addresses print as IPv4."""
    return str(_mapped(address) or address)


def _network(address: IPAddress, length: int) -> IPAddress:
    shift = address.max_prefixlen - length
    return type(address)(int(address) >> shift << shift)


def _canonical_cidr(address: IPAddress, length: int) -> str:
    """net.IPNet.String of the network that the address is in."""
    network = _network(address, length)
    mapped = _mapped(network)
    return f"{mapped}/{max(length - 96, 0)}" if mapped else f"{network}/{length}"


def is_ip_legacy(value: str, *, strict: bool = False) -> list[str]:
    """validation.IsValidIPForLegacyField."""
    address = parse_sloppy(value)
    if address is None:
        return [_NOT_AN_IP]
    if not strict:
        return []
    if not _is_strict(value):
        return ["must not have leading 0s"]
    return ["must not be an IPv4-mapped IPv6 address"] if _mapped(address) else []


def is_ip(value: str) -> list[str]:
    """The modern check, canonical form required: validation.IsValidIP."""
    if errors := is_ip_legacy(value, strict=True):
        return errors
    address = parse_sloppy(value)
    canonical = str(address)
    return [] if value == canonical else [f"must be in canonical form ({quote(canonical)})"]


def is_cidr_legacy(value: str, *, strict: bool = False) -> list[str]:
    """validation.IsValidCIDRForLegacyField."""
    parsed = parse_cidr_sloppy(value)
    if parsed is None:
        return [_NOT_A_CIDR]
    if not strict:
        return []
    address, length = parsed
    address_text, _, length_text = value.partition("/")
    if not _is_strict(address_text) or not _PREFIX_LENGTH.fullmatch(length_text):
        return ["must not have leading 0s in IP or prefix length"]
    if _mapped(address):
        return ["must not have an IPv4-mapped IPv6 address"]
    if address != _network(address, length):
        return ["must not have bits set beyond the prefix length"]
    return []


def is_cidr(value: str) -> list[str]:
    """The modern check, canonical form required: validation.IsValidCIDR."""
    if errors := is_cidr_legacy(value, strict=True):
        return errors
    parsed = parse_cidr_sloppy(value)
    canonical = _canonical_cidr(*parsed) if parsed else ""
    return [] if value == canonical else [f"must be in canonical form ({quote(canonical)})"]


def is_interface_address(value: str) -> list[str]:
    """validation.IsValidInterfaceAddress: an address with its network's prefix length."""
    parsed = parse_cidr_sloppy(value)
    if parsed is None:
        return [_NOT_AN_INTERFACE]
    address, length = parsed
    if _mapped(address) and length > 32:
        length -= 96
    canonical = f"{canonical_ip(address)}/{length}"
    return [] if value == canonical else [f"must be in canonical form ({quote(canonical)})"]


def ip_warnings(path: str, value: str) -> list[str]:
    """validation.GetWarningsForIP, for a value that passed is_ip_legacy."""
    address = parse_sloppy(value)
    if address is None:
        return []
    if not _is_strict(value) or _mapped(address):
        wanted = quote(canonical_ip(address))
        return [f"{path}: non-standard IP address {quote(value)} is invalid: use {wanted}"]
    if str(address) != value:
        canonical = quote(str(address))
        form = f"should be in RFC 5952 canonical format ({canonical})"
        return [f"{path}: IPv6 address {quote(value)} {form}"]
    return []


def cidr_warnings(path: str, value: str) -> list[str]:
    """validation.GetWarningsForCIDR, for a value that passed is_cidr_legacy."""
    parsed = parse_cidr_sloppy(value)
    if parsed is None:
        return []
    address, length = parsed
    network = quote(_canonical_cidr(address, length))
    warnings = []
    if address != _network(address, length):
        ones = 32 if isinstance(address, ipaddress.IPv4Address) else 128
        single = quote(f"{canonical_ip(address)}/{ones}")
        warnings.append(
            f"{path}: CIDR value {quote(value)} is ambiguous in this context"
            f" (should be {network} or {single}?)"
        )
    address_text, _, length_text = value.partition("/")
    strict = _is_strict(address_text) and _PREFIX_LENGTH.fullmatch(length_text)
    if not strict or _mapped(address):
        warnings.append(f"{path}: non-standard CIDR value {quote(value)} is invalid: use {network}")
    if not warnings and f"{address}/{length}" != value:
        warnings.append(
            f"{path}: IPv6 CIDR value {quote(value)} should be in RFC 5952 canonical format"
            f" ({quote(f'{address}/{length}')})"
        )
    return warnings
