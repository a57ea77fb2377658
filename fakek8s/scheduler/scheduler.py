"""The default scheduler: one pod after the other, filtered, scored and bound.

Source: pkg/scheduler/schedule_one.go, pkg/scheduler/eventhandlers.go.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.timestamps import format_time
from fakek8s.scheduler import preemption
from fakek8s.scheduler.diagnosis import NO_NODES, explain
from fakek8s.scheduler.events import EventRecorder
from fakek8s.scheduler.plugins import default_filters, default_scores
from fakek8s.scheduler.queue import PodQueue
from fakek8s.scheduler.snapshot import NodeInfo, PodInfo, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids
    from fakek8s.scheduler.framework import Check, Filter, Rejection, Score

Object = dict[str, Any]

log = logging.getLogger(__name__)

NAME = "default-scheduler"
_TERMINAL = ("Succeeded", "Failed")


class DefaultScheduler:
    """`framework.Scheduler` over filter and score plugins."""

    def __init__(
        self,
        client: Client,
        informers: Informers,
        clock: Clock,
        ids: Ids,
        *,
        name: str = NAME,
        filters: Sequence[Filter] | None = None,
        scores: Sequence[Score] | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._name = name
        self._namespaces = informers.of("namespaces")
        self._budgets = informers.of("poddisruptionbudgets.policy")
        self._filters = default_filters(self._labels_of) if filters is None else filters
        self._scores = default_scores(self._labels_of) if scores is None else scores
        self._recorder = EventRecorder(client, clock, ids, name)
        self._queue = PodQueue(clock)
        self._snapshot = Snapshot()
        #: Pods that wait for others to go, by uid: on which node.
        self._nominated: dict[str, tuple[str, PodInfo]] = {}
        self._busy = False
        self._task: asyncio.Task[None] | None = None
        informers.of("nodes").on_change(self._node_changed)
        informers.of("pods").on_change(self._pod_changed)

    @property
    def idle(self) -> bool:
        """True when no pod is to be tried now."""
        return self._queue.idle and not self._busy

    def start(self) -> None:
        """Starts to schedule."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Ends it, in the middle of whatever it does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _labels_of(self, namespace: str) -> Mapping[str, str]:
        found = self._namespaces.by_key(namespace)
        return (found or {"metadata": {}})["metadata"].get("labels") or {}

    def _node_changed(self, old: Object | None, new: Object | None) -> None:
        if new is None:
            if old is not None:
                self._snapshot.remove_node(old["metadata"]["name"])
            return
        self._snapshot.set_node(new)
        if old is None or _scheduling_facts(old) != _scheduling_facts(new):
            self._queue.move_all()

    def _pod_changed(self, old: Object | None, new: Object | None) -> None:
        if new is None or (old is not None and new["metadata"]["uid"] != old["metadata"]["uid"]):
            if old is not None:
                self._pod_gone(old)
            if new is None:
                return
            old = None
        uid, spec = new["metadata"]["uid"], new["spec"]
        if spec.get("nodeName"):
            self._queue.remove(uid)
            self._nominated.pop(uid, None)
            if new.get("status", {}).get("phase") in _TERMINAL:
                if self._snapshot.remove(uid):
                    self._queue.move_all()
                return
            self._snapshot.place(PodInfo.of(new), spec["nodeName"])
            if old is None or _as_others_see(old) != _as_others_see(new):
                self._queue.move_all(_minds_others)
        elif self._waits(new):
            if old is None or not self._waits(old) or _wishes(old) != _wishes(new):
                self._queue.add(new)
            else:
                self._queue.update(new)
        else:
            self._queue.remove(uid)
            self._nominated.pop(uid, None)

    def _pod_gone(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        self._queue.remove(uid)
        self._recorder.forget(uid)
        if self._nominated.pop(uid, None) or self._snapshot.remove(uid):
            self._queue.move_all()

    def _waits(self, pod: Object) -> bool:
        spec = pod["spec"]
        return (
            not spec.get("nodeName")
            and spec.get("schedulerName", NAME) == self._name
            and not spec.get("schedulingGates")
            and "deletionTimestamp" not in pod["metadata"]
            and pod.get("status", {}).get("phase") not in _TERMINAL
        )

    async def _run(self) -> None:
        while True:
            pod = await self._queue.pop()
            self._busy = True
            try:
                await self._schedule(pod)
            except errors.APIError as error:
                log.debug("%s: %s", pod["metadata"]["name"], error)
                self._retry(pod)
            except Exception:
                log.exception("scheduling %s failed", pod["metadata"]["name"])
                self._retry(pod)
            finally:
                self._busy = False

    def _retry(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        self._snapshot.remove(uid)
        if uid in self._queue:
            self._queue.failed(uid)

    async def _schedule(self, pod: Object) -> None:
        info = PodInfo.of(pod)
        nodes = self._nodes_for(info)
        if not nodes:
            await self._report(pod, NO_NODES)
            return
        checks = self._checks(info, nodes)
        rejections: dict[str, Rejection] = {}
        feasible: list[NodeInfo] = []
        for node in nodes:
            rejection = _first(checks, node)
            if rejection is None:
                feasible.append(node)
            else:
                rejections[node.name] = rejection
        if feasible:
            await self._bind(info, self._best(info, feasible))
            return
        outcome, nominated = await self._preempt(info, rejections, nodes)
        reasons = (rejections[node.name].reasons for node in nodes)
        message = f"{explain(len(nodes), reasons)} preemption: {outcome}"
        await self._report(pod, message, nominated)

    def _nodes_for(self, pod: PodInfo) -> list[NodeInfo]:
        """All nodes, with the pods on them that are promised room there before this one."""
        promised: dict[str, list[PodInfo]] = {}
        for uid, (name, other) in self._nominated.items():
            if uid != pod.uid and preemption.priority(other) >= preemption.priority(pod):
                promised.setdefault(name, []).append(other)
        found = []
        for node in self._snapshot.nodes():
            if node.name in promised:
                node = node.copy()
                for other in promised[node.name]:
                    node.add(other)
            found.append(node)
        return found

    def _checks(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[Check]:
        checks = (plugin.check(pod, nodes) for plugin in self._filters)
        return [check for check in checks if check is not None]

    def _rejection(
        self, pod: PodInfo, node: NodeInfo, nodes: Sequence[NodeInfo]
    ) -> Rejection | None:
        return _first(self._checks(pod, nodes), node)

    async def _preempt(
        self, pod: PodInfo, rejections: Mapping[str, Rejection], nodes: Sequence[NodeInfo]
    ) -> tuple[str, str]:
        """Makes room if that is allowed and helps: what to say of it, and the node."""
        nominated = (pod.pod.get("status") or {}).get("nominatedNodeName", "")
        if pod.spec.get("preemptionPolicy") == "Never":
            return preemption.NOT_ALLOWED, nominated
        known = next((node for node in nodes if node.name == nominated), None)
        if known is not None and rejections[nominated].resolvable and _under_way(pod, known):
            return preemption.UNDER_WAY, nominated
        victims, reasons = preemption.choose(
            pod, rejections, nodes, list(self._budgets.list()), self._rejection
        )
        if victims is None:
            self._nominated.pop(pod.uid, None)
            return explain(len(nodes), reasons.values()), ""
        self._nominated[pod.uid] = (victims.node, pod)
        for victim in victims.pods:
            await self._evict(victim.pod, pod.pod, victims.node)
        text = f"found a potential placement for pod on node {victims.node}, "
        return f"{text}preempting {len(victims.pods)} victims", victims.node

    async def _evict(self, victim: Object, pod: Object, node: str) -> None:
        condition: Object = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": f"{self._name}: preempting to accommodate a higher priority pod",
            "lastTransitionTime": format_time(self._clock.now()),
        }
        if "deletionTimestamp" in victim["metadata"]:
            return
        if generation := victim["metadata"].get("generation"):
            condition["observedGeneration"] = generation
        try:
            await self._patch_status(victim, _with_condition(victim, condition))
            metadata = victim["metadata"]
            await self._client.delete("pods", metadata["namespace"], metadata["name"])
        except errors.APIError as error:
            if error.code != 404:
                raise
            return
        text = f"Preempted by pod {pod['metadata']['uid']} on node {node}"
        await self._recorder.event(victim, "Normal", "Preempted", "Preempting", text, pod)

    def _best(self, pod: PodInfo, nodes: list[NodeInfo]) -> str:
        """The node with the highest score; one of them by chance if there are several."""
        if len(nodes) == 1:
            return nodes[0].name
        totals = [0] * len(nodes)
        for plugin in self._scores:
            for number, score in enumerate(plugin.scores(pod, nodes)):
                totals[number] += score * plugin.weight
        highest = max(totals)
        best = [node.name for node, total in zip(nodes, totals, strict=True) if total == highest]
        return self._ids.choice(best)

    async def _bind(self, info: PodInfo, node: str) -> None:
        metadata = info.pod["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace, "uid": metadata["uid"]},
            "target": {"kind": "Node", "name": node},
        }
        # Placed before it is: the next pod must not be given the same room.
        self._snapshot.place(info, node)
        self._queue.remove(info.uid)
        try:
            await self._client.create_subresource("pods", namespace, name, "binding", binding)
        except errors.APIError as error:
            self._snapshot.remove(info.uid)
            if error.code != 404:
                self._queue.add(info.pod)
                raise
            return
        text = f"Successfully assigned {namespace}/{name} to {node}"
        await self._recorder.event(info.pod, "Normal", "Scheduled", "Binding", text)

    async def _report(self, pod: Object, message: str, nominated: str = "") -> None:
        await self._recorder.event(pod, "Warning", "FailedScheduling", "Scheduling", message)
        status = pod.get("status") or {}
        condition: Object = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
        }
        if generation := pod["metadata"].get("generation"):
            condition["observedGeneration"] = generation
        known: Object = next(
            (c for c in status.get("conditions") or () if c["type"] == condition["type"]), {}
        )
        patch: Object = {}
        if any(known.get(key) != value for key, value in condition.items()):
            if known.get("status") != "False":
                condition["lastTransitionTime"] = format_time(self._clock.now())
            patch = _with_condition(pod, condition)
        if nominated != status.get("nominatedNodeName", ""):
            patch["nominatedNodeName"] = nominated or None
        if not patch:
            return
        try:
            await self._patch_status(pod, patch)
        except errors.APIError as error:
            if error.code not in (404, 409):
                raise

    async def _patch_status(self, pod: Object, status: Object) -> None:
        metadata = pod["metadata"]
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        await self._client.patch(
            "pods",
            metadata["namespace"],
            metadata["name"],
            patch,
            form="strategic",
            subresource="status",
        )


def _first(checks: Sequence[Check], node: NodeInfo) -> Rejection | None:
    """The first objection to a node."""
    for check in checks:
        found = check(node)
        if found is not None:
            return found
    return None


def _under_way(pod: PodInfo, node: NodeInfo) -> bool:
    """Whether somebody on a node is leaving it for this pod or one like it."""
    return any(
        "deletionTimestamp" in other.pod["metadata"]
        and preemption.priority(other) < preemption.priority(pod)
        and any(
            c["type"] == "DisruptionTarget" and c.get("reason") == "PreemptionByScheduler"
            for c in (other.pod.get("status") or {}).get("conditions") or ()
        )
        for other in node.pods.values()
    )


def _with_condition(pod: Object, condition: Object) -> Object:
    """The patch of a status that sets a condition, new ones behind those that are there."""
    types = [c["type"] for c in (pod.get("status") or {}).get("conditions") or ()]
    order = dict.fromkeys((*types, condition["type"]))
    return {
        "$setElementOrder/conditions": [{"type": kind} for kind in order],
        "conditions": [condition],
    }


def _scheduling_facts(node: Object) -> tuple[Any, ...]:
    """What of a node decides whether pods fit on it."""
    status, spec = node.get("status") or {}, node.get("spec") or {}
    return (
        status.get("allocatable"),
        node["metadata"].get("labels"),
        spec.get("taints"),
        spec.get("unschedulable"),
    )


def _as_others_see(pod: Object) -> tuple[Any, ...]:
    """What of a pod decides whether others want to be near it."""
    return pod["spec"].get("nodeName"), pod["metadata"].get("labels")


def _minds_others(pod: Object) -> bool:
    """Whether it matters to a waiting pod where others are."""
    spec = pod["spec"]
    affinity = spec.get("affinity") or {}
    return bool(affinity.get("podAffinity") or spec.get("topologySpreadConstraints"))


def _wishes(pod: Object) -> tuple[Any, ...]:
    """What of a waiting pod decides where it fits."""
    return (pod["spec"], pod["metadata"].get("labels"))
