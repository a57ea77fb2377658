"""EndpointSlices: some of the addresses behind a service.

Upstream: pkg/registry/discovery/endpointslice, pkg/apis/discovery/validation, and the
declarative rules in pkg/apis/discovery/v1, which come last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared.cells import age
from fakek8s.kinds.shared.endpointip import endpoint_ip_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery import meta, names
from fakek8s.machinery.addresses import ip_warnings, parse_sloppy
from fakek8s.machinery.causes import (
    duplicate,
    index,
    invalid,
    not_supported,
    required,
    too_many,
)
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

PROTOCOLS = ("SCTP", "TCP", "UDP")
ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
MAX_ADDRESSES = 100
MAX_PORTS = 20000
MAX_ENDPOINTS = 1000
MAX_HINTS = 8
_SHOWN = 3
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_CONTROLLERS = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")


def default_slice(obj: Object) -> None:
    """SetDefaults_EndpointPort, in place."""
    for port in obj.get("ports") or ():
        if port.get("name") is None:
            port["name"] = ""
        if port.get("protocol") is None:
            port["protocol"] = "TCP"


def prepare(obj: Object, op: Operation) -> None:
    """Counts the generation, with labels and what v1 does not take, which goes; in place."""
    metadata = obj["metadata"]
    if op.old is None:
        metadata["generation"] = 1
    else:
        old = op.old["metadata"]
        same = (obj.get("endpoints") or []) == (op.old.get("endpoints") or [])
        if not same or (metadata.get("labels") or {}) != (old.get("labels") or {}):
            metadata["generation"] = old.get("generation", 0) + 1
        if same:
            return
    for endpoint in obj.get("endpoints") or ():
        endpoint.pop("deprecatedTopology", None)


def slice_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateEndpointSlice; what declared_rules find too is left to them."""
    found = obj.get("addressType", "")
    if op.old is not None and found and found != op.old.get("addressType", ""):
        yield from _type_rules(found)
    yield from _port_rules(obj.get("ports") or [])
    endpoints = obj.get("endpoints") or []
    if op.old is None or endpoints != (op.old.get("endpoints") or []):
        yield from _endpoint_rules(endpoints, obj.get("addressType", ""))


