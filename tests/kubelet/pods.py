"""Pods for tests: made, waited for, read back, with all that was seen of them on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kubelet.logs import LogSource

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock
    from fakek8s.controlplane import ControlPlane

Object = dict[str, Any]

#: Rounds of turns without news after which everybody has done what they could.
_QUIET = 25


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`logs.Options` with its defaults."""

    follow: bool = False
    previous: bool = False
    since: datetime | None = None
    since_seconds: int | None = None
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    stream: str = "All"


class Pods:
    """The pods of namespace `ns`, and every event that a watch on them saw."""

    def __init__(self, client: Client, plane: ControlPlane, clock: VirtualClock) -> None:
        self.client = client
        self.plane = plane
        self.clock = clock
        self.seen: list[tuple[str, Object]] = []
        self.logs = LogSource(plane.fleet)
        clock.settle = self.settle
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for batch in self.client.watch("pods", "ns"):
            self.seen += batch

    async def close(self) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    async def settle(self) -> None:
        """Gives everybody their turns until nobody has work left at this instant."""
        quiet = 0
        while quiet < _QUIET:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self.plane.idle else 0

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.settle()

    async def create(self, name: str, *containers: Object, **spec: Any) -> Object:
        """A pod, and what has become of it at once."""
        named = [{"name": f"c{n}" if n else "c", **c} for n, c in enumerate(containers)]
        pod = {"metadata": {"name": name}, "spec": {"containers": named, **spec}}
        await self.client.create("pods", "ns", pod)
        await self.settle()
        return await self.get(name)

    async def get(self, name: str) -> Object:
        return await self.client.get("pods", "ns", name)

    async def delete(self, name: str, **options: Any) -> None:
        await self.client.delete("pods", "ns", name, **options)
        await self.settle()

    async def is_gone(self, name: str) -> bool:
        try:
            await self.get(name)
        except errors.APIError as error:
            return error.code == 404
        return False

    async def log(self, name: str, container: str = "c", **wanted: Any) -> str:
        lines = self.logs.logs(await self.get(name), container, Wanted(**wanted))
        return b"".join([line async for line in lines]).decode()

    async def events(self, name: str) -> list[tuple[str, str]]:
        """(reason, message) of all events about a pod, oldest first."""
        found, _ = await self.client.list("events", "ns", fields=f"involvedObject.name={name}")
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["reason"], event["message"]) for event in found]

    def statuses(self, name: str) -> list[Object]:
        """All statuses that the watch saw of a pod, its deletion included."""
        return [obj["status"] for _, obj in self.seen if obj["metadata"]["name"] == name]


def shell(script: str, **more: Any) -> Object:
    """A container that runs a script."""
    return {"image": "busybox", "command": ["sh", "-c", script], **more}


def state(pod: Object, container: str = "c", field: str = "containerStatuses") -> Object:
    """The ContainerStatus of a container."""
    found: Object = next(s for s in pod["status"][field] if s["name"] == container)
    return found


def conditions(status: Object) -> dict[str, str]:
    """The conditions of a status by type."""
    return {c["type"]: c["status"] for c in status.get("conditions", ())}
