"""What stands between a request and something that runs: names with ports, nodes without addresses.

Upstream: apimachinery pkg/util/net/port_split.go, pkg/kubelet/client NodeConnectionInfoGetter.
"""

from __future__ import annotations

from typing import Any

from fakek8s import errors

Object = dict[str, Any]

_SCHEMES = ("", "http", "https")
#: The default of --kubelet-preferred-address-types.
_ADDRESSES = ("Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP")


def split_name(text: str, noun: str) -> tuple[str, str]:
    """The object's name and the port of `name`, `name:port` or `scheme:name:port`.

    Raises APIError 400.
    """
    scheme, name, port = "", text, ""
    parts = text.split(":")
    if len(parts) == 2:
        name, port = parts
    elif len(parts) == 3:
        scheme, name, port = parts
    if len(parts) > 3 or not name or scheme not in _SCHEMES:
        raise errors.bad_request(f'invalid {noun} request "{text}"')
    return name, port


def check_address(node: Object | None, name: str, plural: str) -> None:
    """Raises APIError where a node's kubelet cannot be asked.

    `plural`: the kind that the request is about, which upstream names.
    """
    if node is None:
        raise errors.not_found(plural, "", name)
    addresses = (node.get("status") or {}).get("addresses") or ()
    if not any(address.get("type") in _ADDRESSES for address in addresses):
        known = " ".join(f"{{{a.get('type', '')} {a.get('address', '')}}}" for a in addresses)
        text = f"no preferred addresses found; known addresses: [{known}]"
        raise errors.plain(500, text)
