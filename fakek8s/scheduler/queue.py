"""The pods that wait for a node: those to try now, by priority, and those that did not fit.

Source: pkg/scheduler/backend/queue. Pods that did not fit are tried again when something changed
that could help them; pods on which an error came are tried again after a growing wait.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.clock import Clock

Object = dict[str, Any]

#: Seconds (podInitialBackoffSeconds, podMaxBackoffSeconds).
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 10.0


class PodQueue:
    """Pods by uid."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[tuple[int, int, str]] = []
        self._pods: dict[str, Object] = {}
        self._queued: set[str] = set()
        self._attempts: dict[str, int] = {}
        self._number = 0
        self._news = asyncio.Event()

    def add(self, pod: Object) -> None:
        """A pod is to be tried now; a newer version of one takes its place."""
        uid = pod["metadata"]["uid"]
        self._pods[uid] = pod
        self._activate(uid)

    def update(self, pod: Object) -> None:
        """A waiting pod changed in a way that does not matter."""
        uid = pod["metadata"]["uid"]
        if uid in self._pods:
            self._pods[uid] = pod

    def __contains__(self, uid: str) -> bool:
        return uid in self._pods

    def remove(self, uid: str) -> None:
        """A pod needs no node any more."""
        self._pods.pop(uid, None)
        self._attempts.pop(uid, None)

    def move_all(self, helped: Callable[[Object], bool] | None = None) -> None:
        """Something changed: the pods that it may have helped (all, by default) are tried again."""
        for uid, pod in self._pods.items():
            if helped is None or helped(pod):
                self._activate(uid)

    def failed(self, uid: str) -> None:
        """An error came in between: the pod is tried again after a wait."""
        attempts = self._attempts.get(uid, 0)
        self._attempts[uid] = attempts + 1
        wait = min(_FIRST_WAIT * 2.0 ** min(attempts, 10), _LONGEST_WAIT)
        self._clock.call_later(wait, lambda: self._activate(uid))

    def _activate(self, uid: str) -> None:
        pod = self._pods.get(uid)
        if pod is None or uid in self._queued:
            return
        self._queued.add(uid)
        self._number += 1
        priority = int(pod["spec"].get("priority") or 0)
        heapq.heappush(self._active, (-priority, self._number, uid))
        self._news.set()

    async def pop(self) -> Object:
        """Waits for the next pod to try; it stays known until it is removed."""
        while True:
            while not self._active:
                self._news.clear()
                await self._news.wait()
            _, _, uid = heapq.heappop(self._active)
            self._queued.discard(uid)
            pod = self._pods.get(uid)
            if pod is not None:
                return pod

    @property
    def idle(self) -> bool:
        """True when no pod is to be tried now."""
        return not self._active
