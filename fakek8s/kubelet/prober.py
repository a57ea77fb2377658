"""Probes that run a command in the container; all others count as successful.

Source: pkg/kubelet/prober (worker.go, prober.go). There is no jitter before the first probe.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fakek8s.kubelet.runtime import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.events import Recorder
    from fakek8s.clock import Clock
    from fakek8s.kubelet.containers import Container
    from fakek8s.kubelet.entry import Entry
    from fakek8s.kubelet.logs import Stream
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]

PROBES = {"startupProbe": "Startup", "readinessProbe": "Readiness", "livenessProbe": "Liveness"}


class Prober:
    """Probes the running containers of one node."""

    def __init__(
        self, runtime: Runtime, clock: Clock, recorder: Recorder, again: Callable[[str], None]
    ) -> None:
        """`again(uid)` has a pod looked at when a probe's result has changed."""
        self._runtime = runtime
        self._clock = clock
        self._recorder = recorder
        self._again = again
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def follow(self, entry: Entry) -> None:
        """Starts to probe the containers that run, and no longer probes those that don't."""
        for container in entry.containers.values():
            for kind in PROBES:
                if not (container.spec.get(kind) or {}).get("exec"):
                    continue
                key = (entry.uid, f"{container.name}/{kind}")
                identity = container.current.id if container.running and container.current else ""
                task = self._tasks.get(key)
                if task is not None and task.get_name() != identity:
                    task.cancel()
                    del self._tasks[key]
                    task = None
                if identity and task is None:
                    container.results.pop(kind, None)
                    probing = self._probe(entry, container, kind, identity)
                    self._tasks[key] = asyncio.create_task(probing, name=identity)

    def leave(self, entry: Entry) -> None:
        """Ends the probes of a pod."""
        for key in [key for key in self._tasks if key[0] == entry.uid]:
            self._tasks.pop(key).cancel()

    async def close(self) -> None:
        """Ends all probes."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _probe(self, entry: Entry, container: Container, kind: str, identity: str) -> None:
        probe: Object = container.spec[kind]
        row, last = 0, None
        await self._clock.sleep(probe.get("initialDelaySeconds", 0))
        while True:
            if kind == "startupProbe" or not self._starting(container):
                try:
                    problem = await self._run(probe, identity)
                except KeyError:
                    return  # it has ended
                success = problem is None
                row = row + 1 if success is last else 1
                last = success
                if not success:
                    text = f"{PROBES[kind]} probe failed: {problem}"
                    await self._recorder.event(
                        entry.pod, "Warning", "Unhealthy", text, container.field_path
                    )
                threshold = probe.get("successThreshold" if success else "failureThreshold", 1)
                if row >= threshold and container.results.get(kind) is not success:
                    container.results[kind] = success
                    self._again(entry.uid)
                if kind == "startupProbe" and success and container.results.get(kind):
                    return
            # What is well may stay so for ever: no reason to let time pass.
            well = container.results.get(kind) is True
            await self._clock.sleep(probe.get("periodSeconds", 10), housekeeping=well)

    def _starting(self, container: Container) -> bool:
        started_at = container.started_at()
        return started_at is None or started_at > self._clock.now()

    async def _run(self, probe: Object, identity: str) -> str | None:
        """What went wrong; None if nothing did. Raises KeyError if the container has ended."""
        output = bytearray()

        def write(data: bytes, stream: Stream = "stdout") -> None:
            output.extend(data)

        command, limit = probe["exec"]["command"], probe.get("timeoutSeconds", 1)
        run = asyncio.ensure_future(self._runtime.exec(identity, command, b"", write))
        timer = self._clock.call_later(limit, run.cancel)
        try:
            await asyncio.wait([run])
        finally:
            timer.cancel()
            run.cancel()
        if run.cancelled():
            return f"command timed out after {limit}s"
        try:
            return None if run.result() == 0 else output.decode(errors="replace")
        except StartError as error:
            return str(error)
