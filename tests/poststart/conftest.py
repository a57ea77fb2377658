"""An API server alone, and its own hooks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.client import Client
from fakek8s.poststart import PostStart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server

Object = dict[str, Any]

_QUIET = 25


class World:
    """The API; every write is followed until the hooks have nothing left to do."""

    def __init__(self, server: Server, hooks: PostStart) -> None:
        self.client = Client(server)
        self._definitions = server.definitions
        self._hooks = hooks

    async def settle(self) -> None:
        await self._definitions.current()
        quiet = 0
        while quiet < _QUIET:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._hooks.idle else 0

    async def create(self, resource: str, name: str, spec: Object, **more: Any) -> None:
        metadata = {"name": name, **more.pop("metadata", {})}
        namespace = metadata.get("namespace", "")
        await self.client.create(resource, namespace, {"metadata": metadata, "spec": spec, **more})
        await self.settle()

    async def patch(self, resource: str, name: str, patch: Any) -> None:
        await self.client.patch(resource, "", name, patch)
        await self.settle()

    async def delete(self, resource: str, name: str) -> None:
        await self.client.delete(resource, "", name)
        await self.settle()

    async def find(self, resource: str, name: str) -> Object | None:
        found, _ = await self.client.list(resource, fields=f"metadata.name={name}")
        return found[0] if found else None

    async def condition(self, resource: str, name: str) -> Object:
        """The one condition of an object."""
        found = await self.client.get(resource, "", name)
        (condition,) = found["status"]["conditions"]
        return dict(condition)


@pytest.fixture
async def world(server: Server, clock: VirtualClock) -> AsyncIterator[World]:
    hooks = PostStart(server, clock)
    await hooks.start()
    try:
        yield World(server, hooks)
    finally:
        await hooks.stop()
