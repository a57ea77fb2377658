"""Rules for a service's addresses and families: clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy.

Upstream: pkg/apis/core/validation (ValidateServiceClusterIPsRelatedFields,
validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.machinery import names
from fakek8s.machinery.addresses import parse_sloppy
from fakek8s.machinery.causes import duplicate, index, invalid, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_IPS = "spec.clusterIPs"
_FAMILIES = "spec.ipFamilies"
_POLICY = "spec.ipFamilyPolicy"
_ONCE = "may not change once set"


def ip_rules(value: str, path: str, existing: Collection[str] = ()) -> Iterator[FieldError]:
    """IsValidIPForLegacyField: strict for new values, anything that is there already may stay."""
    if value not in existing:
        for text in names.is_ip_legacy(value, strict=True):
            yield invalid(path, value, text)


def address_rules(service: Object, old: Object | None) -> Iterator[FieldError]:
    """ValidateServiceClusterIPsRelatedFields; allocation checks them first of all."""
    if not shape.needs_cluster_ip(service):
        return
    spec, ips = service["spec"], shape.cluster_ips(service)
    yield from _in_step(shape.cluster_ip(service), ips)
    seen: set[str] = set()
    for number, family in enumerate(shape.families(service)):
        if family not in shape.FAMILIES:
            yield not_supported(index(_FAMILIES, number), family, shape.FAMILIES)
        if family in seen:
            yield duplicate(index(_FAMILIES, number), family)
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in shape.FAMILY_POLICIES:
        yield not_supported(_POLICY, policy, shape.FAMILY_POLICIES)
    bad = list(_ip_rules(ips, shape.cluster_ips(old) if old else ()))
    yield from bad
    if len(ips) > 2:
        yield invalid(_IPS, ips, "may only hold up to 2 values")
    if bad:
        return
    if len(ips) > 1 and not _dual(ips):
        yield invalid(_IPS, ips, "may specify no more than one IP for each IP family")
    if not shape.is_headless(service):
        yield from _match_families(ips, shape.families(service))


def _in_step(first: str, ips: list[str]) -> Iterator[FieldError]:
    if first and not ips:
        yield required(_IPS)
    elif first and ips[0] != first:
        yield invalid(_IPS, ips, "first value must match `clusterIP`")
    elif ips and not first:
        yield invalid(_IPS, ips, "must be empty when `clusterIP` is not specified")


def _ip_rules(ips: list[str], existing: Collection[str]) -> Iterator[FieldError]:
    for number, ip in enumerate(ips):
        if number or ip != shape.NONE:
            yield from ip_rules(ip, index(_IPS, number), existing)
        elif len(ips) > 1:
            yield invalid(_IPS, ips, "'None' must be the first and only value")


def _is_ipv6(ip: str) -> bool:
    found = parse_sloppy(ip)
    return found is not None and found.version == 6


def _dual(ips: list[str]) -> bool:
    return len({_is_ipv6(ip) for ip in ips}) == 2


def _match_families(ips: list[str], named: list[str]) -> Iterator[FieldError]:
    for number, (ip, family) in enumerate(zip(ips, named, strict=False)):
        text = f"value as indicated by `ipFamilies[{number}]`"
        if family == shape.IPV4 and _is_ipv6(ip):
            yield invalid(index(_IPS, number), ip, f"expected an IPv4 {text}")
        if family == shape.IPV6 and not _is_ipv6(ip):
            yield invalid(index(_IPS, number), ip, f"expected an IPv6 {text}")


def address_update_rules(service: Object, old: Object) -> Iterator[FieldError]:
    """The primary address and family stay; a second one may come and go."""
    if not (shape.needs_cluster_ip(service) and shape.needs_cluster_ip(old)):
        return
    headless, was_headless = shape.is_headless(service), shape.is_headless(old)
    if not (headless and was_headless):
        yield from _cluster_ip_changes(service, old)
    if not headless and not was_headless:
        yield from _family_changes(service, old)


def _cluster_ip_changes(service: Object, old: Object) -> Iterator[FieldError]:
    ips, were = shape.cluster_ips(service), shape.cluster_ips(old)
    shown = service["spec"].get("clusterIPs")
    if len(ips) == len(were):
        for number, (ip, was) in enumerate(zip(ips, were, strict=True)):
            if ip != was:
                yield invalid(index(_IPS, number), shown, _ONCE)
        return
    if not ips:
        yield invalid(index(_IPS, 0), shown, "primary clusterIP can not be unset")
    elif were and ips[0] != were[0]:
        yield invalid(index(_IPS, 0), shown, _ONCE)
    policy = service["spec"].get("ipFamilyPolicy")
    if len(ips) == 1 < len(were) and policy != shape.SINGLE:
        text = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        yield invalid(_POLICY, policy, text)


def _family_changes(service: Object, old: Object) -> Iterator[FieldError]:
    spec = service["spec"]
    named, were = shape.families(service), shape.families(old)
    first = index(_FAMILIES, 0)
    if len(named) == len(were):
        for family, was in zip(named, were, strict=True):
            if family != was:
                yield invalid(first, spec.get("ipFamilies"), _ONCE)
        return
    reduced = len(named) < len(were)
    if reduced and not shape.cluster_ips(service):
        yield invalid(first, spec.get("ipFamilies"), "primary ipFamily can not be unset")
    if named and were and named[0] != were[0]:
        yield invalid(first, spec.get("clusterIPs"), _ONCE)
    policy = spec.get("ipFamilyPolicy")
    if reduced and len(named) == 1 and policy != shape.SINGLE:
        text = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        yield invalid(_POLICY, policy, text)
