"""Stopping containers: their hooks, their order, their grace.

Source: pkg/kubelet/kuberuntime (killContainer, executePreStopHook, termination order).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fakek8s.kubelet.runtime import StartError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.client.events import Recorder
    from fakek8s.clock import Clock
    from fakek8s.kubelet.containers import Container
    from fakek8s.kubelet.entry import Entry
    from fakek8s.kubelet.logs import Stream
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]

_LEAST_GRACE = 2.0  # what is left to a container whose hook took all of its grace


class Stopper:
    """Stops the containers of one node."""

    def __init__(self, runtime: Runtime, clock: Clock, recorder: Recorder) -> None:
        self._runtime = runtime
        self._clock = clock
        self._recorder = recorder
        self._hooks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Ends the hooks that run."""
        for task in list(self._hooks):
            task.cancel()
        await asyncio.gather(*self._hooks, return_exceptions=True)

    def stop(self, entry: Entry, containers: Iterable[Container], grace: float) -> None:
        """Asks running containers to end, each once."""
        for container in containers:
            if container.running and container.current is not None:
                identity = container.current.id
                if identity not in entry.stopping:
                    entry.stopping.add(identity)
                    hook = (container.spec.get("lifecycle") or {}).get("preStop") or {}
                    if grace > 0 and ("sleep" in hook or "exec" in hook):
                        task = asyncio.create_task(self._hooked(entry, container, hook, grace))
                        self._hooks.add(task)
                        task.add_done_callback(self._hooks.discard)
                    else:
                        self._runtime.stop_container(identity, grace)

    async def _hooked(self, entry: Entry, container: Container, hook: Object, grace: float) -> None:
        """Runs a preStop hook, which takes its time out of the grace, then stops the container."""
        assert container.current is not None
        identity, began = container.current.id, self._clock.monotonic()

        def stop() -> None:
            left = grace - (self._clock.monotonic() - began)
            self._runtime.stop_container(identity, max(left, _LEAST_GRACE))

        timer = self._clock.call_later(grace, stop)
        try:
            if "sleep" in hook:
                await self._clock.sleep(hook["sleep"]["seconds"])
            else:
                command = hook["exec"]["command"]
                if await self._runtime.exec(identity, command, b"", _discard) != 0:
                    await self._hook_failed(entry, container)
        except StartError:
            await self._hook_failed(entry, container)
        except KeyError:
            pass  # it has ended meanwhile
        timer.cancel()
        stop()

    async def _hook_failed(self, entry: Entry, container: Container) -> None:
        await self._recorder.event(
            entry.pod, "Warning", "FailedPreStopHook", "PreStopHook failed", container.field_path
        )

    async def stop_all(self, entry: Entry, grace: float) -> bool:
        """Sidecars go after all others; False while something runs."""
        running = entry.running
        others = [c for c in running if c.role != "sidecar"]
        for container in others or reversed(running):
            if container.current is not None and container.current.id not in entry.stopping:
                await self._recorder.event(
                    entry.pod,
                    "Normal",
                    "Killing",
                    f"Stopping container {container.name}",
                    container.field_path,
                )
        self.stop(entry, others or reversed(running), grace)
        return not running


def _discard(data: bytes, stream: Stream = "stdout") -> None:
    """Where the output of hooks goes."""
