"""Nodes: what they offer, who may run there, where they are.

Upstream: pkg/registry/core/node, pkg/apis/core/v1 (defaults.go, conversion.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Connect, Strategy
from fakek8s.kinds.core.node.annotations import annotation_rules
from fakek8s.kinds.core.node.columns import node_cells
from fakek8s.kinds.core.node.rules import (
    address_rules,
    cidr_rules,
    feature_rules,
    resource_rules,
    set_once_rules,
    swap_rules,
    taint_rules,
    warnings,
)
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.quantities import round_up_list
from fakek8s.kinds.shared.reaching import check_address, split_name
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]


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


def locate_proxied(namespace: str, name: str, reader: Reader) -> Object:
    """ResourceLocation: the node of a proxied request, which needs an address. Raises APIError."""
    name, _ = split_name(name, "node")
    node = reader.get("nodes", "", name)
    check_address(node, name, "nodes")
    return node or {}


KIND = Behaviour(
    group="",
    plural="nodes",
    stored_under="minions",
    defaults=(default_status, default_cidrs),
    name=subdomain_name,
    main=Strategy(
        prepare=(prepare,),
        rules=(
            finalizer_names,
            annotation_rules,
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
            annotation_rules,
            resource_rules,
            feature_rules,
            address_rules,
            set_once_rules,
            taint_rules,
        ),
    ),
    subresources={"proxy": Connect(connector="proxy", locate=locate_proxied)},
    cells=node_cells,
    selectable={
        "spec.unschedulable": lambda obj: "true" if obj["spec"].get("unschedulable") else "false"
    },
)
