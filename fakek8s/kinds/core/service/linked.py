"""Fields of a service that belong together: what a writer left out is filled in from the rest.

Upstream: pkg/registry/core/service/storage (normalizeClusterIPs, patchAllocatedValues).
"""

from __future__ import annotations

from typing import Any

from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.shape import assign

Object = dict[str, Any]


def keep_allocated(new: Object, old: Object) -> None:
    """patchAllocatedValues: what the server chose stays where the writer says nothing."""
    spec, before = new["spec"], old["spec"]
    if shape.needs_cluster_ip(old) and shape.needs_cluster_ip(new):
        if not shape.cluster_ip(new):
            assign(spec, "clusterIP", shape.cluster_ip(old))
        if not shape.cluster_ips(new):
            assign(spec, "clusterIPs", list(shape.cluster_ips(old)))
    if shape.allocates_node_ports(old) and shape.allocates_node_ports(new):
        _keep_node_ports(new, old)
    both = shape.needs_health_check(old) and shape.needs_health_check(new)
    if both and not spec.get("healthCheckNodePort"):
        assign(spec, "healthCheckNodePort", before.get("healthCheckNodePort"))


def _keep_node_ports(new: Object, old: Object) -> None:
    taken = set(shape.node_ports(old)) & set(shape.node_ports(new))
    known = {port.get("name", ""): port.get("nodePort", 0) for port in shape.ports_of(old)}
    for port in shape.ports_of(new):
        if not port.get("nodePort"):
            number = known.get(port.get("name", ""), 0)
            if number and number not in taken:
                port["nodePort"] = number


def sync_cluster_ips(new: Object, old: Object | None) -> None:
    """normalizeClusterIPs: clusterIPs follows clusterIP for clients that know only the latter."""
    spec, first = new["spec"], shape.cluster_ip(new)
    if old is None:
        if first and not shape.cluster_ips(new):
            spec["clusterIPs"] = [first]
        return
    was, were = shape.cluster_ip(old), shape.cluster_ips(old)
    if were and not shape.cluster_ips(new) and was == first:
        spec["clusterIPs"] = list(were)
    if was != first and shape.cluster_ips(new) == were:
        assign(spec, "clusterIPs", [first] if first else [])
