"""Which addresses traffic may be sent to.

Upstream: pkg/apis/core/validation ValidateEndpointIP, for endpoints, their slices and the
external addresses of services.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from fakek8s.machinery.addresses import parse_sloppy
from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

#: Go's IsLinkLocalMulticast.
_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}


def endpoint_ip_rules(value: str, path: str) -> Iterator[FieldError]:
    """Neither unspecified nor loopback nor link-local."""
    address = parse_sloppy(value)
    if address is None:
        yield invalid(path, value, "must be a valid IP address")
        return
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_unspecified:
        yield invalid(path, value, f"may not be unspecified ({value})")
    if address.is_loopback:
        yield invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        text = "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
        yield invalid(path, value, text)
    if address in _MULTICAST[address.version]:
        text = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        yield invalid(path, value, text)
