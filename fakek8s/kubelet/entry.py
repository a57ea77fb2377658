"""One pod on one node: the API's object and what the kubelet knows beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakek8s.kubelet.containers import Container, containers_of

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kubelet.files import Volume
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """`gone`: the API has no such pod any more. `failure`: (reason, message) of the whole pod.

    `problem`: what it lacks just now; `reported`: what users have heard of that.
    """

    pod: Object
    gone: bool = False
    containers: dict[str, Container] = field(default_factory=dict)
    sandbox: str = ""
    address: str = ""
    released: bool = False
    volumes: dict[str, Volume] | None = None
    problem: str = ""
    reported: str = ""
    remount_at: datetime | None = None
    failure: tuple[str, str] | None = None
    grace: float | None = None
    stopping: set[str] = field(default_factory=set)
    deleted: bool = False

    @property
    def uid(self) -> str:
        """The pod's uid."""
        uid: str = self.pod["metadata"]["uid"]
        return uid

    @property
    def spec(self) -> Object:
        """The pod's spec."""
        spec: Object = self.pod["spec"]
        return spec

    @property
    def title(self) -> str:
        """`name_namespace(uid)` (kubelet's format.Pod)."""
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    @property
    def deleting(self) -> bool:
        """Whether the pod is to go."""
        return "deletionTimestamp" in self.pod["metadata"]

    @property
    def host_network(self) -> bool:
        """Whether it has its node's address."""
        return bool(self.spec.get("hostNetwork"))

    def accept(self, pod: Object) -> bool:
        """Takes a version of the pod; False if it is not newer than the one at hand."""
        if _revision(pod) <= _revision(self.pod):
            return False
        self.pod = pod
        return True

    def refresh(self, runtime: Runtime) -> None:
        """Takes over new containers of the spec, and what has become of all of them."""
        for role, spec in containers_of(self.spec):
            known = self.containers.get(spec["name"])
            if known is None:
                self.containers[spec["name"]] = Container(spec, role)
            else:
                known.spec = spec
        for container in self.containers.values():
            if container.current is not None:
                container.current = runtime.container_status(container.current.id)

    def having(self, *roles: str) -> list[Container]:
        """The containers of these roles, in the spec's order."""
        return [c for c in self.containers.values() if c.role in roles]

    @property
    def running(self) -> list[Container]:
        """The containers that run."""
        return [c for c in self.containers.values() if c.running]


def _revision(pod: Object) -> int:
    return int(pod["metadata"]["resourceVersion"])
