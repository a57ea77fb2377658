"""What a service gets when it is written.

Upstream: pkg/apis/core/v1 SetDefaults_Service.
"""

from __future__ import annotations

from typing import Any

from fakek8s.kinds.core.service import shape

Object = dict[str, Any]

_AFFINITY_SECONDS = 3 * 60 * 60
_INTERNAL_TYPES = (shape.CLUSTER_IP, shape.NODE_PORT, shape.LOAD_BALANCER)


def default_service(service: Object) -> None:
    """SetDefaults_Service, in place."""
    spec = service.setdefault("spec", {})
    _default_affinity(spec)
    if not spec.get("type"):
        spec["type"] = shape.CLUSTER_IP
    for port in spec.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if shape.externally_accessible(service) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if spec.get("internalTrafficPolicy") is None and spec["type"] in _INTERNAL_TYPES:
        spec["internalTrafficPolicy"] = "Cluster"
    if spec["type"] == shape.LOAD_BALANCER:
        if spec.get("allocateLoadBalancerNodePorts") is None:
            spec["allocateLoadBalancerNodePorts"] = True
        balancer = (service.get("status") or {}).get("loadBalancer") or {}
        for ingress in balancer.get("ingress") or ():
            if ingress.get("ip") and ingress.get("ipMode") is None:
                ingress["ipMode"] = "VIP"


def _default_affinity(spec: Object) -> None:
    affinity = spec.get("sessionAffinity") or "None"
    spec["sessionAffinity"] = affinity
    if affinity == "None":
        spec.pop("sessionAffinityConfig", None)
    elif affinity == "ClientIP":
        client = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        if client.get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": _AFFINITY_SECONDS}}
