"""NetworkPolicies: which traffic reaches pods and leaves them.

Upstream: pkg/registry/networking/networkpolicy, pkg/apis/networking/validation
ValidateNetworkPolicy, pkg/apis/networking/v1 SetDefaults_NetworkPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    OPTIONAL,
    OPTIONAL_POINTER,
    REQUIRED,
    covered,
    declaratively,
    each,
    field,
    fields,
)
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.selectors import parsed
from fakek8s.machinery import names
from fakek8s.machinery.addresses import cidr_warnings, is_cidr_legacy, parse_cidr_sloppy
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_TYPES = ("Ingress", "Egress")
#: Where the rules of each direction name their peers.
_DIRECTIONS = (("ingress", "from"), ("egress", "to"))


def default_policy(obj: Object) -> None:
    """SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort."""
    spec = obj.setdefault("spec", {})
    for direction, _ in _DIRECTIONS:
        for rule in spec.get(direction) or ():
            for port in rule.get("ports") or ():
                if port.get("protocol") is None:
                    port["protocol"] = "TCP"
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNetworkPolicySpec."""
    spec = obj["spec"]
    lenient, known = False, frozenset[str]()
    if op.old is not None:
        selector = op.old["spec"].get("podSelector")
        lenient = any(label_selector_rules(selector, ""))
        known = frozenset(cidr for _, cidr in _cidrs(op.old))
    yield from label_selector_rules(spec.get("podSelector"), "spec.podSelector", any_value=lenient)
    for direction, peers in _DIRECTIONS:
        for number, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{number}]"
            for place, port in enumerate(rule.get("ports") or ()):
                yield from _port_rules(port, f"{path}.ports[{place}]")
            for place, peer in enumerate(rule.get(peers) or ()):
                yield from _peer_rules(peer, f"{path}.{peers}[{place}]", lenient, known)
    kinds = spec.get("policyTypes") or []
    if len(kinds) > len(_TYPES):
        text = "may not specify more than two policyTypes"
        yield invalid("spec.policyTypes", kinds, text)
        return
    for number, kind in enumerate(kinds):
        if kind not in _TYPES:
            yield not_supported(f"spec.policyTypes[{number}]", kind, _TYPES)


def _port_rules(port: Object, path: str) -> Iterator[FieldError]:
    """ValidateNetworkPolicyPort."""
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in _PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if number is None:
        if end is not None:
            text = "may not be specified when `port` is not specified"
            yield invalid(f"{path}.endPort", end, text)
    elif isinstance(number, int):
        for message in names.is_port_num(number):
            yield invalid(f"{path}.port", number, message)
        if end is not None:
            if end < number:
                text = "must be greater than or equal to `port`"
                yield invalid(f"{path}.endPort", end, text)
            for message in names.is_port_num(end):
                yield invalid(f"{path}.endPort", end, message)
    else:
        if end is not None:
            text = "may not be specified when `port` is non-numeric"
            yield invalid(f"{path}.endPort", end, text)
        for message in names.is_port_name(number):
            yield invalid(f"{path}.port", number, message)


def _peer_rules(
    peer: Object, path: str, lenient: bool, known: frozenset[str]
) -> Iterator[FieldError]:
    """ValidateNetworkPolicyPeer."""
    given = [
        name
        for name in ("podSelector", "namespaceSelector", "ipBlock")
        if peer.get(name) is not None
    ]
    for name in given:
        if name == "ipBlock":
            yield from _block_rules(peer[name], f"{path}.ipBlock", known)
        else:
            yield from label_selector_rules(peer[name], f"{path}.{name}", any_value=lenient)
    if not given:
        yield required(path, "must specify a peer")
    elif len(given) > 1 and "ipBlock" in given:
        yield forbidden(path, "may not specify both ipBlock and another peer")


def _block_rules(block: Object, path: str, known: frozenset[str]) -> Iterator[FieldError]:
    """ValidateIPBlock; what stood in the old policy is not read again."""
    cidr = block.get("cidr", "")
    if not cidr:
        yield covered(required(f"{path}.cidr"))
        return
    yield from _cidr_rules(cidr, f"{path}.cidr", known)
    outer = _network(cidr)
    if outer is None:
        return
    for number, inside in enumerate(block.get("except") or ()):
        where = f"{path}.except[{number}]"
        yield from _cidr_rules(inside, where, known)
        inner = _network(inside)
        if inner is not None and not _strictly_within(inner, outer):
            yield invalid(where, inside, "must be a strict subset of `cidr`")


def _cidr_rules(cidr: str, path: str, known: frozenset[str]) -> Iterator[FieldError]:
    if cidr not in known:
        for message in is_cidr_legacy(cidr, strict=True):
            yield invalid(path, cidr, message)


def _network(cidr: str) -> tuple[int, int, int] | None:
    """IP version, first bits and their number."""
    found = parse_cidr_sloppy(cidr)
    if found is None:
        return None
    address, length = found
    return address.version, int(address) >> (address.max_prefixlen - length), length


def _strictly_within(inner: tuple[int, int, int], outer: tuple[int, int, int]) -> bool:
    version, bits, length = inner
    more = length - outer[2]
    return version == outer[0] and more > 0 and bits >> more == outer[1]


def _cidrs(obj: Object) -> Iterator[tuple[str, str]]:
    """All CIDRs of a policy with their paths."""
    for direction, peers in _DIRECTIONS:
        for number, rule in enumerate(obj["spec"].get(direction) or ()):
            for place, peer in enumerate(rule.get(peers) or ()):
                block = peer.get("ipBlock")
                if block is None:
                    continue
                path = f"spec.{direction}[{number}].{peers}[{place}].ipBlock"
                yield f"{path}.cidr", block.get("cidr", "")
                for index, inside in enumerate(block.get("except") or ()):
                    yield f"{path}.except[{index}]", inside


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """networkPolicyWarnings."""
    for path, cidr in _cidrs(obj):
        yield from cidr_warnings(path, cidr)


def selector_cell(obj: Object) -> str:
    """FormatLabelSelector of the pods."""
    found = parsed(obj["spec"].get("podSelector") or {})
    return "<error>" if found is None else str(found) or cells.NONE


_PEER = field("ipBlock", OPTIONAL_POINTER, field("cidr", REQUIRED))
#: Validate_NetworkPolicy.
DECLARED = field(
    "spec",
    fields(
        field("ingress", OPTIONAL, each(field("from", OPTIONAL, each(_PEER)))),
        field("egress", OPTIONAL, each(field("to", OPTIONAL, each(_PEER)))),
    ),
)

KIND = Behaviour(
    group="networking.k8s.io",
    plural="networkpolicies",
    defaults=(default_policy,),
    name=subdomain_name,
    generation=True,
    empty_is_change=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(declaratively(finalizer_names, spec_rules, node=DECLARED),),
        warnings=(warnings,),
    ),
    cells=cells.row(selector_cell),
)
