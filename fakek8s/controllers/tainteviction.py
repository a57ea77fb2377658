"""Taint eviction: deletes pods from nodes whose NoExecute taints they don't tolerate (any more).

Source: kubernetes pkg/controller/tainteviction/taint_eviction.go.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.client.events import Recorder
from fakek8s.machinery.meta import key_of
from fakek8s.machinery.timestamps import format_time
from fakek8s.machinery.tolerations import tolerates

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_CONDITION = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


class TaintEviction:
    """Keys are pods."""

    name = "taint-eviction-controller"

    def setup(self, context: Context) -> None:
        """Follows pods, and the taints of nodes."""
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue
        self._recorder = Recorder(context.client, context.clock, context.ids, self.name)
        self._nodes = context.informers.of("nodes")
        self._pods = context.informers.of("pods")
        #: By pod: when its toleration began to run, and when it ends.
        self._planned: dict[str, tuple[datetime, datetime]] = {}
        self._nodes.on_change(self._node_changed)
        self._pods.on_change(self._pod_changed)

    def _node_changed(self, old: Object | None, new: Object | None) -> None:
        if new is None or _taints(old) == _taints(new):
            return
        name = new["metadata"]["name"]
        for pod in self._pods.list():
            if pod["spec"].get("nodeName") == name:
                self._queue.add(_key(pod))

    def _pod_changed(self, old: Object | None, new: Object | None) -> None:
        if new is None:
            if old is not None:
                self._planned.pop(_key(old), None)
        elif old is None or _place(old) != _place(new):
            self._queue.add(_key(new))

    async def sync(self, key: str) -> None:
        """Deletes a pod, plans to, or no longer does."""
        pod = self._pods.by_key(key)
        node = self._nodes.get("", pod["spec"].get("nodeName", "")) if pod is not None else None
        if pod is None or node is None:
            return
        left = _toleration_time(_taints(node), pod["spec"].get("tolerations") or [])
        if left is None:
            if self._planned.pop(key, None) is not None:
                await self._tell(pod, f"Cancelling deletion of Pod {key}")
            return
        now = self._clock.now()
        began, _ = self._planned.get(key, (now, now))
        due = began + timedelta(seconds=left)
        if due > now:
            self._planned[key] = (began, due)
            self._queue.add_after(key, (due - now).total_seconds())
            return
        self._planned.pop(key, None)
        if "deletionTimestamp" not in pod["metadata"]:
            await self._tell(pod, f"Marking for deletion Pod {key}")
            await self._evict(pod)

    async def _tell(self, pod: Object, message: str) -> None:
        # Upstream's reference holds no uid.
        metadata = {field: pod["metadata"][field] for field in ("namespace", "name")}
        about = {"kind": "Pod", "apiVersion": "v1", "metadata": metadata}
        await self._recorder.event(about, "Normal", "TaintManagerEviction", message)

    async def _evict(self, pod: Object) -> None:
        metadata = pod["metadata"]
        condition = {**_CONDITION, "lastTransitionTime": format_time(self._clock.now())}
        if generation := metadata.get("generation"):
            condition["observedGeneration"] = generation
        types = [c["type"] for c in (pod.get("status") or {}).get("conditions") or ()]
        order = [{"type": kind} for kind in dict.fromkeys((*types, condition["type"]))]
        status = {"$setElementOrder/conditions": order, "conditions": [condition]}
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        namespace, name = metadata["namespace"], metadata["name"]
        try:
            await self._client.patch(
                "pods", namespace, name, patch, form="strategic", subresource="status"
            )
            await self._client.delete("pods", namespace, name)
        except errors.APIError as error:
            if error.code != 404:
                raise


def _taints(node: Object | None) -> list[Object]:
    taints = ((node or {}).get("spec") or {}).get("taints") or ()
    return [taint for taint in taints if taint["effect"] == "NoExecute"]


def _toleration_time(taints: list[Object], tolerations: list[Object]) -> float | None:
    """Seconds that a pod may stay; None for ever."""
    shortest: float | None = None
    for taint in taints:
        used = next((t for t in tolerations if tolerates(t, taint)), None)
        if used is None:
            return 0.0
        seconds = used.get("tolerationSeconds")
        if seconds is not None:
            shortest = min(float(max(seconds, 0)), shortest if shortest is not None else 1e12)
    return shortest


def _key(pod: Object) -> str:
    return key_of(pod["metadata"]["namespace"], pod["metadata"]["name"])


def _place(pod: Object) -> tuple[Any, ...]:
    return pod["metadata"]["uid"], pod["spec"].get("nodeName"), pod["spec"].get("tolerations")
