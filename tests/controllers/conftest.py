"""Controllers and the scheduler without any node: tests play the kubelets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.client import Client
from fakek8s.controlplane import ControlPlane
from fakek8s.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server

Object = dict[str, Any]

_QUIET = 25


class World:
    """The API and what runs behind it; `settle` waits until nobody has work left."""

    def __init__(self, client: Client, plane: ControlPlane, clock: VirtualClock) -> None:
        self.client = client
        self.plane = plane
        self.clock = clock
        clock.settle = self.settle

    async def settle(self) -> None:
        quiet = 0
        while quiet < _QUIET:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self.plane.idle else 0

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.settle()

    async def node(self, name: str, **more: Any) -> Object:
        """A node that says it is ready; `more` goes into metadata, spec and status."""
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}
        capacity = {"cpu": "2", "memory": "2Gi", "pods": "10"}
        node = {
            "metadata": {"name": name, **more.get("metadata", {})},
            "spec": more.get("spec", {}),
            "status": {"capacity": capacity, "conditions": [ready], **more.get("status", {})},
        }
        await self.client.create("nodes", "", node)
        await self.settle()
        return await self.client.get("nodes", "", name)

    async def condition(self, node: str, kind: str, status: str, **more: Any) -> Object:
        """Reports a condition as the node's kubelet would."""
        patch = {"status": {"conditions": [{"type": kind, "status": status, **more}]}}
        await self.client.patch("nodes", "", node, patch, form="strategic", subresource="status")
        await self.settle()
        return await self.client.get("nodes", "", node)

    async def pod(self, name: str, **spec: Any) -> Object:
        """A pod, and what has become of it."""
        metadata = {"name": name, **spec.pop("metadata", {})}
        spec = {"containers": [{"name": "c", "image": "i"}], **spec}
        await self.client.create("pods", "ns", {"metadata": metadata, "spec": spec})
        await self.settle()
        return await self.client.get("pods", "ns", name)

    async def get(self, name: str) -> Object:
        return await self.client.get("pods", "ns", name)

    async def exists(self, name: str) -> bool:
        found, _ = await self.client.list("pods", "ns", fields=f"metadata.name={name}")
        return bool(found)

    async def events(self, name: str, namespace: str = "ns") -> list[Object]:
        """All events about an object, oldest first."""
        fields = f"involvedObject.name={name}"
        found, _ = await self.client.list("events", namespace, fields=fields)
        return sorted(found, key=lambda event: int(event["metadata"]["resourceVersion"]))


@pytest.fixture
async def world(server: Server, clock: VirtualClock) -> AsyncIterator[World]:
    plane = ControlPlane(server, clock, Settings(nodes=0, seed=1), b"authority")
    await plane.start()
    client = Client(server, user_agent="tester/1")
    await client.create("namespaces", "", {"metadata": {"name": "ns"}})
    world = World(client, plane, clock)
    await world.settle()
    yield world
    await plane.stop()


def taints(node: Object) -> list[tuple[str, str]]:
    """(key without its prefix, effect) of a node's taints."""
    found = node["spec"].get("taints", ())
    return [(t["key"].removeprefix("node.kubernetes.io/"), t["effect"]) for t in found]
