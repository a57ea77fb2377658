"""Endpoints: the older list of the addresses behind a service.

Upstream: pkg/registry/core/endpoint, pkg/apis/core/validation ValidateEndpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.endpointip import endpoint_ip_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery import names
from fakek8s.machinery.addresses import ip_warnings
from fakek8s.machinery.causes import index, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

PROTOCOLS = ("SCTP", "TCP", "UDP")
_LISTS = ("addresses", "notReadyAddresses")
_SHOWN = 3
_MANAGED_BY = "endpoints.kubernetes.io/managed-by"
_CONTROLLER = "endpoint-controller"


def default_endpoints(endpoints: Object) -> None:
    """SetDefaults_Endpoints, in place."""
    for subset in endpoints.get("subsets") or ():
        for port in subset.get("ports") or ():
            if not port.get("protocol"):
                port["protocol"] = "TCP"


def subset_rules(endpoints: Object, op: Operation) -> Iterator[FieldError]:
    """validateEndpointSubsets; what is stored already may stay as it is."""
    subsets = endpoints.get("subsets") or []
    if op.old is not None and (op.old.get("subsets") or []) == subsets:
        return
    for number, subset in enumerate(subsets):
        path = index("subsets", number)
        if not any(subset.get(name) for name in _LISTS):
            yield required(path, "must specify `addresses` or `notReadyAddresses`")
        for name in _LISTS:
            for place, address in enumerate(subset.get(name) or ()):
                yield from _address_rules(address, index(f"{path}.{name}", place))
        ports = subset.get("ports") or ()
        for place, port in enumerate(ports):
            yield from _port_rules(port, index(f"{path}.ports", place), len(ports) > 1)


def _address_rules(address: Object, path: str) -> Iterator[FieldError]:
    ip, host, node = address.get("ip", ""), address.get("hostname", ""), address.get("nodeName")
    for text in names.is_ip_legacy(ip, strict=True):
        yield invalid(f"{path}.ip", ip, text)
    for text in names.is_dns1123_label(host) if host else ():
        yield invalid(f"{path}.hostname", host, text)
    for text in names.is_dns1123_subdomain(node) if node is not None else ():
        yield invalid(f"{path}.nodeName", node, text)
    yield from endpoint_ip_rules(ip, f"{path}.ip")


def _port_rules(port: Object, path: str, named: bool) -> Iterator[FieldError]:
    name, number = port.get("name", ""), port.get("port", 0)
    protocol, application = port.get("protocol", ""), port.get("appProtocol")
    if name:
        for text in names.is_dns1123_label(name):
            yield invalid(f"{path}.name", name, text)
    elif named:
        yield required(f"{path}.name")
    for text in names.is_port_num(number):
        yield invalid(f"{path}.port", number, text)
    if not protocol:
        yield required(f"{path}.protocol")
    elif protocol not in PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, PROTOCOLS)
    for text in names.is_qualified_name(application) if application is not None else ():
        yield invalid(f"{path}.appProtocol", application, text)


def address_warnings(endpoints: Object, op: Operation) -> Iterator[str]:
    """Addresses in forms that not everybody reads alike; the controller writes none."""
    if (endpoints["metadata"].get("labels") or {}).get(_MANAGED_BY) == _CONTROLLER:
        return
    for number, subset in enumerate(endpoints.get("subsets") or ()):
        for name in _LISTS:
            for place, address in enumerate(subset.get(name) or ()):
                yield from ip_warnings(
                    f"subsets[{number}].{name}[{place}].ip", address.get("ip", "")
                )


def shown(endpoints: Object) -> str:
    """formatEndpoints: the first few ready addresses, with their ports."""
    subsets = endpoints.get("subsets")
    if not subsets:
        return cells.NONE
    found = [text for subset in subsets for text in _pairs(subset)]
    text = ",".join(found[:_SHOWN])
    return f"{text} + {len(found) - _SHOWN} more..." if len(found) > _SHOWN else text


def _pairs(subset: Object) -> Iterator[str]:
    addresses = [address.get("ip", "") for address in subset.get("addresses") or ()]
    ports = subset.get("ports")
    if not ports:
        yield from addresses
    for port in ports or ():
        for ip in addresses:
            host = f"[{ip}]" if ":" in ip else ip
            yield f"{host}:{port.get('port', 0)}"


KIND = Behaviour(
    group="",
    plural="endpoints",
    stored_under="services/endpoints",
    defaults=(default_endpoints,),
    name=subdomain_name,
    main=Strategy(rules=(finalizer_names, subset_rules), warnings=(address_warnings,)),
    cells=cells.row(shown),
    allow_create_on_update=True,
    deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
)
