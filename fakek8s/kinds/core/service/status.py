"""The status door of a service: where its load balancer can be reached.

Upstream: pkg/apis/core/validation (ValidateLoadBalancerStatus), pkg/registry/core/service
(serviceStatusStrategy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.addressrules import ip_rules
from fakek8s.machinery import names
from fakek8s.machinery.addresses import ip_warnings, parse_sloppy
from fakek8s.machinery.causes import forbidden, index, invalid, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PATH = "status.loadBalancer.ingress"
_MODES = ("Proxy", "VIP")


def ingress_of(service: Object) -> list[Object]:
    """status.loadBalancer.ingress."""
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    return balancer.get("ingress") or []


def status_rules(service: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateLoadBalancerStatus."""
    ingress = ingress_of(service)
    if shape.type_of(service) != shape.LOAD_BALANCER and ingress:
        yield forbidden(_PATH, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    existing = {item.get("ip", "") for item in ingress_of(op.old or {})} - {""}
    for number, item in enumerate(ingress):
        yield from _ingress_rules(item, index(_PATH, number), existing)


def _ingress_rules(item: Object, path: str, existing: set[str]) -> Iterator[FieldError]:
    ip, mode, host = item.get("ip", ""), item.get("ipMode"), item.get("hostname", "")
    if ip:
        yield from ip_rules(ip, f"{path}.ip", existing)
    if mode is None:
        if ip:
            yield required(f"{path}.ipMode", "must be specified when `ip` is set")
    elif not ip:
        yield forbidden(f"{path}.ipMode", "may not be specified when `ip` is not set")
    elif mode not in _MODES:
        yield not_supported(f"{path}.ipMode", mode, _MODES)
    if host:
        for text in names.is_dns1123_subdomain(host):
            yield invalid(f"{path}.hostname", host, text)
        if parse_sloppy(host) is not None:
            yield invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address")


def status_warnings(service: Object, op: Operation) -> Iterator[str]:
    """Addresses in forms that not everybody reads alike."""
    for number, item in enumerate(ingress_of(service)):
        if ip := item.get("ip"):
            yield from ip_warnings(index(_PATH, number), ip)
