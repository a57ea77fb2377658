"""The phase of a pod, from what has become of its containers.

Source: pkg/kubelet/kubelet_pods.go (getPhase).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kubelet.restarts import should_restart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.kubelet.containers import Container

Object = dict[str, Any]

TERMINAL = ("Failed", "Succeeded")


def phase_of(spec: Object, containers: Sequence[Container], *, ended: bool) -> str:
    """`ended`: the pod's containers will not be started (again) whatever the restart policy."""
    initializing = False
    for container in (c for c in containers if c.role == "init"):
        code = _last_code(container)
        if code is None:
            initializing = True
        elif code != 0 and not should_restart(container.spec, spec, code):
            return "Failed"
    main = [c for c in containers if c.role == "main"]
    started = any(c.current is not None for c in main)
    sidecars = [c for c in containers if c.role == "sidecar"]
    if not started and any(c.started_at() is None and not c.exited for c in sidecars):
        initializing = True
    waiting = [c for c in main if c.current is None]
    if initializing or (waiting and not ended):
        return "Pending"
    if waiting or any(c.running for c in (*main, *sidecars)):
        return "Running" if started else "Pending"
    codes = [c.current.exit_code for c in main if c.current is not None]
    if not ended and any(
        should_restart(c.spec, spec, c.current.exit_code) for c in main if c.current is not None
    ):
        return "Running"
    return "Failed" if any(codes) else "Succeeded"


def _last_code(container: Container) -> int | None:
    """The exit code of an init container that has ended (in whatever run); None without one."""
    if container.exited and container.current is not None:
        return container.current.exit_code
    return None
