"""Services under quota: how many there are, with how many node ports and load balancers.

Source: kubernetes pkg/quota/v1/evaluator/core/services.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.quota.amounts import ONE, ZERO, Amounts
from fakek8s.admission.quota.evaluator import Evaluator, known, written
from fakek8s.machinery.quantity import Quantity

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_NAMES = frozenset({"count/services", "services", "services.nodeports", "services.loadbalancers"})


def _usage(service: Object, op: Operation) -> Amounts:
    spec = service["spec"]
    kind, ports = spec.get("type"), spec.get("ports") or []
    node_ports = 0
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        node_ports = sum(1 for port in ports if port.get("nodePort"))
    elif kind in ("NodePort", "LoadBalancer"):
        node_ports = len(ports)
    return {
        "count/services": ONE,
        "services": ONE,
        "services.nodeports": Quantity(node_ports),
        "services.loadbalancers": ONE if kind == "LoadBalancer" else ZERO,
    }


SERVICES = Evaluator(measures=known(_NAMES), usage=_usage, handles=written)
