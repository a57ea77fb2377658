"""Informers: a copy that follows, and handlers that hear of every change once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.informer import Informers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informer
    from fakek8s.clock import VirtualClock

MAPS = "configmaps"


@pytest.fixture
async def informers(client: Client, clock: VirtualClock) -> AsyncIterator[Informers]:
    informers = Informers(client, clock)
    yield informers
    await informers.stop()


async def until(informer: Informer, name: str, *, there: bool) -> None:
    """Waits for the informer to hear of an object, or of its end."""
    reached = asyncio.Event()

    def look(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        if (informer.get("ns", name) is not None) is there:
            reached.set()

    informer.on_change(look)
    look(None, None)
    await asyncio.wait_for(reached.wait(), 5)


async def test_an_informer_follows_what_happens(client: Client, informers: Informers) -> None:
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    maps = informers.of(MAPS)
    heard: list[tuple[Any, Any]] = []

    def handler(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        heard.append((old and old["metadata"]["name"], new and new["metadata"]["name"]))

    maps.on_change(handler)
    await informers.start()
    assert maps.get("ns", "a") is not None
    await client.create(MAPS, "ns", {"metadata": {"name": "b"}})
    await until(maps, "b", there=True)
    await client.delete(MAPS, "ns", "a")
    await until(maps, "a", there=False)
    mine = [change for change in heard if change[0] in ("a", "b") or change[1] in ("a", "b")]
    assert mine == [(None, "a"), (None, "b"), ("a", None)]
    assert [obj["metadata"]["name"] for obj in maps.list("ns")] == ["b"]


async def test_one_informer_serves_all_who_ask(informers: Informers) -> None:
    assert informers.of(MAPS) is informers.of(MAPS)
    assert informers.of(MAPS) is not informers.of(MAPS, labels="a=b")
