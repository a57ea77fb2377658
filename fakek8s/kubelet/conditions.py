"""The conditions of a pod that the kubelet answers for.

Source: pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fakek8s.kubelet.containers import Container

Object = dict[str, Any]

OWNED = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition says."""

    true: bool = True
    reason: str = ""
    message: str = ""


def findings(
    pod: Object, containers: Sequence[Container], phase: str, now: datetime, *, sandbox: bool
) -> dict[str, Finding]:
    """All conditions of the kubelet's, in its order."""
    containers_ready = _containers_ready(containers, phase, now)
    found = (
        Finding(sandbox),
        _initialized(containers, phase, now),
        containers_ready if not containers_ready.true else _gates(pod),
        containers_ready,
        Finding(),
    )
    return dict(zip(OWNED, found, strict=True))


def is_ready(container: Container, now: datetime) -> bool:
    """Whether a container is ready now."""
    ready_at = container.ready_at()
    return ready_at is not None and ready_at <= now


def is_started(container: Container, now: datetime) -> bool:
    """Whether a container has started up."""
    started_at = container.started_at()
    return started_at is not None and started_at <= now


def _containers_ready(containers: Sequence[Container], phase: str, now: datetime) -> Finding:
    if phase == "Succeeded":
        return Finding(False, "PodCompleted")
    if phase == "Failed":
        return Finding(False, "PodFailed")
    unready = [c.name for c in containers if c.role in ("sidecar", "main") and not is_ready(c, now)]
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        return Finding(False, "ContainersNotReady", message)
    return Finding()


def _initialized(containers: Sequence[Container], phase: str, now: datetime) -> Finding:
    if phase == "Succeeded":
        return Finding(reason="PodCompleted")
    if any(c.current is not None for c in containers if c.role == "main"):
        return Finding()
    incomplete = [
        c.name
        for c in containers
        if (c.role == "init" and not c.succeeded)
        or (c.role == "sidecar" and not is_started(c, now))
    ]
    if incomplete:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        return Finding(False, "ContainersNotInitialized", message)
    return Finding()


def _gates(pod: Object) -> Finding:
    given = {c["type"]: c["status"] for c in (pod.get("status") or {}).get("conditions") or ()}
    messages = []
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        if kind not in given:
            messages.append(
                f'corresponding condition of pod readiness gate "{kind}" does not exist.'
            )
        elif given[kind] != "True":
            messages.append(
                f'the status of pod readiness gate "{kind}" is not "True", but {given[kind]}'
            )
    if messages:
        return Finding(False, "ReadinessGatesNotReady", ", ".join(messages))
    return Finding()
