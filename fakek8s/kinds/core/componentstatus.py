"""ComponentStatuses: how the parts of the control plane are, by name; nothing is stored.

Upstream: pkg/registry/core/componentstatus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]

_ABSENT = 'Get "https://127.0.0.1:{0}/healthz": dial tcp 127.0.0.1:{0}: connect: connection refused'
#: Components that upstream looks for, and the ports that it looks at.
_PORTS = {"controller-manager": 10257, "scheduler": 10259}
STORE = "etcd-0"


def status(name: str) -> Object | None:
    """One component as the API server alone has it: a store, and no other parts around."""
    if name == STORE:
        health = {"status": "True", "message": "ok"}
    elif name in _PORTS:
        health = {"status": "False", "message": _ABSENT.format(_PORTS[name])}
    else:
        return None
    conditions = [{"type": "Healthy", **health}]
    kind = {"kind": "ComponentStatus", "apiVersion": "v1"}
    return {**kind, "metadata": {"name": name}, "conditions": conditions}


def statuses() -> list[Object]:
    """All components."""
    return [found for name in (*_PORTS, STORE) if (found := status(name)) is not None]


async def read(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """One by its name, or the list of all; raises APIError 404, and 405 for a create."""
    if op.verb == "create":
        raise errors.generic(405)
    if not op.name:
        head: Object = {"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}}
        return 200, {**head, "items": statuses()}
    found = status(op.name)
    if found is None:
        raise errors.not_found("componentstatus", "", op.name)
    return 200, found


def cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Status, Message, Error."""
    shown = ["Unknown", "", ""]
    for condition in obj.get("conditions") or ():
        if condition.get("type") == "Healthy":
            healthy = "Healthy" if condition.get("status") == "True" else "Unhealthy"
            shown = [healthy, condition.get("message", ""), condition.get("error", "")]
            break
    return [obj["metadata"].get("name", ""), *shown]


KIND = Behaviour(
    group="",
    plural="componentstatuses",
    virtual=read,
    cells=cells,
    deprecation="v1 ComponentStatus is deprecated in v1.19+",
)
