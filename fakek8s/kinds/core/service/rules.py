"""Which services are valid.

Upstream: pkg/apis/core/validation (validateService, ValidateServiceCreate,
ValidateServiceUpdate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.addressrules import (
    address_rules,
    address_update_rules,
    ip_rules,
)
from fakek8s.kinds.core.service.policies import (
    external_rules,
    internal_rules,
    load_balancer_class_rules,
    source_range_rules,
)
from fakek8s.kinds.shared.endpointip import endpoint_ip_rules
from fakek8s.machinery import meta, names
from fakek8s.machinery.causes import duplicate, forbidden, index, invalid, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_LONGEST_AFFINITY = 86400  # seconds
_PORTS = "spec.ports"
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"
_NO_EXTERNAL_NAME = "may not be set for ExternalName services"


def service_rules(service: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateServiceCreate and ValidateServiceUpdate."""
    old = op.old
    if old is not None:
        yield from address_update_rules(service, old)
        yield from load_balancer_class_rules(service, old)
        yield from _health_check_stays(service, old)
    yield from _topology_rules(service["metadata"].get("annotations") or {})
    yield from _type_rules(service)
    yield from _port_rules(service)
    spec = service["spec"]
    yield from meta.label_rules(spec.get("selector"), "spec.selector")
    yield from _affinity_rules(spec)
    yield from address_rules(service, old)
    yield from _external_ip_rules(spec, old)
    yield from _known_type(service)
    yield from _unique_ports(service)
    yield from source_range_rules(service, old)
    yield from _load_balancer_rules(service)
    yield from load_balancer_class_rules(service, None)
    yield from external_rules(service)
    yield from internal_rules(service)
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        yield not_supported("spec.trafficDistribution", distribution, _DISTRIBUTIONS)


def _health_check_stays(service: Object, old: Object) -> Iterator[FieldError]:
    field = "healthCheckNodePort"
    stays = shape.needs_health_check(old) and shape.needs_health_check(service)
    if stays and service["spec"].get(field, 0) != old["spec"].get(field, 0):
        yield forbidden(f"spec.{field}", meta.IMMUTABLE)


def _topology_rules(annotations: Object) -> Iterator[FieldError]:
    if _MODE in annotations and annotations.get(_HINTS, annotations[_MODE]) != annotations[_MODE]:
        text = f"must match annotations[{_HINTS}] when both are specified"
        yield invalid(f"metadata.annotations[{_MODE}]", annotations[_MODE], text)


def _type_rules(service: Object) -> Iterator[FieldError]:
    """What one type wants of the other fields."""
    spec, kind, headless = service["spec"], shape.type_of(service), shape.is_headless(service)
    if not shape.ports_of(service) and not headless and kind != shape.EXTERNAL_NAME:
        yield required(_PORTS)
    if kind in (shape.LOAD_BALANCER, shape.NODE_PORT):
        if headless:
            text = f"may not be set to 'None' for {kind} services"
            yield invalid("spec.clusterIPs[0]", shape.NONE, text)
    elif kind == shape.EXTERNAL_NAME:
        for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(field) or spec.get(field) == "":
                yield forbidden(f"spec.{field}", _NO_EXTERNAL_NAME)
        name = spec.get("externalName", "").removesuffix(".")
        if not name:
            yield required("spec.externalName")
        for text in names.is_dns1123_subdomain(name) if name else ():
            yield invalid("spec.externalName", name, text)


def _port_rules(service: Object) -> Iterator[FieldError]:
    ports = shape.ports_of(service)
    seen: set[str] = set()
    for number, port in enumerate(ports):
        yield from _one_port(port, index(_PORTS, number), len(ports) > 1, seen)


