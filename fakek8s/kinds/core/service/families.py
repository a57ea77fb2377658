"""Which address families a service has, from what its writer said and the cluster offers.

Upstream: pkg/registry/core/service/storage/alloc.go (initIPFamilyFields).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.addressrules import address_rules
from fakek8s.machinery.addresses import parse_sloppy
from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POLICY = "spec.ipFamilyPolicy"


def family_of(address: str) -> str:
    """IPv4 or IPv6; IPv4-mapped addresses are IPv4, as Go prints them."""
    found = parse_sloppy(address)
    if found is None:
        return "unknown"
    if found.version == 4 or found.ipv4_mapped is not None:
        return shape.IPV4
    return shape.IPV6


def refuse(service: Object, found: list[FieldError]) -> None:
    """Raises APIError 422 if there are causes."""
    if found:
        raise errors.invalid("Service", "", service["metadata"].get("name", ""), found)


def settled_dual(new: Object, old: Object | None) -> bool:
    """isMatchingPreferDualStackClusterIPFields: nothing about its families changed, so a service
    that prefers both stacks is not moved to what the cluster has now.
    """
    if old is None or shape.type_of(old) != shape.type_of(new):
        return False
    if shape.type_of(new) not in (shape.CLUSTER_IP, shape.NODE_PORT, shape.LOAD_BALANCER):
        return False
    if new["spec"].get("ipFamilyPolicy") != shape.PREFER_DUAL:
        return False
    if old["spec"].get("ipFamilyPolicy") not in (None, shape.PREFER_DUAL):
        return False
    same = shape.cluster_ips(old) == shape.cluster_ips(new)
    return same and shape.families(old) == shape.families(new)


def init_families(new: Object, old: Object | None, offered: Sequence[str]) -> None:
    """Sets ipFamilyPolicy and ipFamilies, in place; `offered` are the cluster's, primary first.

    Raises APIError 422.
    """
    if not shape.needs_cluster_ip(new) or settled_dual(new, old):
        return
    spec = new["spec"]
    if spec.get("ipFamilyPolicy") is None:
        spec["ipFamilyPolicy"] = _policy(new, old)
    refuse(new, list(address_rules(new, old)))
    found = list(_reductions(new, old)) if old is not None else []
    found += _too_many(spec, new)
    found += _infer(spec, new, offered)
    refuse(new, found)
    if shape.cluster_ip(new) == shape.NONE and not spec.get("selector"):
        named = shape.families(new) or [offered[0]]
        if len(named) < 2 and spec["ipFamilyPolicy"] != shape.SINGLE:
            named = [*named, _other(named[0])]
        spec["ipFamilies"] = named
        return
    refuse(new, list(_unoffered(spec, new, offered)))
    named = shape.families(new) or [offered[0]]
    if spec["ipFamilyPolicy"] != shape.SINGLE and len(named) == 1 and len(offered) == 2:
        named = [*named, _other(named[0])]
    spec["ipFamilies"] = named


def _other(family: str) -> str:
    return shape.IPV6 if family == shape.IPV4 else shape.IPV4


def _policy(new: Object, old: Object | None) -> str:
    if old is not None and (policy := old["spec"].get("ipFamilyPolicy")) is not None:
        return str(policy)
    if shape.cluster_ip(new) == shape.NONE and not new["spec"].get("selector"):
        return shape.REQUIRE_DUAL
    return shape.SINGLE


def _reductions(new: Object, old: Object) -> Iterator[FieldError]:
    spec, policy = new["spec"], new["spec"]["ipFamilyPolicy"]
    ips, were = shape.cluster_ips(new), shape.cluster_ips(old)
    named, was = shape.families(new), shape.families(old)
    if policy == shape.SINGLE:
        if ips == were and len(ips) > 1:
            spec["clusterIPs"] = ips[:1]
        if named == was and len(named) > 1:
            spec["ipFamilies"] = named[:1]
        return
    text = "must be 'SingleStack' to release the secondary "
    if ips and len(ips) < len(were):
        yield invalid(_POLICY, policy, f"{text}cluster IP")
    if named and len(named) < len(was):
        yield invalid(_POLICY, policy, f"{text}IP family")


def _too_many(spec: Object, new: Object) -> Iterator[FieldError]:
    if spec["ipFamilyPolicy"] != shape.SINGLE:
        return
    text = "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
    if len(shape.cluster_ips(new)) == 2:
        yield invalid(_POLICY, shape.SINGLE, f"{text}cluster IPs are specified")
    if len(shape.families(new)) == 2:
        yield invalid(_POLICY, shape.SINGLE, f"{text}IP families are specified")


def _infer(spec: Object, new: Object, offered: Sequence[str]) -> Iterator[FieldError]:
    """The families of the addresses that were asked for."""
    ips = shape.cluster_ips(new)
    for number, ip in enumerate(ips):
        if ip == shape.NONE:
            break
        if number < len(shape.families(new)):
            continue
        family = family_of(ip)
        if family not in offered:
            text = f"{family} is not configured on this cluster"
            yield invalid(f"spec.clusterIPs[{number}]", ips, text)
        else:
            spec["ipFamilies"] = [*shape.families(new), family]


def _unoffered(spec: Object, new: Object, offered: Sequence[str]) -> Iterator[FieldError]:
    if spec["ipFamilyPolicy"] == shape.REQUIRE_DUAL and len(offered) < 2:
        text = "this cluster is not configured for dual-stack services"
        yield invalid(_POLICY, shape.REQUIRE_DUAL, text)
    for number, family in enumerate(shape.families(new)):
        if family not in offered:
            yield invalid(f"spec.ipFamilies[{number}]", family, "not configured on this cluster")
