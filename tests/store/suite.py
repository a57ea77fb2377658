"""What every store must do, as functions that take a way to make an empty one.

Revisions are compared with what the store gave, never with numbers: a store may have lived
before. `CASES` lists them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from fakek8s.store.types import (
    Closed,
    Compacted,
    Entry,
    Event,
    FutureRevision,
    Object,
    RevisionMismatch,
    Store,
)
from fakek8s.store.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable

Factory = Callable[[], Store]
Case = Callable[[Factory], Awaitable[None]]
CASES: list[Case] = []

PODS = "pods"


def case(function: Case) -> Case:
    CASES.append(function)
    return function


def pod(text: str = "") -> Object:
    return {"kind": "Pod", "metadata": {"name": "x", "uid": "u", "resourceVersion": ""}, "x": text}


async def put(store: Store, key: str, text: str = "", resource: str = PODS) -> Entry:
    entry = await store.commit(resource, key, None, pod(text))
    assert entry is not None
    return entry


async def delete(store: Store, key: str, resource: str = PODS) -> int:
    """Gives the revision of the deletion."""
    assert await store.commit(resource, key, None, None) is not None
    return store.revision


def keys(entries: Iterable[Entry]) -> list[str]:
    return [entry.name_key for entry in entries]


def told(events: Iterable[Event]) -> list[str]:
    """Events in short: +key created, =key changed, -key deleted."""
    return [
        ("+" if event.old is None else "-" if event.new is None else "=") + event.name_key
        for event in events
    ]


# --- writing


@case
async def a_write_takes_the_next_revision_and_stamps_it(make: Factory) -> None:
    store = make()
    before = store.revision
    first = await put(store, "a/x")
    second = await put(store, "a/y")
    assert (first.revision, second.revision) == (before + 1, before + 2)
    assert store.revision == before + 2
    assert first.object["metadata"]["resourceVersion"] == str(before + 1)


@case
async def the_revision_is_counted_over_all_resources(make: Factory) -> None:
    store = make()
    first = await put(store, "a/x")
    second = await put(store, "a/x", resource="services")
    assert second.revision == first.revision + 1


@case
async def the_value_of_a_commit_is_not_edited(make: Factory) -> None:
    store, value = make(), pod()
    same = deepcopy(value)
    entry = await store.commit(PODS, "a/x", 0, value)
    assert value == same
    assert entry is not None
    assert entry.object is not value


@case
async def the_stamp_keeps_its_place_among_the_metadata(make: Factory) -> None:
    store = make()
    for names, expected in (
        (["name", "uid", "resourceVersion", "labels"], None),
        (["name", "uid", "labels"], ["name", "uid", "resourceVersion", "labels"]),
        (["labels", "name"], ["labels", "name", "resourceVersion"]),
    ):
        entry = await store.commit(PODS, "x", None, {"metadata": dict.fromkeys(names, "")})
        assert entry is not None
        assert list(entry.object["metadata"]) == (expected or names)


@case
async def an_object_may_be_kept_unstamped(make: Factory) -> None:
    store, value = make(), pod()
    entry = await store.commit(PODS, "a/x", 0, value, stamp=False)
    assert entry is not None
    assert entry.object == value
    assert entry.revision == store.revision


@case
async def a_change_keeps_the_revision_of_the_creation(make: Factory) -> None:
    store = make()
    first = await put(store, "a/x", "1")
    second = await put(store, "a/x", "2")
    assert (first.created, second.created) == (first.revision, first.revision)


@case
async def a_creation_after_a_deletion_is_a_new_incarnation(make: Factory) -> None:
    store = make()
    first = await put(store, "a/x")
    await delete(store, "a/x")
    again = await store.commit(PODS, "a/x", 0, pod())
    assert again is not None
    assert again.created == again.revision > first.revision + 1


@case
async def expecting_nothing_refuses_what_is_there(make: Factory) -> None:
    store = make()
    there = await put(store, "a/x")
    with pytest.raises(RevisionMismatch) as refused:
        await store.commit(PODS, "a/x", 0, pod())
    assert refused.value.current is there
    assert store.revision == there.revision


@case
async def expecting_a_revision_refuses_any_other(make: Factory) -> None:
    store = make()
    old = await put(store, "a/x", "1")
    new = await put(store, "a/x", "2")
    for value in (pod("3"), None):
        with pytest.raises(RevisionMismatch) as refused:
            await store.commit(PODS, "a/x", old.revision, value)
        assert refused.value.current is new
    changed = await store.commit(PODS, "a/x", new.revision, pod("3"))
    assert changed is store.get(PODS, "a/x")


@case
async def expecting_a_revision_refuses_what_is_not_there(make: Factory) -> None:
    store = make()
    old = await put(store, "a/x")
    await delete(store, "a/x")
    with pytest.raises(RevisionMismatch) as refused:
        await store.commit(PODS, "a/x", old.revision, None)
    assert refused.value.current is None


@case
async def a_deletion_gives_what_was_there_and_takes_a_revision(make: Factory) -> None:
    store = make()
    there = await put(store, "a/x")
    assert await store.commit(PODS, "a/x", there.revision, None) is there
    assert store.revision == there.revision + 1
    assert store.get(PODS, "a/x") is None
    assert store.resources() == []


@case
async def deleting_what_is_not_there_changes_nothing(make: Factory) -> None:
    store = make()
    before = store.revision
    assert await store.commit(PODS, "a/x", None, None) is None
    assert await store.commit(PODS, "a/x", 0, None) is None
    assert store.revision == before


# --- reading


@case
async def keys_are_ordered_as_bytes_and_prefixes_end_at_the_slash(make: Factory) -> None:
    store = make()
    for key in ("a/x", "b/x", "a-b/x", "a/w", "a.b/x", "ab/x", "node", "a"):
        await put(store, key)
    everything = ["a", "a-b/x", "a.b/x", "a/w", "a/x", "ab/x", "b/x", "node"]
    assert keys(store.range(PODS).entries) == everything
    assert keys(store.range(PODS, prefix="a/").entries) == ["a/w", "a/x"]
    assert keys(store.range(PODS, prefix="a-b/").entries) == ["a-b/x"]
    assert keys(store.range(PODS, prefix="c/").entries) == []
    assert keys(store.range("services").entries) == []
    assert store.resources() == [PODS]


@case
async def keys_beyond_ascii_are_ordered_as_utf8(make: Factory) -> None:
    store = make()
    names = ["\uffee", "\U0001f600", "z", "é"]
    for name in names:
        await put(store, name)
    assert keys(store.range(PODS).entries) == sorted(names, key=str.encode)


@case
async def pages_follow_one_another_without_gap_or_repetition(make: Factory) -> None:
    store = make()
    for key in ("a/1", "a/2", "a/3", "a/4", "a/5", "b/1"):
        await put(store, key)
    seen, start, remains = [], "", []
    while True:
        page = store.range(PODS, prefix="a/", start=start, limit=2)
        seen += keys(page.entries)
        remains.append(page.remaining)
        if not page.remaining:
            break
        start = seen[-1] + "\0"
    assert seen == ["a/1", "a/2", "a/3", "a/4", "a/5"]
    assert remains == [3, 1, 0]


@case
async def a_page_starts_at_its_start_even_where_nothing_is(make: Factory) -> None:
    store = make()
    for key in ("a/1", "a/3", "b/1"):
        await put(store, key)
    assert keys(store.range(PODS, start="a/2").entries) == ["a/3", "b/1"]
    assert keys(store.range(PODS, prefix="a/", start="a/2").entries) == ["a/3"]
    assert keys(store.range(PODS, prefix="b/", start="a/2").entries) == ["b/1"]
    beyond = store.range(PODS, prefix="a/", start="b/0", limit=1)
    assert (beyond.entries, beyond.remaining) == ([], 0)


@case
async def a_list_that_was_read_is_not_changed_by_later_writes(make: Factory) -> None:
    store = make()
    old = await put(store, "a/x", "1")
    page = store.range(PODS)
    await put(store, "a/x", "2")
    await put(store, "a/y")
    assert page.entries == [old]
    assert keys(store.range(PODS).entries) == ["a/x", "a/y"]


@case
async def the_objects_of_now_are_those_of_the_entries(make: Factory) -> None:
    store = make()
    assert list(store.objects(PODS)) == []
    for key in ("b/1", "a/2", "a/1"):
        await put(store, key)
    for prefix in ("", "a/", "c/"):
        entries = store.range(PODS, prefix=prefix).entries
        assert list(store.objects(PODS, prefix)) == [entry.object for entry in entries]


@case
async def objects_that_were_read_are_not_changed_by_later_writes(make: Factory) -> None:
    store = make()
    old = await put(store, "a/x", "1")
    objects = store.objects(PODS, "a/")
    new = await put(store, "a/x", "2")
    assert list(objects) == [old.object]
    assert list(store.objects(PODS, "a/")) == [new.object]
    await delete(store, "a/x")
    assert list(store.objects(PODS, "a/")) == []


@case
async def a_list_tells_the_revision_of_the_store_not_of_its_entries(make: Factory) -> None:
    store = make()
    await put(store, "a/x")
    assert store.range(PODS).revision == store.revision
    await put(store, "a/x", resource="services")
    assert store.range(PODS).revision == store.revision
    assert store.range("nothing").revision == store.revision


@case
async def the_past_can_be_read_as_it_was(make: Factory) -> None:
    store = make()
    empty = store.revision
    first = await put(store, "a/x", "1")
    other = await put(store, "b/x")
    second = await put(store, "a/x", "2")
    gone = await delete(store, "a/x")
    again = await put(store, "a/x", "3")
    history: list[tuple[int, Entry | None, list[Entry]]] = [
        (empty, None, []),
        (first.revision, first, [first]),
        (other.revision, first, [first, other]),
        (second.revision, second, [second, other]),
        (gone, None, [other]),
        (again.revision, again, [again, other]),
    ]
    for revision, entry, entries in history:
        assert store.get(PODS, "a/x", revision) is entry
        page = store.range(PODS, revision=revision)
        assert (page.entries, page.revision) == (entries, revision)
        assert store.range(PODS, prefix="b/", revision=revision).entries == entries[-1:] * (
            other in entries
        )


@case
async def pages_of_one_revision_do_not_see_what_happens_between_them(make: Factory) -> None:
    store = make()
    for key in ("a", "b", "c", "d"):
        await put(store, key)
    first = store.range(PODS, limit=2)
    await delete(store, "c")
    await put(store, "bb")
    await put(store, "d", "new")
    second = store.range(PODS, start="b\0", limit=2, revision=first.revision)
    assert keys(second.entries) == ["c", "d"]
    assert second.entries[1].object["x"] == ""
    assert (first.remaining, second.remaining) == (2, 0)


@case
async def the_future_cannot_be_read(make: Factory) -> None:
    store = make()
    ahead = store.revision + 1
    for read in (
        lambda: store.get(PODS, "x", ahead),
        lambda: store.range(PODS, revision=ahead),
        lambda: store.compact(ahead),
    ):
        with pytest.raises(FutureRevision) as refused:
            read()
        assert (refused.value.requested, refused.value.current) == (ahead, ahead - 1)


# --- compaction


@case
async def the_compacted_revision_itself_can_still_be_read(make: Factory) -> None:
    store = make()
    old = await put(store, "x", "1")
    middle = await put(store, "x", "2")
    new = await put(store, "x", "3")
    store.compact(middle.revision)
    assert store.compacted == middle.revision
    assert store.range(PODS, revision=middle.revision).entries == [middle]
    assert store.get(PODS, "x", middle.revision) is middle
    assert store.get(PODS, "x", new.revision) is new
    for read in (
        lambda: store.get(PODS, "x", old.revision),
        lambda: store.range(PODS, revision=old.revision),
        lambda: store.range("nothing", revision=old.revision),
        lambda: store.events(PODS, old.revision),
    ):
        with pytest.raises(Compacted) as refused:
            read()
        assert (refused.value.requested, refused.value.compacted) == (old.revision, middle.revision)


@case
async def compaction_keeps_what_was_not_superseded(make: Factory) -> None:
    store = make()
    old = await put(store, "a")
    await put(store, "b")
    store.compact(store.revision)
    assert store.get(PODS, "a") is old
    assert store.get(PODS, "a", store.revision) is old
    assert keys(store.range(PODS, revision=store.revision).entries) == ["a", "b"]


@case
async def compaction_at_a_deletion_forgets_the_object(make: Factory) -> None:
    store = make()
    await put(store, "x", "1")
    gone = await delete(store, "x")
    again = await put(store, "x", "2")
    store.compact(gone)
    assert store.get(PODS, "x", gone) is None
    assert store.range(PODS, revision=gone).entries == []
    assert store.get(PODS, "x", again.revision) is again
    assert told(store.events(PODS, gone)) == ["+x"]


@case
async def compaction_before_a_deletion_keeps_the_object_for_it(make: Factory) -> None:
    store = make()
    there = await put(store, "x")
    gone = await delete(store, "x")
    store.compact(there.revision)
    assert store.get(PODS, "x", there.revision) is there
    [event] = store.events(PODS, there.revision)
    assert (event.revision, event.old, event.new) == (gone, there, None)


@case
async def compacting_what_is_compacted_changes_nothing(make: Factory) -> None:
    store = make()
    first = await put(store, "x", "1")
    second = await put(store, "x", "2")
    store.compact(second.revision)
    store.compact(first.revision)
    assert store.compacted == second.revision


@case
async def after_the_bootstrap_revision_1_is_expired_and_the_present_is_not(make: Factory) -> None:
    for writes in (0, 1, 3):
        store = make()
        for number in range(writes):
            await put(store, f"x{number}")
        store.end_bootstrap()
        with pytest.raises(Compacted):
            store.range(PODS, revision=1)
        with pytest.raises(Compacted):
            store.events(PODS, 1)
        assert len(store.range(PODS, revision=store.revision).entries) == writes
        assert store.events(PODS, store.revision) == []


# --- events


@case
async def events_tell_what_was_and_what_is(make: Factory) -> None:
    store = make()
    start = store.revision
    first = await put(store, "x", "1")
    second = await put(store, "x", "2")
    gone = await delete(store, "x")
    assert [(event.revision, event.old, event.new) for event in store.events(PODS, start)] == [
        (first.revision, None, first),
        (second.revision, first, second),
        (gone, second, None),
    ]


@case
async def events_resume_behind_any_revision(make: Factory) -> None:
    store = make()
    start = store.revision
    await put(store, "x")
    middle = await put(store, "y", resource="services")
    await put(store, "z")
    assert told(store.events(PODS, start)) == ["+x", "+z"]
    assert told(store.events(PODS, middle.revision)) == ["+z"]
    assert store.events(PODS, store.revision) == []
    assert store.events(PODS, store.revision + 100) == []
    assert store.events("nothing", start) == []


@case
async def events_come_in_batches_of_a_limit(make: Factory) -> None:
    store = make()
    start = store.revision
    for key in "abc":
        await put(store, key)
    assert told(store.events(PODS, start, 2)) == ["+a", "+b"]
    assert told(store.events(PODS, start + 2, 2)) == ["+c"]


# --- watching


@case
async def a_watcher_sees_what_was_written_since_and_then_waits(make: Factory) -> None:
    store = make()
    watcher = Watcher(store, PODS, store.revision)
    await put(store, "x")
    assert told(await watcher.next_batch()) == ["+x"]
    waiting = asyncio.ensure_future(watcher.next_batch())
    await asyncio.sleep(0)
    assert not waiting.done()
    await put(store, "x", "2")
    await delete(store, "x")
    assert told(await waiting) == ["=x", "-x"]


@case
async def a_watcher_is_not_woken_for_other_resources_but_its_cursor_moves(make: Factory) -> None:
    store = make()
    watcher = Watcher(store, PODS, store.revision)
    await put(store, "x", resource="services")
    assert watcher.next_batch_nowait() == []
    assert watcher.cursor == store.revision
    assert await watcher.next_batch(timeout=0) == []


@case
async def a_watcher_of_a_prefix_sees_nothing_else(make: Factory) -> None:
    store = make()
    watcher = Watcher(store, PODS, store.revision, "a/")
    waiting = asyncio.ensure_future(watcher.next_batch())
    for key in ("a-b/x", "b/x", "a"):
        await put(store, key)
        await asyncio.sleep(0)
    assert not waiting.done()
    await put(store, "a/x")
    assert told(await waiting) == ["+a/x"]
    assert watcher.cursor == store.revision


@case
async def a_watcher_gets_long_backlogs_in_batches(make: Factory) -> None:
    store = make()
    watcher = Watcher(store, PODS, store.revision, "a/", limit=2)
    for key in ("b/1", "b/2", "b/3", "a/1", "a/2", "a/3"):
        await put(store, key)
    seen = []
    while batch := watcher.next_batch_nowait():
        assert len(batch) <= 2
        seen += told(batch)
    assert seen == ["+a/1", "+a/2", "+a/3"]


@case
async def a_watcher_from_a_compacted_revision_is_refused(make: Factory) -> None:
    store = make()
    old = await put(store, "x", "1")
    await put(store, "x", "2")
    store.compact(store.revision)
    for resource in (PODS, "nothing"):
        watcher = Watcher(store, resource, old.revision)
        for _ in range(2):
            with pytest.raises(Compacted):
                await watcher.next_batch()
    assert Watcher(store, PODS, store.revision).next_batch_nowait() == []


@case
async def a_watcher_that_compaction_overtakes_is_told(make: Factory) -> None:
    store = make()
    watcher = Watcher(store, PODS, store.revision)
    await put(store, "x")
    await put(store, "y")
    store.compact(store.revision - 1)
    with pytest.raises(Compacted):
        await watcher.next_batch()


@case
async def a_watcher_that_missed_nothing_survives_compaction(make: Factory) -> None:
    store = make()
    await put(store, "seen")
    watcher = Watcher(store, PODS, store.revision)
    waiting = asyncio.ensure_future(watcher.next_batch())
    await asyncio.sleep(0)
    await put(store, "x", resource="services")
    await put(store, "y", resource="services")
    store.compact(store.revision)
    await put(store, "x")
    assert told(await waiting) == ["+x"]


@case
async def a_cancelled_watcher_leaves_the_others_waiting(make: Factory) -> None:
    store = make()
    start = store.revision
    first, second = (
        asyncio.ensure_future(Watcher(store, PODS, start).next_batch()) for _ in range(2)
    )
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert first.cancelled()
    assert store.signal(PODS).waiting == 1
    await put(store, "x")
    assert told(await second) == ["+x"]


@case
async def a_watcher_from_the_future_waits_for_what_comes_after(make: Factory) -> None:
    store = make()
    ahead = store.revision + 1
    watcher = Watcher(store, PODS, ahead)
    waiting = asyncio.ensure_future(watcher.next_batch())
    await put(store, "x")
    await asyncio.sleep(0)
    assert not waiting.done()
    await put(store, "y")
    assert told(await waiting) == ["+y"]


@case
async def a_store_that_closes_lets_watchers_finish(make: Factory) -> None:
    store = make()
    busy, idle = (Watcher(store, PODS, store.revision) for _ in range(2))
    waiting = asyncio.ensure_future(idle.next_batch())
    await put(store, "x")
    assert told(await waiting) == ["+x"]
    waiting = asyncio.ensure_future(idle.next_batch())
    await asyncio.sleep(0)
    store.close()
    assert await waiting == []
    assert [event async for event in busy] == store.events(PODS, store.revision - 1)
    assert await Watcher(store, "nothing", store.revision).next_batch() == []


@case
async def a_closed_store_can_be_read_but_not_written(make: Factory) -> None:
    store = make()
    entry = await put(store, "x")
    store.close()
    assert store.closed
    assert store.get(PODS, "x") is entry
    with pytest.raises(Closed):
        await store.commit(PODS, "y", 0, pod())


@case
async def a_signal_says_whether_there_is_something_new(make: Factory) -> None:
    store = make()
    signal = store.signal(PODS)
    assert signal is store.signal(PODS)
    before = store.revision
    assert await signal.wait(before, timeout=0) is False
    await put(store, "x")
    assert await signal.wait(before) is True
    assert signal.revision == store.revision


@case
async def statistics_count_objects_events_and_sleepers(make: Factory) -> None:
    store = make()
    store.end_bootstrap()
    await put(store, "x")
    await put(store, "x", "2")
    waiting = asyncio.ensure_future(Watcher(store, PODS, store.revision).next_batch())
    await asyncio.sleep(0)
    found = store.statistics()
    assert (found.revision, found.compacted) == (store.revision, store.compacted)
    pods = found.resources[PODS]
    assert (pods.objects, pods.events, pods.waiting) == (1, 2, 1)
    store.close()
    assert await waiting == []