def _one_port(port: Object, path: str, named: bool, seen: set[str]) -> Iterator[FieldError]:
    """validateServicePort."""
    name = port.get("name", "")
    if name:
        for text in names.is_dns1123_label(name):
            yield invalid(f"{path}.name", name, text)
        if name in seen:
            yield duplicate(f"{path}.name", name)
        seen.add(name)
    elif named:
        yield required(f"{path}.name")
    for text in names.is_port_num(port.get("port", 0)):
        yield invalid(f"{path}.port", port.get("port", 0), text)
    protocol = port.get("protocol", "")
    if not protocol:
        yield required(f"{path}.protocol")
    elif protocol not in PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, PROTOCOLS)
    target = port.get("targetPort", 0)
    check = names.is_port_num if isinstance(target, int) else names.is_port_name
    for text in check(target):
        yield invalid(f"{path}.targetPort", target, text)
    if (application := port.get("appProtocol")) is not None:
        for text in names.is_qualified_name(application):
            yield invalid(f"{path}.appProtocol", application, text)


def _affinity_rules(spec: Object) -> Iterator[FieldError]:
    affinity, config = spec.get("sessionAffinity", ""), spec.get("sessionAffinityConfig")
    path = "spec.sessionAffinityConfig"
    if not affinity:
        yield required("spec.sessionAffinity")
    elif affinity not in _AFFINITIES:
        yield not_supported("spec.sessionAffinity", affinity, _AFFINITIES)
    if affinity == "None" and config is not None:
        yield forbidden(path, "must not be set when session affinity is None")
    if affinity == "ClientIP":
        client = (config or {}).get("clientIP") or {}
        seconds = client.get("timeoutSeconds")
        if seconds is None:
            yield required(path, "when session affinity type is ClientIP")
        elif not 0 < seconds <= _LONGEST_AFFINITY:
            text = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
            yield invalid(f"{path}.clientIP.timeoutSeconds", seconds, text)


def _external_ip_rules(spec: Object, old: Object | None) -> Iterator[FieldError]:
    """New ones must be well-formed; all must be such that traffic may come to them."""
    existing = (old["spec"].get("externalIPs") or ()) if old else ()
    for number, ip in enumerate(spec.get("externalIPs") or ()):
        path = index("spec.externalIPs", number)
        malformed = list(ip_rules(ip, path, existing))
        yield from malformed or endpoint_ip_rules(ip, path)


def _known_type(service: Object) -> Iterator[FieldError]:
    kind = shape.type_of(service)
    if not kind:
        yield required("spec.type")
    elif kind not in shape.TYPES:
        yield not_supported("spec.type", kind, shape.TYPES)
    if kind == shape.CLUSTER_IP:
        for number, port in enumerate(shape.ports_of(service)):
            if port.get("nodePort"):
                text = "may not be used when `type` is 'ClusterIP'"
                yield forbidden(f"{index(_PORTS, number)}.nodePort", text)


def _unique_ports(service: Object) -> Iterator[FieldError]:
    """Each pair of protocol and node port, and of protocol and port, only once."""
    ports = shape.ports_of(service)
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(ports):
        if node_port := port.get("nodePort", 0):
            key = (port.get("protocol", ""), node_port)
            if key in seen:
                yield duplicate(f"{index(_PORTS, number)}.nodePort", node_port)
            seen.add(key)
    seen = set()
    for number, port in enumerate(ports):
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in seen:
            yield duplicate(index(_PORTS, number), _shown(*key))
        seen.add(key)


def _shown(protocol: str, port: int) -> Object:
    """A port as upstream's internal type prints, which has no JSON names."""
    return {
        "Name": "",
        "Protocol": protocol,
        "AppProtocol": None,
        "Port": port,
        "TargetPort": 0,
        "NodePort": 0,
    }


def _load_balancer_rules(service: Object) -> Iterator[FieldError]:
    balancer = shape.type_of(service) == shape.LOAD_BALANCER
    allocate = service["spec"].get("allocateLoadBalancerNodePorts")
    if allocate is not None and not balancer:
        text = "may only be used when `type` is 'LoadBalancer'"
        yield forbidden("spec.allocateLoadBalancerNodePorts", text)
    if allocate is None and balancer:
        yield required("allocateLoadBalancerNodePorts")
