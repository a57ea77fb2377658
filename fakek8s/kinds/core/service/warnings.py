"""What a writer of a service is warned of.

Upstream: pkg/api/service/warnings.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.machinery.addresses import cidr_warnings, ip_warnings
from fakek8s.machinery.causes import index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"


def service_warnings(service: Object, op: Operation) -> Iterator[str]:
    """GetWarningsForService."""
    spec, kind, first = service["spec"], shape.type_of(service), shape.cluster_ip(service)
    external = spec.get("externalIPs") or ()
    headless = kind == shape.CLUSTER_IP and first == shape.NONE
    if _HINTS in (service["metadata"].get("annotations") or {}):
        yield f"annotation {_HINTS} is deprecated, please use {_MODE} instead"
    if first not in ("", shape.NONE):
        for number, ip in enumerate(shape.cluster_ips(service)):
            yield from ip_warnings(index("spec.clusterIPs", number), ip)
    if headless:
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if external:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    for number, ip in enumerate(external):
        yield from ip_warnings(index("spec.externalIPs", number), ip)
    if external and not headless and kind != shape.EXTERNAL_NAME:
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    if balancer_ip := spec.get("loadBalancerIP"):
        yield from ip_warnings("spec.loadBalancerIP", balancer_ip)
    for number, cidr in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from cidr_warnings(index("spec.loadBalancerSourceRanges", number), cidr)
    if kind == shape.EXTERNAL_NAME and external:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if kind != shape.EXTERNAL_NAME and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
