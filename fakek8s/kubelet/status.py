"""The status of a pod: pure functions from what the kubelet knows to what it writes.

Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, convertToAPIContainerStatuses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kubelet import images
from fakek8s.kubelet.conditions import OWNED, findings, is_ready, is_started
from fakek8s.kubelet.phase import TERMINAL, phase_of
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fakek8s.kubelet.containers import Container
    from fakek8s.kubelet.runtime import ContainerStatus

Object = dict[str, Any]

#: By role: where in the pod's status such containers stand.
_FIELDS = {
    "init": "initContainerStatuses",
    "sidecar": "initContainerStatuses",
    "main": "containerStatuses",
    "ephemeral": "ephemeralContainerStatuses",
}


def pod_status(
    pod: Object,
    containers: Sequence[Container],
    now: datetime,
    *,
    sandbox: bool,
    address: str,
    host_address: str,
    ended: bool = False,
    failure: tuple[str, str] | None = None,
) -> Object:
    """The whole status as it should be.

    `sandbox`: the pod has one. `ended`: nothing is or will be running. `failure`: (reason,
    message) for which the pod fails as a whole.
    """
    old: Object = pod.get("status") or {}
    status = dict(old)
    phase = phase_of(pod["spec"], containers, ended=ended)
    if old.get("phase") in TERMINAL:
        phase = old["phase"]
    elif failure is not None or (ended and phase not in TERMINAL):
        phase = "Failed"
    if failure is not None:
        status["reason"], status["message"] = failure
    status["phase"] = phase
    if generation := pod["metadata"].get("generation"):
        status["observedGeneration"] = generation
    status["conditions"] = _conditions(pod, containers, phase, now, sandbox=sandbox)
    status["hostIP"], status["hostIPs"] = host_address, [{"ip": host_address}]
    if address:
        status["podIP"], status["podIPs"] = address, [{"ip": address}]
    status.setdefault("startTime", format_time(now))
    statuses: dict[str, list[Object]] = {}
    initializing = bool(pod["spec"].get("initContainers"))
    for container in containers:
        shown = container_status(container, now, initializing=initializing)
        statuses.setdefault(_FIELDS[container.role], []).append(shown)
    if main := statuses.get("containerStatuses"):
        main.sort(key=lambda entry: str(entry["name"]))
    status.update(statuses)
    return status


def _conditions(
    pod: Object, containers: Sequence[Container], phase: str, now: datetime, *, sandbox: bool
) -> list[Object]:
    given: list[Object] = (pod.get("status") or {}).get("conditions") or []
    conditions = [c for c in given if c["type"] not in OWNED]
    old = {c["type"]: c for c in given}
    for kind, finding in findings(pod, containers, phase, now, sandbox=sandbox).items():
        value = "True" if finding.true else "False"
        known = old.get(kind, {})
        same = known.get("status") == value
        condition: Object = {"type": kind}
        if generation := pod["metadata"].get("generation"):
            condition["observedGeneration"] = generation
        condition["status"] = value
        condition["lastProbeTime"] = None
        condition["lastTransitionTime"] = (
            known.get("lastTransitionTime") if same else format_time(now)
        )
        if finding.reason:
            condition["reason"] = finding.reason
        if finding.message:
            condition["message"] = finding.message
        conditions.append(condition)
    return conditions


def container_status(container: Container, now: datetime, *, initializing: bool) -> Object:
    """One ContainerStatus."""
    current, spec = container.current, container.spec
    status: Object = {
        "name": container.name,
        "state": _state(container, initializing),
        "lastState": {},
        "ready": is_ready(container, now),
        "restartCount": container.restarts,
        "image": spec.get("image", ""),
        "imageID": "",
    }
    last = current if container.waiting is not None and container.exited else container.previous
    if last is not None:
        status["lastState"] = {"terminated": _terminated(last)}
    if current is not None:
        status["image"] = images.shown(spec.get("image", ""))
        status["imageID"] = container.image_reference
        status["containerID"] = f"containerd://{current.id}"
    if container.role != "ephemeral":
        status["started"] = is_started(container, now)
    if container.role == "init":
        status["ready"] = container.succeeded
        status["started"] = container.running
    elif container.role == "ephemeral":
        status["ready"] = False
    if current is not None:
        resources: Object = spec.get("resources") or {}
        if requests := resources.get("requests"):
            status["allocatedResources"] = requests
        status["resources"] = resources
    if mounts := spec.get("volumeMounts"):
        status["volumeMounts"] = [_mount(mount) for mount in mounts]
    return status


def _state(container: Container, initializing: bool) -> Object:
    if container.waiting is not None:
        reason, message = container.waiting
        waiting = {"reason": reason}
        if message:
            waiting["message"] = message
        return {"waiting": waiting}
    current = container.current
    if current is None:
        return {"waiting": {"reason": "PodInitializing" if initializing else "ContainerCreating"}}
    if current.state == "running":
        return {"running": {"startedAt": _time(current.started_at)}}
    if current.state == "exited":
        return {"terminated": _terminated(current)}
    return {"waiting": {}}


def _terminated(status: ContainerStatus) -> Object:
    found: Object = {"exitCode": status.exit_code}
    if status.reason:
        found["reason"] = status.reason
    if status.message:
        found["message"] = status.message
    found["startedAt"] = _time(status.started_at)
    found["finishedAt"] = _time(status.finished_at)
    found["containerID"] = f"containerd://{status.id}"
    return found


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def _mount(mount: Object) -> Object:
    found: Object = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        found["readOnly"] = True
        wanted = mount.get("recursiveReadOnly")
        found["recursiveReadOnly"] = (
            "Enabled" if wanted in ("Enabled", "IfPossible") else "Disabled"
        )
    return found
