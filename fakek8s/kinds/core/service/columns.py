"""How a service looks in a table.

Upstream: pkg/printers/internalversion/printers.go (printService).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.status import ingress_of
from fakek8s.kinds.shared.cells import NONE, age

if TYPE_CHECKING:
    from datetime import datetime

Object = dict[str, Any]


def cells(service: Object, now: datetime) -> list[Any]:
    """Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector."""
    return [
        service["metadata"].get("name", ""),
        shape.type_of(service),
        (shape.cluster_ips(service) or [NONE])[0],
        _external(service),
        ",".join(map(_port, shape.ports_of(service))) or NONE,
        age(service, now),
        _selector(service["spec"].get("selector") or {}),
    ]


def _external(service: Object) -> str:
    kind, spec = shape.type_of(service), service["spec"]
    if kind == shape.EXTERNAL_NAME:
        return str(spec.get("externalName", ""))
    if kind not in shape.TYPES:
        return "<unknown>"
    found = list(spec.get("externalIPs") or ())
    if kind == shape.LOAD_BALANCER:
        reached = {item.get("ip") or item.get("hostname") or "" for item in ingress_of(service)}
        found = [*sorted(reached - {""}), *found]
        return ",".join(found) or "<pending>"
    return ",".join(found) or NONE


def _port(port: Object) -> str:
    number, node_port = port.get("port", 0), port.get("nodePort", 0)
    shown = f"{number}:{node_port}" if node_port > 0 else str(number)
    return f"{shown}/{port.get('protocol', '')}"


def _selector(selector: Object) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items())) or NONE
