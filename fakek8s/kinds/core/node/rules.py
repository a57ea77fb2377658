"""What a node's spec and status may say, and what of it no update changes.

Upstream: pkg/apis/core/validation ValidateNode and ValidateNodeUpdate; the rules on
configSource and status.config are left out, since both are dropped before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.quantities import is_fractional, is_integer
from fakek8s.kinds.shared.podtemplate.scheduling import TAINT_EFFECTS
from fakek8s.machinery import names
from fakek8s.machinery.addresses import cidr_warnings, is_cidr_legacy, parse_cidr_sloppy
from fakek8s.machinery.causes import (
    FieldError,
    duplicate,
    forbidden,
    internal,
    invalid,
    not_supported,
    required,
)
from fakek8s.machinery.printing import bad_value, quote
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import NOT_NEGATIVE, positive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_FEATURE = re.compile("[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*")
_FEATURE_LENGTH = 253
_CIDR_SET = 'node updates may not change podCIDR except from "" to valid'
_DUAL_STACK = "may specify no more than one CIDR for each IP family"
_NOT_PARSED = "invalid PodCIDRs. failed to check with dual stack with error:{}"


def taint_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The taints; upstream says metadata where it means spec."""
    return taint_list_rules(obj["spec"].get("taints"), "metadata.taints")


def taint_list_rules(taints: list[Object] | None, path: str) -> Iterator[FieldError]:
    """validateNodeTaints."""
    seen: set[tuple[str, str]] = set()
    for number, taint in enumerate(taints or ()):
        where = f"{path}[{number}]"
        key, value, effect = (taint.get(name, "") for name in ("key", "value", "effect"))
        for message in names.is_qualified_name(key):
            yield invalid(f"{where}.key", key, message)
        if wrong := names.is_label_value(value):
            yield invalid(f"{where}.value", value, ";".join(wrong))
        if not effect:
            yield required(f"{where}.effect")
        elif effect not in TAINT_EFFECTS:
            yield not_supported(f"{where}.effect", effect, TAINT_EFFECTS)
        if (key, effect) in seen:
            yield _repeated(taint, where)
        seen.add((key, effect))


def _repeated(taint: Object, path: str) -> FieldError:
    fields = (("Key", "key"), ("Value", "value"), ("Effect", "effect"))
    shown = {go: taint.get(name, "") for go, name in fields}
    shown["TimeAdded"] = taint.get("timeAdded")
    detail = "taints must be unique by key and effect pair"
    text = f"Duplicate value: {bad_value(shown)}: {detail}"
    return FieldError("FieldValueDuplicate", path, text)


def resource_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNodeResources."""
    for field in ("capacity", "allocatable"):
        for name, text in (obj["status"].get(field) or {}).items():
            path = f"status.{field}.{name}"
            if parse(text).sign() < 0:
                yield invalid(path, text, NOT_NEGATIVE)
            if is_integer(name) and is_fractional(text):
                yield invalid(path, text, "must be an integer")


def swap_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateNodeSwapStatus."""
    swap = (obj["status"].get("nodeInfo") or {}).get("swap") or {}
    return positive(swap.get("capacity"), "metadata.nodeSwapStatus.capacity")


def feature_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateNodeDeclaredFeatures: well-formed, sorted, each once."""
    features = obj["status"].get("declaredFeatures") or []
    for number, feature in enumerate(features):
        path = f"status.declaredFeatures[{number}]"
        if number and feature == features[number - 1]:
            yield duplicate(path, feature)
        elif number and feature < features[number - 1]:
            yield invalid(path, feature, "list must be sorted alphabetically")
        if problem := _feature_problem(feature):
            yield invalid(path, feature, f"invalid feature name {quote(feature)}: {problem}")


def _feature_problem(feature: str) -> str:
    if names.byte_length(feature) > _FEATURE_LENGTH:
        return f"must be no more than {_FEATURE_LENGTH} characters"
    if not _FEATURE.fullmatch(feature):
        return (
            "must start with an UpperCamelCase segment, with subsequent segments separated by '/' "
            "(e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric "
            "characters and slashes"
        )
    return ""


def cidr_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The podCIDRs part of ValidateNode: one for each IP family."""
    cidrs = obj["spec"].get("podCIDRs") or []
    for number, cidr in enumerate(cidrs):
        for message in is_cidr_legacy(cidr, strict=True):
            yield invalid(f"spec.podCIDRs[{number}]", cidr, message)
    if len(cidrs) > 1:
        yield from _family_rules(cidrs)


def _family_rules(cidrs: list[str]) -> Iterator[FieldError]:
    """IsDualStackCIDRStrings: at most one of each family."""
    versions: set[int] = set()
    for number, cidr in enumerate(cidrs):
        parsed = parse_cidr_sloppy(cidr)
        if parsed is None:
            problem = f"invalid CIDR[{number}]: <nil> (invalid CIDR address: {cidr})"
            yield internal("spec.podCIDRs", _NOT_PARSED.format(problem))
            versions.clear()
            break
        versions.add(parsed[0].version)
    if len(versions) != 2 or len(cidrs) > 2:
        yield invalid("spec.podCIDRs", cidrs, _DUAL_STACK)


def address_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNodeUpdate: no address twice."""
    seen: set[tuple[str, str]] = set()
    for number, address in enumerate(obj["status"].get("addresses") or ()):
        found = (address.get("type", ""), address.get("address", ""))
        if op.old is not None and found in seen:
            shown = {"Type": found[0], "Address": found[1]}
            yield duplicate(f"status.addresses[{number}]", shown)
        seen.add(found)


def set_once_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNodeUpdate: what is set once, and what is not changed at all."""
    if op.old is None:
        return
    new, old = obj["spec"], op.old["spec"]
    before, after = old.get("podCIDRs") or [], new.get("podCIDRs") or []
    if before and before != after:
        yield forbidden("spec.podCIDRs", _CIDR_SET)
    before, after = old.get("providerID", ""), new.get("providerID", "")
    if before and before != after:
        what = "modified" if after else "cleared"
        yield invalid("spec.providerID", None, f"field cannot be {what} once set")
    if new.get("externalID", "") != old.get("externalID", ""):
        yield forbidden("spec.externalID", "may not be updated")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """nodeWarnings."""
    if obj["spec"].get("externalID"):
        yield "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    for number, cidr in enumerate(obj["spec"].get("podCIDRs") or ()):
        yield from cidr_warnings(f"spec.podCIDRs[{number}]", cidr)
