"""An API server without a door on a virtual clock, whose store proves that nobody edits it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from fakek8s.assembly import Prepared, assemble
from fakek8s.client.client import Client
from fakek8s.clock import VirtualClock
from fakek8s.settings import Settings
from fakek8s.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.server.server import Server
    from fakek8s.store.types import Entry

_PREPARED = Prepared()


class GuardedStore(MemoryStore):
    """A store that remembers each object as it was written, to find out who edits one later."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._written: list[tuple[Entry, bytes]] = []

    async def commit(self, *args: Any, **options: Any) -> Entry | None:
        entry = await super().commit(*args, **options)
        if entry is not None:
            self._written.append((entry, orjson.dumps(entry.object)))
        return entry

    def check(self) -> None:
        """Fails if a stored object changed after it was written."""
        for entry, digest in self._written:
            assert orjson.dumps(entry.object) == digest, f"{entry.resource} {entry.name_key}"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
async def server(clock: VirtualClock) -> AsyncIterator[Server]:
    settings = Settings(profile="apiserver", seed=1)
    snapshot = await _PREPARED.snapshot(settings)
    server = await assemble(
        settings,
        clock,
        snapshot,
        address="192.0.2.1",
        port=6443,
        token="t",
        store_type=GuardedStore,
    )
    yield server
    store = server.registry.store
    assert isinstance(store, GuardedStore)
    store.check()
    store.close()


@pytest.fixture
async def client(server: Server) -> Client:
    client = Client(server, user_agent="tester/1")
    await client.create("namespaces", "", {"metadata": {"name": "ns"}})
    return client
