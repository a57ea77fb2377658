"""Node lifecycle: taints that follow from a node's conditions, and nodes that fall silent.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go. Evictions are not
limited in their rate, and zones are not told apart: as long as any node of the cluster is ready,
the others are tainted NoExecute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.client.events import Recorder
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time, parse_time

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
_LEASES = "leases.coordination.k8s.io"
_LEASE_NAMESPACE = "kube-node-lease"
#: Seconds without a sign of life (--node-monitor-grace-period, --node-startup-grace-period).
_GRACE = 50.0
_STARTUP_GRACE = 60.0
_PERIOD = 5.0  # --node-monitor-period
#: What a silent node's conditions no longer tell.
_REPORTED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")


@dataclass(slots=True)
class _Health:
    """The last sign of life of a node: what it was and when it was seen."""

    uid: str
    beat: tuple[Any, ...]
    renewed: str
    probed: datetime
    check_at: datetime | None = None


class NodeLifecycle:
    """Keys are nodes."""

    name = "node-lifecycle-controller"

    def setup(self, context: Context) -> None:
        """Follows nodes and their leases."""
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue
        self._nodes = context.informers.of("nodes")
        self._pods = context.informers.of("pods")
        self._leases = context.informers.of(_LEASES)
        self._recorder = Recorder(context.client, context.clock, context.ids, "node-controller")
        self._health: dict[str, _Health] = {}
        self._ready_count = 0
        self._nodes.on_change(self._changed)

    def _changed(self, old: Object | None, new: Object | None) -> None:
        before = self._ready_count
        self._ready_count += _ready(new) == "True"
        self._ready_count -= _ready(old) == "True"
        if (before > 0) != (self._ready_count > 0):
            # Whether any node is ready decides what happens to those that are not.
            for node in self._nodes.list():
                self._queue.add(node["metadata"]["name"])
        if new is not None:
            self._queue.add(new["metadata"]["name"])
        elif old is not None:
            self._health.pop(old["metadata"]["name"], None)

    async def sync(self, key: str) -> None:
        """Sets a node's conditions, taints and labels right."""
        node = self._nodes.by_key(key)
        if node is None:
            return
        if await self._is_silent(node) and await self._give_up(node):
            return  # the node comes again as it is now
        await self._mark(node)

    async def _is_silent(self, node: Object) -> bool:
        """Whether it is time to see that there was no sign of life (tryUpdateNodeHealth)."""
        metadata, now = node["metadata"], self._clock.now()
        name, uid = metadata["name"], metadata["uid"]
        condition = _condition(node, "Ready")
        beat = (condition.get("lastHeartbeatTime"), bool(condition))
        lease = self._leases.get(_LEASE_NAMESPACE, name) or {}
        renewed = (lease.get("spec") or {}).get("renewTime") or ""
        health = self._health.get(name)
        if health is None or health.uid != uid:
            probed = now if condition else parse_time(metadata["creationTimestamp"])
            health = self._health[name] = _Health(uid, beat, renewed, probed)
            text = f"Node {name} event: Registered Node {name} in Controller"
            await self._recorder.event(_about(node), "Normal", "RegisteredNode", text)
        elif health.beat != beat or health.renewed != renewed:
            health.beat, health.renewed, health.probed = beat, renewed, now
        grace = _GRACE if condition else _STARTUP_GRACE
        left = (health.probed + timedelta(seconds=grace) - now).total_seconds()
        if health.check_at is not None and health.check_at > now:
            return False
        # A silent node is looked at again and again, changes in between notwithstanding.
        pause = left if left > 0 else _PERIOD
        health.check_at = now + timedelta(seconds=pause)
        self._queue.add_after(name, pause, housekeeping=True)
        return left <= 0

    async def _give_up(self, node: Object) -> bool:
        """Makes a silent node's conditions Unknown and its pods not ready; False if it was so."""
        now = format_time(self._clock.now())
        changed = clone(node)
        status = changed.setdefault("status", {})
        conditions = status["conditions"] = status.get("conditions") or []
        for kind in _REPORTED:
            condition = next((c for c in conditions if c["type"] == kind), None)
            if condition is None:
                created = node["metadata"]["creationTimestamp"]
                condition = {"type": kind, "status": "Unknown", "lastHeartbeatTime": created}
                condition |= {"reason": "NodeStatusNeverUpdated", "lastTransitionTime": now}
                condition["message"] = "Kubelet never posted node status."
                conditions.append(condition)
            elif condition["status"] != "Unknown":
                condition |= {"status": "Unknown", "reason": "NodeStatusUnknown"}
                condition["message"] = "Kubelet stopped posting node status."
                condition["lastTransitionTime"] = now
        if changed == node:
            return False
        await self._client.update("nodes", changed, "status")
        if _ready(node) == "True":
            name = node["metadata"]["name"]
            text = f"Node {name} status is now: NodeNotReady"
            await self._recorder.event(_about(node), "Normal", "NodeNotReady", text)
            await self._pods_not_ready(name, now)
        return True

    async def _pods_not_ready(self, node: str, now: str) -> None:
        """MarkPodsNotReady."""
        for pod in list(self._pods.list()):
            condition = _condition(pod, "Ready")
            if pod["spec"].get("nodeName") != node or condition.get("status", "False") == "False":
                continue
            changed = clone(pod)
            _condition(changed, "Ready").update({"status": "False", "lastTransitionTime": now})
            try:
                updated = await self._client.update("pods", changed, "status")
            except errors.APIError as error:
                if error.code not in (404, 409):
                    raise
                continue
            await self._recorder.event(updated, "Warning", "NodeNotReady", "Node is not ready")

    async def _mark(self, node: Object) -> None:
        """Taints and labels."""
        patch: Object = {}
        taints: list[Object] = (node.get("spec") or {}).get("taints") or []
        now = format_time(self._clock.now())
        wanted = _wanted_taints(node, taints, now, evicting=self._ready_count > 0)
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
            metadata = patch.setdefault("metadata", {})
            metadata["resourceVersion"] = node["metadata"]["resourceVersion"]
            await self._client.patch("nodes", "", node["metadata"]["name"], patch)


