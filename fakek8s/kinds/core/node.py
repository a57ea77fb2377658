"""Nodes: what they offer, who may run there, where they are.

Upstream: pkg/registry/core/node, pkg/apis/core/validation ValidateNode and ValidateNodeUpdate,
pkg/printers/internalversion printNode.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Connect, Strategy
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.quantities import is_fractional, is_integer, round_up_list
from fakek8s.machinery import names
from fakek8s.machinery.addresses import cidr_warnings, is_cidr_legacy, parse_cidr_sloppy
from fakek8s.machinery.causes import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from fakek8s.machinery.printing import bad_value, quote
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import NOT_NEGATIVE, positive, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation

Object = dict[str, Any]

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"
_FEATURE = re.compile("[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*")
_FEATURE_LENGTH = 253
_CIDR_SET = 'node updates may not change podCIDR except from "" to valid'


def default_status(obj: Object) -> None:
    """SetDefaults_NodeStatus: all that there is may be used, unless it says otherwise."""
    status = obj.setdefault("status", {})
    if status.get("capacity") and status.get("allocatable") is None:
        status["allocatable"] = dict(status["capacity"])
    for name in ("capacity", "allocatable"):
        if status.get(name):
            round_up_list(status[name])


def default_cidrs(obj: Object) -> None:
    """Convert_v1_NodeSpec_To_core_NodeSpec and back: podCIDR is the first of podCIDRs."""
    spec = obj.setdefault("spec", {})
    first, every = spec.get("podCIDR"), spec.get("podCIDRs")
    if first and (not every or every[0] != first):
        spec["podCIDRs"] = [first]
    elif every:
        spec["podCIDR"] = every[0]


def prepare(obj: Object, op: Operation) -> None:
    """Nodes may come with a status, but no update of the node changes it."""
    if op.old is None:
        obj["status"].pop("config", None)
    else:
        obj["status"] = op.old["status"]
    drop_disabled(obj, op)


def drop_disabled(obj: Object, op: Operation) -> None:
    """Fields that are gone or off in 1.37: no stored node has them."""
    for name in ("configSource", "podPreemptionPolicy"):
        obj["spec"].pop(name, None)


def prepare_status(obj: Object, op: Operation) -> None:
    """Dynamic kubelet configuration is gone."""
    obj["status"].pop("config", None)


def taint_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateNodeTaints; upstream says metadata where it means spec."""
    seen: set[tuple[str, str]] = set()
    for number, taint in enumerate(obj["spec"].get("taints") or ()):
        path = f"metadata.taints[{number}]"
        key, value, effect = (taint.get(name, "") for name in ("key", "value", "effect"))
        for message in names.is_qualified_name(key):
            yield invalid(f"{path}.key", key, message)
        if wrong := names.is_label_value(value):
            yield invalid(f"{path}.value", value, ";".join(wrong))
        if not effect:
            yield required(f"{path}.effect")
        elif effect not in TAINT_EFFECTS:
            yield not_supported(f"{path}.effect", effect, TAINT_EFFECTS)
        if (key, effect) in seen:
            added = taint.get("timeAdded")
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": added}
            text = (
                f"Duplicate value: {bad_value(shown)}: taints must be unique by key and effect pair"
            )
            yield FieldError("FieldValueDuplicate", path, text)
        seen.add((key, effect))


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
        for message in is_cidr_legacy(cidr):
            yield invalid(f"spec.podCIDRs[{number}]", cidr, message)
    if len(cidrs) > 1:
        parsed = [parse_cidr_sloppy(cidr) for cidr in cidrs]
        versions = {found[0].version for found in parsed if found}
        if len(cidrs) > 2 or len(versions) != 2:
            text = "may specify no more than one CIDR for each IP family"
            yield invalid("spec.podCIDRs", cidrs, text)


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


def node_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Status, Roles, Age, Version and, wide, addresses and software."""
    info: Object = obj["status"].get("nodeInfo") or {}
    kernel = info.get("kernelVersion") or cells.UNKNOWN
    if architecture := info.get("architecture"):
        kernel += f" ({architecture})"
    return [
        obj["metadata"].get("name", ""),
        _readiness(obj),
        ",".join(sorted(_roles(obj["metadata"].get("labels") or {}))) or cells.NONE,
        cells.age(obj, now),
        info.get("kubeletVersion", ""),
        _address(obj, "InternalIP"),
        _address(obj, "ExternalIP"),
        info.get("osImage") or cells.UNKNOWN,
        kernel,
        info.get("containerRuntimeVersion") or cells.UNKNOWN,
    ]


def _readiness(obj: Object) -> str:
    found = "Unknown"
    for condition in obj["status"].get("conditions") or ():
        if condition.get("type") == "Ready":
            found = "Ready" if condition.get("status") == "True" else "NotReady"
    return f"{found},SchedulingDisabled" if obj["spec"].get("unschedulable") else found


def _roles(labels: Object) -> set[str]:
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    roles.add(labels.get(_ROLE_LABEL, ""))
    return roles - {""}


def _address(obj: Object, kind: str) -> str:
    for address in obj["status"].get("addresses") or ():
        if address.get("type") == kind:
            return str(address.get("address", ""))
    return cells.NONE


KIND = Behaviour(
    group="",
    plural="nodes",
    defaults=(default_status, default_cidrs),
    name=subdomain_name,
    main=Strategy(
        prepare=(prepare,),
        rules=(
            finalizer_names,
            taint_rules,
            resource_rules,
            swap_rules,
            feature_rules,
            cidr_rules,
            address_rules,
            set_once_rules,
        ),
        warnings=(warnings,),
        resets=("status",),
    ),
    status=doors.status(
        prepare=(prepare_status,),
        rules=(
            finalizer_names,
            resource_rules,
            feature_rules,
            address_rules,
            set_once_rules,
            taint_rules,
        ),
    ),
    subresources={"proxy": Connect(connector="proxy")},
    cells=node_cells,
    selectable={
        "spec.unschedulable": lambda obj: "true" if obj["spec"].get("unschedulable") else "false"
    },
)
