"""What a service's type and fields make of it: headless, externally accessible, needing addresses.

Upstream: pkg/api/service/util.go, pkg/registry/core/service/storage.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

CLUSTER_IP = "ClusterIP"
NODE_PORT = "NodePort"
LOAD_BALANCER = "LoadBalancer"
EXTERNAL_NAME = "ExternalName"
#: In upstream's order of messages.
TYPES = (CLUSTER_IP, EXTERNAL_NAME, LOAD_BALANCER, NODE_PORT)

NONE = "None"
IPV4 = "IPv4"
IPV6 = "IPv6"
FAMILIES = (IPV4, IPV6)

SINGLE = "SingleStack"
PREFER_DUAL = "PreferDualStack"
REQUIRE_DUAL = "RequireDualStack"
FAMILY_POLICIES = (PREFER_DUAL, REQUIRE_DUAL, SINGLE)


def type_of(service: Object) -> str:
    """spec.type; "" if it is missing."""
    found: str = service["spec"].get("type", "")
    return found


def ports_of(service: Object) -> list[Object]:
    """spec.ports; the service's own list, so that a writer may edit its items."""
    return service["spec"].get("ports") or []


def cluster_ip(service: Object) -> str:
    """spec.clusterIP; "" if there is none yet."""
    return service["spec"].get("clusterIP") or ""


def cluster_ips(service: Object) -> list[str]:
    """spec.clusterIPs; empty if there are none yet."""
    return service["spec"].get("clusterIPs") or []


def families(service: Object) -> list[str]:
    """spec.ipFamilies."""
    return service["spec"].get("ipFamilies") or []


def needs_cluster_ip(service: Object) -> bool:
    """True for all but external names."""
    return type_of(service) != EXTERNAL_NAME


def is_headless(service: Object) -> bool:
    """True if the only address is "None"."""
    return cluster_ips(service) == [NONE]


def exposes_node_ports(service: Object) -> bool:
    """True for the types that have node ports."""
    return type_of(service) in (NODE_PORT, LOAD_BALANCER)


def allocates_node_ports(service: Object) -> bool:
    """True if ports without a node port get one."""
    kind = type_of(service)
    if kind == LOAD_BALANCER:
        return service["spec"].get("allocateLoadBalancerNodePorts") is not False
    return kind == NODE_PORT


def externally_accessible(service: Object) -> bool:
    """True if there is a way in from outside: externalTrafficPolicy has a meaning."""
    kind = type_of(service)
    if kind == CLUSTER_IP:
        return bool(service["spec"].get("externalIPs"))
    return kind in (NODE_PORT, LOAD_BALANCER)


def needs_health_check(service: Object) -> bool:
    """True for load balancers that send traffic to nodes with endpoints only."""
    spec = service["spec"]
    return type_of(service) == LOAD_BALANCER and spec.get("externalTrafficPolicy") == "Local"


def node_ports(service: Object) -> list[int]:
    """The node ports that are set, in the order of the ports."""
    return [port["nodePort"] for port in ports_of(service) if port.get("nodePort")]


def assign(spec: Object, field: str, value: Any) -> None:
    """Sets a field, or removes it for an empty value."""
    if value:
        spec[field] = value
    else:
        spec.pop(field, None)