def _about(node: Object) -> Object:
    """What events of this controller refer to: no version of the node."""
    metadata = {key: node["metadata"][key] for key in ("name", "uid")}
    return {"kind": "Node", "apiVersion": "v1", "metadata": metadata}


def _condition(obj: Object | None, kind: str) -> Object:
    conditions = ((obj or {}).get("status") or {}).get("conditions") or ()
    found: Object = next((c for c in conditions if c["type"] == kind), {})
    return found


def _ready(node: Object | None) -> str:
    """The status of a node's Ready condition; "" without one."""
    status: str = _condition(node, "Ready").get("status", "")
    return status


def _wanted_taints(node: Object, taints: list[Object], now: str, *, evicting: bool) -> list[Object]:
    """The taints as they should be; those that are there and right stay as they are."""
    wanted = dict.fromkeys(_identities(node, evicting=evicting))
    found = [t for t in taints if not _ours(t) or (t["key"], t["effect"]) in wanted]
    there = {(taint["key"], taint["effect"]) for taint in found}
    found += [
        {"key": key, "effect": effect, "timeAdded": now}
        for key, effect in wanted
        if (key, effect) not in there
    ]
    return found


def _identities(node: Object, *, evicting: bool) -> Iterator[tuple[str, str]]:
    conditions = (node.get("status") or {}).get("conditions") or ()
    names = [_NO_SCHEDULE.get((c["type"], c["status"])) for c in conditions]
    for name in names:
        if name:
            yield _PREFIX + name, "NoSchedule"
    if (node.get("spec") or {}).get("unschedulable"):
        yield _PREFIX + _UNSCHEDULABLE, "NoSchedule"
    for name in names:
        if evicting and name in _NO_EXECUTE:
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
