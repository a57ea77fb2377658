"""Rules for how traffic comes in: policies, health checks, load balancers.

Upstream: pkg/apis/core/validation (validateServiceExternalTrafficPolicy,
validateServiceInternalTrafficFieldsValue, validateLoadBalancerClassField).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, index, invalid, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POLICIES = ("Cluster", "Local")
_ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'"
_RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"


def external_rules(service: Object) -> Iterator[FieldError]:
    """externalTrafficPolicy and the health check that "Local" needs."""
    spec = service["spec"]
    path, policy = "spec.externalTrafficPolicy", spec.get("externalTrafficPolicy", "")
    if not shape.externally_accessible(service):
        if policy:
            yield invalid(path, policy, "may only be set for externally-accessible services")
    elif not policy:
        yield required(path)
    elif policy not in _POLICIES:
        yield not_supported(path, policy, _POLICIES)
    path, port = "spec.healthCheckNodePort", spec.get("healthCheckNodePort", 0)
    if shape.needs_health_check(service):
        if not port:
            yield required(path)
        for text in names.is_port_num(port) if port else ():
            yield invalid(path, port, text)
    elif port:
        text = (
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        )
        yield invalid(path, port, text)


def internal_rules(service: Object) -> Iterator[FieldError]:
    """internalTrafficPolicy."""
    path, policy = "spec.internalTrafficPolicy", service["spec"].get("internalTrafficPolicy")
    if policy is None:
        if shape.type_of(service) in (shape.CLUSTER_IP, shape.NODE_PORT, shape.LOAD_BALANCER):
            yield required(path)
    elif policy not in _POLICIES:
        yield not_supported(path, policy, _POLICIES)


def load_balancer_class_rules(service: Object, old: Object | None) -> Iterator[FieldError]:
    """loadBalancerClass: a qualified name, for load balancers only, unchanged once set."""
    path, found = "spec.loadBalancerClass", service["spec"].get("loadBalancerClass")
    balancer = shape.type_of(service) == shape.LOAD_BALANCER
    was = old["spec"] if old and shape.type_of(old) == shape.LOAD_BALANCER else None
    if was is not None and balancer and found != was.get("loadBalancerClass"):
        yield invalid(path, found, "may not change once set")
    if found is None:
        return
    if not balancer:
        yield forbidden(path, _ONLY_BALANCERS)
        return
    for text in names.is_qualified_name(found):
        yield invalid(path, found, text)


def source_range_rules(service: Object, old: Object | None) -> Iterator[FieldError]:
    """loadBalancerSourceRanges, or the annotation that it comes from."""
    balancer = shape.type_of(service) == shape.LOAD_BALANCER
    ranges = service["spec"].get("loadBalancerSourceRanges")
    annotations = service["metadata"].get("annotations") or {}
    if ranges:
        path = "spec.LoadBalancerSourceRanges"
        if not balancer:
            yield forbidden(path, _ONLY_BALANCERS)
        existing = (old["spec"].get("loadBalancerSourceRanges") or ()) if old else ()
        kept = {text.strip() for text in existing}
        for number, text in enumerate(ranges):
            yield from _cidr_rules(text.strip(), index(path, number), kept)
    elif _RANGES_ANNOTATION in annotations:
        path = f"metadata.annotations[{_RANGES_ANNOTATION}]"
        if not balancer:
            yield forbidden(path, _ONLY_BALANCERS)
        value = annotations[_RANGES_ANNOTATION]
        was = ((old or {}).get("metadata", {}).get("annotations") or {}).get(_RANGES_ANNOTATION)
        if value != was and value.strip():
            for text in value.strip().split(","):
                yield from _cidr_rules(text.strip(), path, ())


def _cidr_rules(value: str, path: str, existing: Collection[str]) -> Iterator[FieldError]:
    """IsValidCIDRForLegacyField."""
    if value not in existing:
        for text in names.is_cidr_legacy(value, strict=True):
            yield invalid(path, value, text)
