"""TTL: tells kubelets how long they may cache Secrets and ConfigMaps, by the cluster's size.

Source: kubernetes pkg/controller/ttl/ttl_controller.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_ANNOTATION = "node.alpha.kubernetes.io/ttl"
#: (fewest nodes, most nodes, seconds); they overlap so that a size in between changes nothing.
_STEPS = (
    (0, 100, 0),
    (90, 500, 15),
    (450, 1000, 30),
    (900, 2000, 60),
    (1800, 10000, 300),
    (9000, 10**9, 600),
)


class TTL:
    """Keys are nodes."""

    name = "ttl-controller"

    def setup(self, context: Context) -> None:
        """Follows nodes."""
        self._client = context.client
        self._nodes = context.informers.of("nodes")
        self._queue = context.queue
        self._count = 0
        self._step = 0
        self._nodes.on_change(self._changed)

    def _changed(self, old: Object | None, new: Object | None) -> None:
        if new is not None:
            self._queue.add(new["metadata"]["name"])
        self._count += (old is None) - (new is None)
        before = self._step
        while self._count > _STEPS[self._step][1]:
            self._step += 1
        while self._count < _STEPS[self._step][0]:
            self._step -= 1
        if self._step != before:
            for node in self._nodes.list():
                self._queue.add(node["metadata"]["name"])

    async def sync(self, key: str) -> None:
        """Annotates a node."""
        node = self._nodes.by_key(key)
        if node is None:
            return
        wanted = str(_STEPS[self._step][2])
        if (node["metadata"].get("annotations") or {}).get(_ANNOTATION) != wanted:
            patch = {"metadata": {"annotations": {_ANNOTATION: wanted}}}
            await self._client.patch("nodes", "", key, patch, form="strategic")
