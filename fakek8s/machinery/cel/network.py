"""Kubernetes' url, ip and cidr libraries (apiserver pkg/cel/library urls.go, ip.go, cidr.go)."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote as percent
from urllib.parse import unquote, unquote_plus

from fakek8s.machinery.cel.declarations import CIDR, IP, URL
from fakek8s.machinery.cel.netip import NetipError, address_text, parse_address, parse_prefix
from fakek8s.machinery.cel.values import CelError, Opaque, no_such_overload
from fakek8s.machinery.printing import quote
from fakek8s.machinery.structural import gourl

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["FUNCTIONS", "CidrValue", "IpValue", "UrlValue"]


class UrlValue(Opaque):
    __slots__ = ("url",)
    type = URL

    def __init__(self, url: gourl.URL) -> None:
        self.url = url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UrlValue) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)


class IpValue(Opaque):
    __slots__ = ("address",)
    type = IP

    def __init__(self, address: IPv4Address | IPv6Address) -> None:
        self.address = address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IpValue) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __len__(self) -> int:
        """In bytes, for costs."""
        return len(self.address.packed)


class CidrValue(Opaque):
    __slots__ = ("address", "length")
    type = CIDR

    def __init__(self, address: IPv4Address | IPv6Address, length: int) -> None:
        self.address = address
        self.length = length

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CidrValue)
            and self.address == other.address
            and self.length == other.length
        )

    def __hash__(self) -> int:
        return hash((self.address, self.length))

    def __len__(self) -> int:
        return len(self.address.packed)

    def network_bits(self, address: IPv4Address | IPv6Address) -> int:
        return int(address) >> (address.max_prefixlen - self.length)


def _url(text: str) -> UrlValue:
    try:
        gourl.parse_request(text)
        return UrlValue(gourl.parse(text))
    except gourl.URLError as error:
        raise CelError(f"URL parse error during conversion from string: {error}") from None


def _is_url(text: str) -> bool:
    try:
        gourl.parse_request(text)
    except gourl.URLError:
        return False
    return True


def _split_host(host: str) -> tuple[str, str]:
    """Hostname and port of `host:port`."""
    colon = host.rfind(":")
    port = ""
    if colon >= 0 and host[colon + 1 :].isdigit() | (host[colon + 1 :] == ""):
        host, port = host[:colon], host[colon + 1 :]
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1].replace("%25", "%")
    return host, port


def _escaped_path(value: UrlValue) -> str:
    path = value.url.path
    # What was escaped in a valid way stays, the rest is escaped as Go does it.
    return percent(unquote(path), safe="/$&+,:;=@!'()*[]~") if "%" not in path else path


_BAD_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")


def _query(value: UrlValue) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in value.url.query.split("&"):
        if not pair or ";" in pair:
            continue
        key, _, text = pair.partition("=")
        if _BAD_ESCAPE.search(pair):
            continue
        found.setdefault(unquote_plus(key), []).append(unquote_plus(text))
    return dict(sorted(found.items()))


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        address, zone = parse_address(text)
    except NetipError as error:
        raise CelError(
            f"IP Address {quote(text)} parse error during conversion from string: {error}"
        ) from None
    if zone:
        raise CelError(f"IP address {quote(text)} with zone value is not allowed")
    if address.version == 6 and address.ipv4_mapped is not None:
        raise CelError(f"IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return address


def _cidr(text: str) -> CidrValue:
    problem = "network address parse error during conversion from string: "
    try:
        address, length = parse_prefix(text)
    except NetipError as error:
        raise CelError(f"{problem}{problem}{error}") from None
    if address.version == 6 and address.ipv4_mapped is not None:
        raise CelError(f"{problem}IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return CidrValue(address, length)


def _valid(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except CelError:
            return False
        return True

    return check


def _contains(cidr: CidrValue, address: IPv4Address | IPv6Address) -> bool:
    return cidr.address.version == address.version and cidr.network_bits(
        cidr.address
    ) == cidr.network_bits(address)


def _contains_text(cidr: CidrValue, text: str) -> bool:
    try:
        address = _address(text)
    except CelError:
        # Upstream forgets what was wrong with the text.
        raise no_such_overload() from None
    return _contains(cidr, address)


def _contains_cidr(cidr: CidrValue, other: CidrValue) -> bool:
    return cidr.length <= other.length and _contains(cidr, other.address)


def _masked(cidr: CidrValue) -> CidrValue:
    host_bits = cidr.address.max_prefixlen - cidr.length
    network = type(cidr.address)(int(cidr.address) >> host_bits << host_bits)
    return CidrValue(network, cidr.length)


_LINK_LOCAL_V4: Final = ipaddress.ip_network("169.254.0.0/16")
_LINK_LOCAL_V6: Final = ipaddress.ip_network("fe80::/10")


def _link_local_unicast(value: IpValue) -> bool:
    address = value.address
    return address in (_LINK_LOCAL_V4 if address.version == 4 else _LINK_LOCAL_V6)


def _link_local_multicast(value: IpValue) -> bool:
    packed = value.address.packed
    if len(packed) == 4:
        return packed[:3] == b"\xe0\x00\x00"
    return packed[0] == 0xFF and packed[1] & 0x0F == 0x02


def _global_unicast(value: IpValue) -> bool:
    address = value.address
    if address.version == 4 and int(address) in (0, 0xFFFFFFFF):
        return False
    return not (
        int(address) == 0
        or address.is_loopback
        or address.is_multicast
        or _link_local_unicast(value)
    )


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "string_to_url": _url,
    "is_url_string": _is_url,
    "url_get_scheme": lambda value: value.url.scheme,
    "url_get_host": lambda value: value.url.host,
    "url_get_hostname": lambda value: _split_host(value.url.host)[0],
    "url_get_port": lambda value: _split_host(value.url.host)[1],
    "url_get_escaped_path": _escaped_path,
    "url_get_query": _query,
    "string_to_ip": lambda text: IpValue(_address(text)),
    "cidr_ip": lambda cidr: IpValue(cidr.address),
    "ip_family": lambda value: value.address.version,
    "ip_is_canonical": lambda text: address_text(_address(text)) == text,
    "ip_is_unspecified": lambda value: int(value.address) == 0,
    "ip_is_loopback": lambda value: value.address.is_loopback,
    "ip_is_link_local_multicast": _link_local_multicast,
    "ip_is_link_local_unicast": _link_local_unicast,
    "ip_is_global_unicast": _global_unicast,
    "is_ip": _valid(_address),
    "ip_to_string": lambda value: address_text(value.address),
    "string_to_cidr": _cidr,
    "cidr_contains_ip_string": _contains_text,
    "cidr_contains_ip_ip": lambda cidr, value: _contains(cidr, value.address),
    "cidr_contains_cidr_string": lambda cidr, text: _contains_cidr(cidr, _cidr(text)),
    "cidr_contains_cidr": _contains_cidr,
    "cidr_prefix_length": lambda cidr: cidr.length,
    "cidr_masked": _masked,
    "is_cidr": _valid(_cidr),
    "cidr_to_string": lambda cidr: f"{address_text(cidr.address)}/{cidr.length}",
}
