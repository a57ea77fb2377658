"""A container as the kubelet sees it: its spec, what the runtime says, and how often it ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from fakek8s.kubelet.restarts import Backoff, is_sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kubelet.runtime import ContainerStatus

Object = dict[str, Any]
Role = Literal["init", "sidecar", "main", "ephemeral"]

#: By role: where in the pod's spec such containers stand.
SPEC_FIELDS: dict[Role, str] = {
    "init": "initContainers",
    "sidecar": "initContainers",
    "main": "containers",
    "ephemeral": "ephemeralContainers",
}


@dataclass(slots=True)
class Container:
    """`current` is the latest run, `previous` the one before; `waiting` is (reason, message).

    `results`: of probes that run commands in the current run, by their field in the spec.
    """

    spec: Object
    role: Role
    current: ContainerStatus | None = None
    previous: ContainerStatus | None = None
    restarts: int = 0
    image_reference: str = ""
    waiting: tuple[str, str] | None = None
    backoff: Backoff = field(default_factory=Backoff)
    image_backoff: Backoff = field(default_factory=Backoff)
    image_failed_at: datetime | None = None
    results: dict[str, bool] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The container's name."""
        name: str = self.spec["name"]
        return name

    @property
    def field_path(self) -> str:
        """Where it stands in its pod, as events say it."""
        return f"spec.{SPEC_FIELDS[self.role]}{{{self.name}}}"

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.current is not None and self.current.state == "running"

    @property
    def exited(self) -> bool:
        """Whether it ran and has ended."""
        return self.current is not None and self.current.state == "exited"

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with 0."""
        return self.exited and self.current is not None and self.current.exit_code == 0

    def started_at(self) -> datetime | None:
        """When it counts as started: but for commands, probes succeed as soon as they may ask."""
        return self._after("startupProbe")

    def ready_at(self) -> datetime | None:
        """When it counts as ready; None while it does not run."""
        started, ready = self._after("startupProbe"), self._after("readinessProbe")
        return None if started is None or ready is None else max(started, ready)

    def _after(self, probe: str) -> datetime | None:
        if not self.running or self.current is None or self.current.started_at is None:
            return None
        wanted = self.spec.get(probe) or {}
        if "exec" in wanted:
            return self.current.started_at if self.results.get(probe) else None
        return self.current.started_at + timedelta(seconds=wanted.get("initialDelaySeconds", 0))


def containers_of(spec: Object) -> Iterator[tuple[Role, Object]]:
    """All containers of a pod: init containers first, in their order."""
    for container in spec.get("initContainers") or ():
        yield ("sidecar" if is_sidecar(container) else "init"), container
    for container in spec.get("containers") or ():
        yield "main", container
    for container in spec.get("ephemeralContainers") or ():
        yield "ephemeral", container
