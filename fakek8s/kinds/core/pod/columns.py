"""How a pod looks in a table.

Upstream: pkg/printers/internalversion/printers.go (printPod).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.conditions import is_true
from fakek8s.kinds.shared.podtemplate.quantities import is_restartable
from fakek8s.machinery.timestamps import human_duration, parse_time

if TYPE_CHECKING:
    from datetime import datetime

Object = dict[str, Any]

NONE = "<none>"
_COMPLETED = {
    "Succeeded": "The pod has completed successfully.",
    "Failed": "The pod failed.",
}


def cells(pod: Object, now: datetime) -> list[Any]:
    """Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates."""
    metadata, spec = pod["metadata"], pod["spec"]
    status: Object = pod.get("status") or {}
    progress = _Progress(spec, status)
    restarts = str(progress.restarts)
    if progress.restarts and progress.last_restart:
        restarts = f"{progress.restarts} ({_age(progress.last_restart, now)} ago)"
    ips = status.get("podIPs")
    return [
        metadata.get("name", ""),
        f"{progress.ready}/{progress.total}",
        _reason(metadata, status, progress.reason),
        restarts,
        _age(metadata.get("creationTimestamp"), now),
        (ips[0].get("ip") if ips else "") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    ]


def row_conditions(pod: Object) -> list[Object]:
    """The conditions of a pod's row: `Completed` when it is."""
    phase = (pod.get("status") or {}).get("phase", "")
    message = _COMPLETED.get(phase)
    if message is None:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


def _age(time: str | None, now: datetime) -> str:
    if not time:
        return "<unknown>"
    return human_duration((now - parse_time(time)).total_seconds())


def _reason(metadata: Object, status: Object, reason: str) -> str:
    if not metadata.get("deletionTimestamp"):
        return reason
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in _COMPLETED else "Terminating"


def _gates(spec: Object, status: Object) -> str:
    gates = spec.get("readinessGates")
    if not gates:
        return NONE
    passed = sum(is_true(status, gate.get("conditionType", "")) for gate in gates)
    return f"{passed}/{len(gates)}"


def _terminated_reason(state: Object) -> str:
    if reason := state.get("reason"):
        return str(reason)
    if signal := state.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{state.get('exitCode', 0)}"


class _Progress:
    """What the container statuses add up to: reason, ready and all containers, restarts."""

    def __init__(self, spec: Object, status: Object) -> None:
        self.total = len(spec.get("containers") or ())
        self.ready = 0
        self.restarts = 0
        self.last_restart = ""
        self.reason: str = status.get("reason") or status.get("phase", "")
        for condition in status.get("conditions") or ():
            gated = condition.get("reason") == "SchedulingGated"
            if gated and condition.get("type") == "PodScheduled":
                self.reason = "SchedulingGated"
        init = spec.get("initContainers") or []
        sidecars = {c.get("name", "") for c in init if is_restartable(c)}
        self.total += sum(map(is_restartable, init))
        initializing = self._initialize(status, len(init), sidecars)
        if not initializing or is_true(status, "Initialized"):
            self._run(status, sidecars)

    def _count(self, container: Object) -> None:
        self.restarts += container.get("restartCount", 0)
        terminated = (container.get("lastState") or {}).get("terminated") or {}
        self.last_restart = max(self.last_restart, terminated.get("finishedAt") or "")

    def _initialize(self, status: Object, count: int, sidecars: set[str]) -> bool:
        """Whether an init container is still to finish; the reason says which and why."""
        for number, container in enumerate(status.get("initContainerStatuses") or ()):
            self._count(container)
            state = container.get("state") or {}
            terminated, waiting = state.get("terminated"), state.get("waiting") or {}
            if terminated is not None and not terminated.get("exitCode", 0):
                continue
            if container.get("name", "") in sidecars and container.get("started"):
                self.ready += bool(container.get("ready"))
                continue
            if terminated is not None:
                self.reason = f"Init:{_terminated_reason(terminated)}"
            elif waiting.get("reason", "") not in ("", "PodInitializing"):
                self.reason = f"Init:{waiting['reason']}"
            else:
                self.reason = f"Init:{number}/{count}"
            return True
        return False

    def _run(self, status: Object, sidecars: set[str]) -> None:
        self.restarts, self.last_restart = 0, ""
        for container in status.get("initContainerStatuses") or ():
            if container.get("name", "") in sidecars:
                self._count(container)
        running, error = False, ""
        for container in reversed(status.get("containerStatuses") or ()):
            self._count(container)
            state = container.get("state") or {}
            terminated, waiting = state.get("terminated"), state.get("waiting") or {}
            if waiting.get("reason"):
                self.reason = waiting["reason"]
            elif terminated is not None:
                self.reason = _terminated_reason(terminated)
                if terminated.get("exitCode", 0):
                    error = self.reason
            elif container.get("ready") and state.get("running") is not None:
                running = True
                self.ready += 1
        if self.reason == "Completed":
            if running and _is_ready(status):
                self.reason = "Running"
            elif error:
                self.reason = error
            elif running:
                self.reason = "NotReady"


def _is_ready(status: Object) -> bool:
    return any(
        condition.get("type") == "Ready" and condition.get("status") == "True"
        for condition in status.get("conditions") or ()
    )