def declared_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The address type, which stays, and how many addresses there are."""
    found = obj.get("addressType", "")
    if op.old is None or not found:
        yield from _type_rules(found)
    if op.old is not None and found != op.old.get("addressType", ""):
        yield invalid("addressType", None, meta.IMMUTABLE)
    endpoints = obj.get("endpoints") or []
    if op.old is not None and endpoints == (op.old.get("endpoints") or []):
        return
    for number, endpoint in enumerate(endpoints):
        path, addresses = f"endpoints[{number}].addresses", endpoint.get("addresses") or ()
        if not addresses:
            yield required(path)
        elif len(addresses) > MAX_ADDRESSES:
            yield too_many(path, len(addresses), MAX_ADDRESSES)


def _type_rules(address_type: str) -> Iterator[FieldError]:
    if not address_type:
        yield required("addressType")
    elif address_type not in ADDRESS_TYPES:
        yield not_supported("addressType", address_type, ADDRESS_TYPES)


def _port_rules(ports: list[Object]) -> Iterator[FieldError]:
    if len(ports) > MAX_PORTS:
        yield too_many("ports", len(ports), MAX_PORTS)
        return
    seen: set[str] = set()
    for number, port in enumerate(ports):
        path, name = index("ports", number), port.get("name") or ""
        for text in names.is_dns1123_label(name) if name else ():
            yield invalid(f"{path}.name", name, text)
        if name in seen:
            yield duplicate(f"{path}.name", name)
        seen.add(name)
        protocol, application = port.get("protocol"), port.get("appProtocol")
        if protocol is None:
            yield required(f"{path}.protocol")
        elif protocol not in PROTOCOLS:
            yield not_supported(f"{path}.protocol", protocol, PROTOCOLS)
        for text in names.is_qualified_name(application) if application is not None else ():
            yield invalid(f"{path}.appProtocol", application, text)


def _endpoint_rules(endpoints: list[Object], address_type: str) -> Iterator[FieldError]:
    if len(endpoints) > MAX_ENDPOINTS:
        yield too_many("endpoints", len(endpoints), MAX_ENDPOINTS)
        return
    check = _ADDRESS_RULES.get(address_type)
    for number, endpoint in enumerate(endpoints):
        path = index("endpoints", number)
        if check is not None:
            for place, address in enumerate(endpoint.get("addresses") or ()):
                yield from check(address, f"{path}.addresses", place)
        yield from _checked(endpoint.get("nodeName"), f"{path}.nodeName", _NODE)
        yield from _checked(endpoint.get("hostname"), f"{path}.hostname", names.is_dns1123_label)
        if hints := endpoint.get("hints"):
            yield from _hint_rules(hints, f"{path}.hints")


def _checked(
    value: str | None, path: str, check: Callable[[str], list[str]]
) -> Iterator[FieldError]:
    for text in check(value) if value is not None else ():
        yield invalid(path, value, text)


def _ipv4(address: str, path: str, place: int) -> Iterator[FieldError]:
    where = index(path, place)
    if malformed := names.is_ip_legacy(address, strict=True):
        yield from (invalid(where, address, text) for text in malformed)
        return
    found = parse_sloppy(address)
    if found is not None and found.version != 4:
        yield invalid(path, address, "must be an IPv4 address")
    yield from endpoint_ip_rules(address, where)


def _ipv6(address: str, path: str, place: int) -> Iterator[FieldError]:
    where = index(path, place)
    if malformed := names.is_ip(address):
        yield from (invalid(where, address, text) for text in malformed)
        return
    found = parse_sloppy(address)
    if found is not None and found.version != 6:
        yield invalid(path, address, "must be an IPv6 address")
    yield from endpoint_ip_rules(address, where)


def _fqdn(address: str, path: str, place: int) -> Iterator[FieldError]:
    where = index(path, place)
    for text in names.is_fully_qualified_domain_name(address):
        yield required(where) if text == names.REQUIRED else invalid(where, address, text)


_NODE = names.is_dns1123_subdomain
_ADDRESS_RULES: dict[str, Callable[[str, str, int], Iterator[FieldError]]] = {
    "IPv4": _ipv4,
    "IPv6": _ipv6,
    "FQDN": _fqdn,
}


def _hint_rules(hints: Object, path: str) -> Iterator[FieldError]:
    """validateHints: zones, then nodes; too many of the one hide what is wrong with the rest."""
    for name, check in (("forZones", names.is_label_value), ("forNodes", _NODE)):
        found = hints.get(name) or []
        if len(found) > MAX_HINTS:
            yield too_many(f"{path}.{name}", len(found), MAX_HINTS)
            return
        seen: set[str] = set()
        for number, hint in enumerate(found):
            where, value = f"{path}.{name}[{number}].name", hint.get("name", "")
            if value in seen:
                yield duplicate(where, value)
            seen.add(value)
            yield from _checked(value, where, check)


def slice_warnings(obj: Object, op: Operation) -> Iterator[str]:
    """The deprecated address type, and addresses that not everybody reads alike."""
    if op.old is None and obj.get("addressType") == "FQDN":
        yield "spec.addressType: FQDN endpoints are deprecated"
    if (obj["metadata"].get("labels") or {}).get(_MANAGED_BY) in _CONTROLLERS:
        return
    for number, endpoint in enumerate(obj.get("endpoints") or ()):
        for place, address in enumerate(endpoint.get("addresses") or ()):
            yield from ip_warnings(f"endpoints[{number}].addresses[{place}]", address)


def cells(obj: Object, now: datetime) -> list[Any]:
    """Name, AddressType, Ports, Endpoints, Age."""
    addresses = [
        address
        for endpoint in obj.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    ]
    return [
        obj["metadata"].get("name", ""),
        obj.get("addressType", ""),
        _few([_port(port) for port in obj.get("ports") or ()]),
        _few(addresses),
        age(obj, now),
    ]


def _port(port: Object) -> str:
    number, name = port.get("port"), port.get("name")
    if number is not None:
        return str(number)
    return "*" if name is None else str(name)


def _few(found: list[str]) -> str:
    """listWithMoreString."""
    text = ",".join(found[:_SHOWN])
    if len(found) > _SHOWN:
        return f"{text} + {len(found) - _SHOWN} more..."
    return text or "<unset>"


KIND = Behaviour(
    group="discovery.k8s.io",
    plural="endpointslices",
    defaults=(default_slice,),
    name=subdomain_name,
    main=Strategy(
        prepare=(prepare,),
        rules=(finalizer_names, slice_rules, declared_rules),
        warnings=(slice_warnings,),
    ),
    generation=True,
    cells=cells,
)
