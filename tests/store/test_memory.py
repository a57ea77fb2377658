"""The memory store: the common suite, compaction by age and count, snapshots."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from fakek8s.clock import VirtualClock
from fakek8s.store.memory import MemoryStore
from fakek8s.store.types import Compacted
from fakek8s.store.watcher import Watcher
from tests.store.suite import CASES, PODS, Case, delete, keys, pod, put, told


def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_the_memory_store_is_a_store(case: Case) -> None:
    await case(lambda: MemoryStore(clock()))


async def test_a_revision_is_readable_for_one_interval_and_gone_after_two() -> None:
    time = clock()
    store = MemoryStore(time, compaction_interval=300)
    old = await put(store, "x", "1")
    await put(store, "x", "2")
    await time.advance(299)
    assert store.range(PODS, revision=old.revision).entries == [old]
    await time.advance(299)
    assert store.range(PODS, revision=old.revision).entries == [old]
    await time.advance(2)
    with pytest.raises(Compacted):
        store.range(PODS, revision=old.revision)
    with pytest.raises(Compacted):
        store.events(PODS, old.revision)


async def test_age_compacts_to_where_the_store_was_an_interval_ago() -> None:
    time = clock()
    store = MemoryStore(time, compaction_interval=300)
    await time.advance(100)
    first = await put(store, "x", "1")
    await time.advance(250)  # a tick: the store was at `first`
    second = await put(store, "x", "2")
    assert store.compacted < first.revision
    await time.advance(250)
    third = await put(store, "x", "3")
    assert store.compacted == first.revision
    await time.advance(10_000)
    assert store.compacted == third.revision
    assert store.get(PODS, "x", third.revision) is third
    assert second.revision < third.revision


async def test_a_long_silence_expires_everything_but_the_present() -> None:
    time = clock()
    store = MemoryStore(time)
    watcher = Watcher(store, PODS, store.revision)
    await put(store, "x", resource="services")
    await time.advance(3 * 3600)
    entry = await put(store, "x")
    assert store.compacted == entry.revision - 1
    assert told(await watcher.next_batch()) == ["+x"]


async def test_many_events_are_cut_to_the_number_kept() -> None:
    store = MemoryStore(clock(), keep_events=100)
    for number in range(1500):
        await put(store, "x", str(number))
        kept = store.statistics().resources[PODS].events
        assert min(number + 1, 100) <= kept <= 1100
    assert store.compacted > 1
    assert store.range(PODS, revision=store.compacted).entries[0].revision == store.compacted


async def test_a_watch_timeout_is_measured_by_the_clock() -> None:
    time = clock()
    store = MemoryStore(time)
    watcher = Watcher(store, PODS, store.revision)
    waiting = asyncio.ensure_future(watcher.next_batch(timeout=60))
    await time.advance(59)
    await put(store, "x", resource="services")
    assert not waiting.done()
    assert time.next_due() is None  # nobody needs time to pass for it
    await time.advance(1)
    assert await waiting == []
    assert watcher.cursor == store.revision
    assert store.signal(PODS).waiting == 0


async def test_stores_from_one_snapshot_share_entries_and_nothing_else() -> None:
    origin = MemoryStore(clock())
    entry = await put(origin, "a/x")
    await put(origin, "a/y", resource="services")
    snapshot = origin.snapshot()
    first, second = (MemoryStore(clock(), snapshot=snapshot) for _ in range(2))
    assert first.get(PODS, "a/x") is second.get(PODS, "a/x") is entry
    assert first.revision == snapshot.revision

    changed = await put(first, "a/x", "first")
    await put(first, "a/new")
    await delete(second, "a/x")
    await put(origin, "a/x", "origin")
    assert first.get(PODS, "a/x") is changed
    assert keys(first.range(PODS).entries) == ["a/new", "a/x"]
    assert second.range(PODS).entries == []
    assert keys(origin.range(PODS).entries) == ["a/x"]
    assert MemoryStore(clock(), snapshot=snapshot).range(PODS).entries == [entry]


async def test_a_snapshot_does_not_move_when_its_store_does() -> None:
    store = MemoryStore(clock())
    old = await put(store, "x", "1")
    snapshot = store.snapshot()
    await put(store, "x", "2")
    await put(store, "y")
    restored = MemoryStore(clock(), snapshot=snapshot)
    assert restored.range(PODS).entries == [old]
    again = await restored.commit(PODS, "x", old.revision, pod("other"))
    assert again is not None
    assert (again.revision, again.created) == (old.revision + 1, old.created)


async def test_the_history_of_a_store_from_a_snapshot_begins_there() -> None:
    origin = MemoryStore(clock())
    old = await put(origin, "x", "1")
    await put(origin, "x", "2")
    store = MemoryStore(clock(), snapshot=origin.snapshot())
    for resource in (PODS, "nothing"):
        with pytest.raises(Compacted):
            store.range(resource, revision=old.revision)
        with pytest.raises(Compacted):
            await Watcher(store, resource, old.revision).next_batch()
    watcher = Watcher(store, PODS, store.revision)
    await delete(store, "x")
    assert told(await watcher.next_batch()) == ["-x"]


async def test_writes_show_in_lists_that_were_cached() -> None:
    store = MemoryStore(clock())
    await put(store, "a/x")
    assert store.range(PODS, prefix="a/").entries is store.range(PODS, prefix="a/").entries
    await put(store, "a/y")
    assert keys(store.range(PODS, prefix="a/").entries) == ["a/x", "a/y"]
    await delete(store, "a/x")
    assert keys(store.range(PODS, prefix="a/").entries) == ["a/y"]
