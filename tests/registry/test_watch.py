"""Watches: what each change means to whom, bookmarks, ends, and history that is gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.registry.options import ListOptions
from fakek8s.registry.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock
    from fakek8s.registry.watch import WatchEvent
    from fakek8s.server.server import Server

MAPS = "configmaps"


async def start(client: Client, **query: str) -> AsyncIterator[list[WatchEvent]]:
    parameters = {"watch": ["1"]} | {name: [value] for name, value in query.items()}
    answer = await client.request("GET", MAPS, "ns", query=parameters)
    assert answer.watch is not None
    return answer.watch


async def take(events: AsyncIterator[list[WatchEvent]], count: int) -> list[WatchEvent]:
    found: list[WatchEvent] = []
    while len(found) < count:
        found += await asyncio.wait_for(anext(events), 5)
    return found


def shown(event: WatchEvent) -> tuple[str, str, str]:
    obj: dict[str, Any] = event.entry.object if event.entry else event.object or {}
    metadata = obj["metadata"]
    return event.type, metadata.get("name", ""), (metadata.get("labels") or {}).get("in", "")


async def label(client: Client, name: str, value: str) -> None:
    await client.patch(MAPS, "ns", name, {"metadata": {"labels": {"in": value}}})


async def test_a_selector_watch_sees_objects_enter_and_leave(client: Client) -> None:
    made = await client.create(MAPS, "ns", {"metadata": {"name": "a", "labels": {"in": "1"}}})
    events = await start(
        client, labelSelector="in=1", resourceVersion=made["metadata"]["resourceVersion"]
    )
    await client.patch(MAPS, "ns", "a", {"data": {"k": "v"}})
    await label(client, "a", "0")
    await label(client, "a", "1")
    await client.delete(MAPS, "ns", "a")
    found = await take(events, 4)
    assert [shown(event) for event in found] == [
        ("MODIFIED", "a", "1"),
        ("DELETED", "a", "1"),
        ("ADDED", "a", "1"),
        ("DELETED", "a", "1"),
    ]
    left = found[1].entry
    assert left is not None
    assert left.object["data"] == {"k": "v"}
    revisions = [event.entry.revision for event in found if event.entry]
    assert revisions == sorted(set(revisions))
    assert left.object["metadata"]["resourceVersion"] == str(revisions[1])


async def test_watchers_share_the_object_that_a_deletion_shows(client: Client) -> None:
    one, two = await start(client), await start(client)
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    first, second = await take(one, 1), await take(two, 1)
    await client.delete(MAPS, "ns", "a")
    first, second = await take(one, 1), await take(two, 1)
    assert first[0].entry is second[0].entry


async def test_initial_events_end_with_a_bookmark(client: Client) -> None:
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    events = await start(
        client,
        sendInitialEvents="true",
        resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true",
    )
    found = await take(events, 2)
    assert [event.type for event in found] == ["ADDED", "BOOKMARK"]
    end = found[1].object
    assert end is not None
    assert end["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert end["kind"] == "ConfigMap"


async def test_a_watch_ends_when_its_time_is_over(client: Client, clock: VirtualClock) -> None:
    events = await start(client, timeoutSeconds="30")
    ended = asyncio.ensure_future(anext(events, None))
    await clock.advance(29)
    assert not ended.done()
    await clock.advance(2)
    assert await asyncio.wait_for(ended, 5) is None


async def test_bookmarks_follow_the_store_while_nothing_happens(
    client: Client, server: Server, clock: VirtualClock
) -> None:
    events = await start(client, allowWatchBookmarks="true", timeoutSeconds="600")
    await take(events, 1)  # the end of the initial events
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await client.create("secrets", "ns", {"metadata": {"name": "s"}})
    await clock.advance(61)
    batch = await asyncio.wait_for(waiting, 5)
    assert [event.type for event in batch] == ["BOOKMARK"]
    assert batch[0].object is not None
    version = batch[0].object["metadata"]["resourceVersion"]
    assert version == str(server.registry.store.revision)


async def test_history_that_is_gone_is_an_error_event(client: Client, server: Server) -> None:
    events = await start(client, resourceVersion="1")
    found = await take(events, 1)
    assert found[0].type == "ERROR"
    assert found[0].object is not None
    assert (found[0].object["code"], found[0].object["reason"]) == (410, "Expired")


async def test_a_reader_that_compaction_overtakes_is_told(client: Client, server: Server) -> None:
    registry = server.registry
    kind = registry.catalogue.by_resource(MAPS)
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    events = watch(registry, kind, "ns", ListOptions(watch=True))
    assert (await take(events, 1))[0].type == "ADDED"
    for number in range(5):
        await client.patch(MAPS, "ns", "a", {"data": {"k": str(number)}})
    registry.store.compact(registry.store.revision)
    await client.patch(MAPS, "ns", "a", {"data": {"k": "last"}})
    assert (await take(events, 1))[0].type == "ERROR"


async def test_closing_the_store_ends_every_watch(client: Client, server: Server) -> None:
    events = await start(client)
    ended = asyncio.ensure_future(anext(events, None))
    await asyncio.sleep(0)
    server.registry.store.close()
    assert await asyncio.wait_for(ended, 5) is None


@pytest.mark.parametrize("version", [{}, {"resourceVersion": "0"}])
async def test_a_watch_from_nowhere_says_where_its_initial_events_end(
    client: Client, version: dict[str, str]
) -> None:
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    events = await start(client, allowWatchBookmarks="true", **version)
    assert [event.type for event in await take(events, 2)] == ["ADDED", "BOOKMARK"]
    with pytest.raises(errors.APIError, match="is forbidden when continue is provided"):
        await start(client, **version, **{"continue": "x"})


async def test_what_follows_a_version_of_the_future_is_waited_for(
    client: Client, clock: VirtualClock
) -> None:
    events = await start(client, resourceVersion="99999", timeoutSeconds="30")
    ended = asyncio.ensure_future(anext(events, None))
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}})
    await clock.advance(31)
    assert await asyncio.wait_for(ended, 5) is None


async def test_initial_events_of_the_future_are_an_error(client: Client) -> None:
    asked = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    (event,) = await take(await start(client, resourceVersion="99999", **asked), 1)
    assert event.object is not None
    assert (event.type, event.object["code"]) == ("ERROR", 504)


async def test_a_watch_that_is_over_before_it_begins_is_an_error(client: Client) -> None:
    (event,) = await take(await start(client, timeoutSeconds="-1"), 1)
    assert event.object is not None
    assert event.object["message"] == "context deadline exceeded"
