"""What a write of a service drops: the status, and on a change of type what it leaves behind.

Upstream: pkg/registry/core/service/strategy.go (dropTypeDependentFields), storage
(defaultOnReadInternalTrafficPolicy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]


def prepare(service: Object, op: Operation) -> None:
    """PrepareForCreate and PrepareForUpdate, in place."""
    old = op.old
    if old is None:
        service["status"] = {"loadBalancer": {}}
    else:
        service["status"] = old.get("status", {})
        drop_left_behind(service, old)
    drop_internal_policy(service)


def drop_internal_policy(service: Object) -> None:
    """External names never show an internalTrafficPolicy; a wrong one is left to the rules."""
    spec = service["spec"]
    if not shape.needs_cluster_ip(service) and spec.get("internalTrafficPolicy") in (
        "Cluster",
        "Local",
    ):
        del spec["internalTrafficPolicy"]


def drop_left_behind(new: Object, old: Object) -> None:
    """dropTypeDependentFields: fields that the new type has no use for and that the writer did
    not touch go; what they name is freed when the write is done.
    """
    spec, before = new["spec"], old["spec"]
    if shape.needs_cluster_ip(old) and not shape.needs_cluster_ip(new):
        same_first = shape.cluster_ip(new) == shape.cluster_ip(old)
        if same_first and shape.cluster_ips(new) == shape.cluster_ips(old):
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
        _drop_same(spec, before, "ipFamilies")
        _drop_same(spec, before, "ipFamilyPolicy")
    hidden = shape.exposes_node_ports(old) and not shape.exposes_node_ports(new)
    if hidden and set(shape.node_ports(new)) <= set(shape.node_ports(old)):
        for port in shape.ports_of(new):
            port.pop("nodePort", None)
    if shape.needs_health_check(old) and not shape.needs_health_check(new):
        _drop_same(spec, before, "healthCheckNodePort")
    balancer = shape.type_of(new) == shape.LOAD_BALANCER
    if shape.type_of(old) == shape.LOAD_BALANCER and not balancer:
        _drop_same(spec, before, "allocateLoadBalancerNodePorts")
        _drop_same(spec, before, "loadBalancerClass")
    if shape.externally_accessible(old) and not shape.externally_accessible(new):
        _drop_same(spec, before, "externalTrafficPolicy")
    if not balancer:
        new["status"] = {**new["status"], "loadBalancer": {}}


def _drop_same(spec: Object, before: Object, field: str) -> None:
    if field in spec and spec[field] == before.get(field):
        del spec[field]
