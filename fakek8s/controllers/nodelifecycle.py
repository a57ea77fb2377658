"""Node lifecycle: taints that follow from a node's conditions.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.client.events import Recorder
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_PREFIX = "node.kubernetes.io/"
#: Which taint follows from which (condition, status); nodeConditionToTaintKeyStatusMap.
_NO_SCHEDULE = {
    ("Ready", "False"): "not-ready",
    ("Ready", "Unknown"): "unreachable",
    ("MemoryPressure", "True"): "memory-pressure",
    ("DiskPressure", "True"): "disk-pressure",
    ("NetworkUnavailable", "True"): "network-unavailable",
    ("PIDPressure", "True"): "pid-pressure",
}
_UNSCHEDULABLE = "unschedulable"
_NO_EXECUTE = ("not-ready", "unreachable")
#: The older labels follow the newer ones (labelReconcileInfo).
_LABELS = {
    "kubernetes.io/os": "beta.kubernetes.io/os",
    "kubernetes.io/arch": "beta.kubernetes.io/arch",
}


class NodeLifecycle:
    """Keys are nodes."""

    name = "node-lifecycle-controller"

    def setup(self, context: Context) -> None:
        """Follows nodes."""
        self._client = context.client
        self._clock = context.clock
        self._nodes = context.informers.of("nodes")
        self._recorder = Recorder(context.client, context.clock, context.ids, "node-controller")
        self._registered: set[str] = set()
        context.enqueue_on("nodes")

    async def sync(self, key: str) -> None:
        """Sets a node's taints and labels right."""
        node = self._nodes.by_key(key)
        if node is None:
            self._registered.discard(key)
            return
        if key not in self._registered:
            self._registered.add(key)
            text = f"Node {key} event: Registered Node {key} in Controller"
            await self._recorder.event(node, "Normal", "RegisteredNode", text)
        patch: Object = {}
        taints: list[Object] = (node.get("spec") or {}).get("taints") or []
        wanted = _wanted_taints(node, taints, format_time(self._clock.now()))
        if wanted != taints:
            patch["spec"] = {"taints": wanted or None}
        labels: Object = node["metadata"].get("labels") or {}
        older = {
            old: labels[new]
            for new, old in _LABELS.items()
            if new in labels and labels.get(old) != labels[new]
        }
        if older:
            patch["metadata"] = {"labels": older}
        if patch:
            patch.setdefault("metadata", {})["resourceVersion"] = node["metadata"][
                "resourceVersion"
            ]
            await self._client.patch("nodes", "", key, patch)


def _wanted_taints(node: Object, taints: list[Object], now: str) -> list[Object]:
    """The taints as they should be; those that are there and right stay as they are."""
    wanted = dict.fromkeys(_identities(node))
    found = [t for t in taints if not _ours(t) or (t["key"], t["effect"]) in wanted]
    there = {(taint["key"], taint["effect"]) for taint in found}
    found += [
        {"key": key, "effect": effect, "timeAdded": now}
        for key, effect in wanted
        if (key, effect) not in there
    ]
    return found


def _identities(node: Object) -> Iterator[tuple[str, str]]:
    for condition in (node.get("status") or {}).get("conditions") or ():
        name = _NO_SCHEDULE.get((condition["type"], condition["status"]))
        if name:
            yield _PREFIX + name, "NoSchedule"
    if (node.get("spec") or {}).get("unschedulable"):
        yield _PREFIX + _UNSCHEDULABLE, "NoSchedule"
    for condition in (node.get("status") or {}).get("conditions") or ():
        name = _NO_SCHEDULE.get((condition["type"], condition["status"]))
        if name in _NO_EXECUTE:
            yield _PREFIX + name, "NoExecute"


def _ours(taint: Object) -> bool:
    prefix, name = taint["key"][: len(_PREFIX)], taint["key"][len(_PREFIX) :]
    if prefix != _PREFIX:
        return False
    if taint["effect"] == "NoExecute":
        return name in _NO_EXECUTE
    return taint["effect"] == "NoSchedule" and (
        name == _UNSCHEDULABLE or name in _NO_SCHEDULE.values()
    )
