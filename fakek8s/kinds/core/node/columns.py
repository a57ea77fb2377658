"""How a node looks in a table: whether it is ready, its roles, addresses and software.

Upstream: pkg/printers/internalversion/printers.go (printNode).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared import cells

if TYPE_CHECKING:
    from datetime import datetime

Object = dict[str, Any]

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


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
