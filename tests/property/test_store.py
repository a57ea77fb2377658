"""The memory store against a model that keeps every state it ever was in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from fakek8s.clock import VirtualClock
from fakek8s.store.memory import MemoryStore
from fakek8s.store.types import Compacted, Entry, FutureRevision, RevisionMismatch
from fakek8s.store.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Coroutine

RESOURCES = ("pods", "services")
KEYS = ("a", "a-b/x", "a/x", "a/y", "a.b/x", "b/x")
PREFIXES = ("", "a/", "a-b/", "b/", "c/")

resources = st.sampled_from(RESOURCES)
keys = st.sampled_from(KEYS)
prefixes = st.sampled_from(PREFIXES)

#: A resource's state: key to (revision, created, value).
Rows = dict[str, tuple[int, int, int]]


@dataclass(slots=True)
class Seen:
    """A watcher, and the state that its events add up to."""

    watcher: Watcher
    resource: str
    prefix: str
    rows: Rows
    lost: bool = False


@dataclass(slots=True)
class Model:
    """All states by revision, of all resources."""

    states: dict[int, dict[str, Rows]]
    writes: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in RESOURCES})
    compacted: int = 0

    @property
    def revision(self) -> int:
        return max(self.states)

    @property
    def now(self) -> dict[str, Rows]:
        return self.states[self.revision]

    def write(self, resource: str, key: str, row: tuple[int, int] | None) -> None:
        revision = self.revision + 1
        rows = dict(self.now[resource])
        if row is None:
            del rows[key]
        else:
            created, value = row
            rows[key] = (revision, created or revision, value)
        self.states[revision] = {**self.now, resource: rows}
        self.writes[resource].append(revision)


def row(entry: Entry) -> tuple[int, int, int]:
    assert entry.object["metadata"]["resourceVersion"] == str(entry.revision)
    return entry.revision, entry.created, entry.object["value"]


def under(rows: Rows, prefix: str) -> Rows:
    return {key: value for key, value in rows.items() if key.startswith(prefix)}


class StoreMachine(RuleBasedStateMachine):
    watchers = Bundle("watchers")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.store = MemoryStore(self.clock)
        self.model = Model({revision: {name: {} for name in RESOURCES} for revision in (0, 1)})
        self.watching: list[Seen] = []
        self.value = 0

    @initialize(bootstrap=st.booleans())
    def start(self, bootstrap: bool) -> None:
        if bootstrap:
            self.store.end_bootstrap()
            self.model.states[2] = self.model.now
            self.model.compacted = 2

    def teardown(self) -> None:
        self.store.close()
        for seen in self.watching:
            self.follow(seen)
            if not seen.lost:
                assert seen.rows == under(self.model.now[seen.resource], seen.prefix)
        self.loop.close()

    @rule(resource=resources, key=keys, expect=st.sampled_from(["any", "none", "current", "stale"]))
    def put(self, resource: str, key: str, expect: str) -> None:
        self.value += 1
        there = self.model.now[resource].get(key)
        expected = self.expectation(there, expect)
        value = {"metadata": {"name": key}, "value": self.value}
        commit = self.store.commit(resource, key, expected, value)
        if expected is not None and expected != (there[0] if there else 0):
            self.refused(commit, there)
            return
        entry = self.loop.run_until_complete(commit)
        self.model.write(resource, key, (there[1] if there else 0, self.value))
        assert entry is not None
        assert row(entry) == self.model.now[resource][key]

    @rule(resource=resources, key=keys, expect=st.sampled_from(["any", "none", "current", "stale"]))
    def delete(self, resource: str, key: str, expect: str) -> None:
        there = self.model.now[resource].get(key)
        expected = self.expectation(there, expect)
        commit = self.store.commit(resource, key, expected, None)
        if expected is not None and expected != (there[0] if there else 0):
            self.refused(commit, there)
            return
        entry = self.loop.run_until_complete(commit)
        assert (row(entry) if entry else None) == there
        if there:
            self.model.write(resource, key, None)

    def expectation(self, there: tuple[int, int, int] | None, expect: str) -> int | None:
        current = there[0] if there else 0
        return {"any": None, "none": 0, "current": current, "stale": max(current - 1, 0)}[expect]

    def refused(
        self, commit: Coroutine[Any, Any, Entry | None], there: tuple[int, int, int] | None
    ) -> None:
        with pytest.raises(RevisionMismatch) as refusal:
            self.loop.run_until_complete(commit)
        current = refusal.value.current
        assert (row(current) if current else None) == there

    @rule(back=st.integers(0, 6))
    def compact(self, back: int) -> None:
        revision = max(self.model.revision - back, 1)
        self.store.compact(revision)
        self.model.compacted = max(self.model.compacted, revision)

    @rule()
    def let_time_pass(self) -> None:
        self.loop.run_until_complete(self.clock.advance(3600))
        self.model.compacted = self.model.revision

    @rule()
    def restore(self) -> None:
        """Goes on with a store made of the old one's snapshot."""
        for seen in self.watching:
            self.follow(seen)
        self.watching.clear()
        old = self.store
        self.store = MemoryStore(self.clock, snapshot=old.snapshot())
        self.model.compacted = self.model.revision
        old.commit_nowait("pods", "a/x", None, {"metadata": {}, "value": -1})

    @rule(
        resource=resources,
        prefix=prefixes,
        start=st.sampled_from(("", *KEYS, "a/x\0", "z")),
        limit=st.integers(0, 3),
        back=st.none() | st.integers(-1, 12),
    )
    def read(self, resource: str, prefix: str, start: str, limit: int, back: int | None) -> None:
        revision = None if back is None else max(self.model.revision - back, 0)
        if revision is not None and not self.readable(revision):
            return
        at = self.model.revision if revision is None else revision
        rows = self.model.states[at][resource]
        expected = sorted(key for key in under(rows, prefix) if key >= start)
        page = self.store.range(resource, prefix, start, limit, revision)
        kept = expected[:limit] if limit else expected
        assert [(e.name_key, row(e)) for e in page.entries] == [(key, rows[key]) for key in kept]
        assert (page.remaining, page.revision) == (len(expected) - len(kept), at)

    def readable(self, revision: int) -> bool:
        if revision > self.model.revision:
            with pytest.raises(FutureRevision):
                self.store.range("pods", revision=revision)
        elif revision < self.model.compacted:
            for read in (
                lambda: self.store.range("pods", revision=revision),
                lambda: self.store.events("pods", revision),
            ):
                with pytest.raises(Compacted):
                    read()
        else:
            return True
        return False

    @rule(target=watchers, resource=resources, prefix=prefixes, back=st.integers(0, 8))
    def watch(self, resource: str, prefix: str, back: int) -> Seen:
        after = max(self.model.revision - back, self.model.compacted)
        rows = under(self.model.states[after][resource], prefix)
        seen = Seen(Watcher(self.store, resource, after, prefix, limit=2), resource, prefix, rows)
        self.watching.append(seen)
        return seen

    @rule(seen=watchers)
    def follow_all(self, seen: Seen) -> None:
        if seen in self.watching:
            self.follow(seen)

    @rule(seen=consumes(watchers))
    def leave(self, seen: Seen) -> None:
        if seen in self.watching:
            self.watching.remove(seen)

    @precondition(lambda self: self.watching)
    @rule()
    def sleepers_are_woken(self) -> None:
        """Whoever sleeps at a resource wakes for its next event, and only for that."""
        for seen in self.watching:
            self.follow(seen)
        awake = [seen for seen in self.watching if not seen.lost]

        async def scene() -> None:
            tasks = [asyncio.ensure_future(seen.watcher.next_batch()) for seen in awake]
            await asyncio.sleep(0)
            assert not any(task.done() for task in tasks)
            entry = await self.store.commit("pods", "b/x", None, {"metadata": {}, "value": 0})
            assert entry is not None
            for _ in range(3):
                await asyncio.sleep(0)
            for seen, task in zip(awake, tasks, strict=True):
                concerned = seen.resource == "pods" and "b/x".startswith(seen.prefix)
                assert task.done() is concerned
                if concerned:
                    seen.rows["b/x"] = row(entry)
                    assert [event.new for event in task.result()] == [entry]
                else:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        there = self.model.now["pods"].get("b/x")
        self.loop.run_until_complete(scene())
        self.model.write("pods", "b/x", (there[1] if there else 0, 0))

    def follow(self, seen: Seen) -> None:
        """Reads a watcher to the end; it may be refused only for what it has not seen."""
        if seen.lost:
            return
        missed = any(
            seen.watcher.cursor < revision <= self.model.compacted
            for revision in self.model.writes[seen.resource]
        )
        try:
            while batch := seen.watcher.next_batch_nowait():
                for event in batch:
                    old = seen.rows.pop(event.name_key, None)
                    assert old == (row(event.old) if event.old else None)
                    if event.new:
                        assert event.new.revision == event.revision
                        seen.rows[event.name_key] = row(event.new)
        except Compacted:
            assert missed
            seen.lost = True
            return
        assert not missed
        assert seen.watcher.cursor == self.store.revision
        assert seen.rows == under(self.model.now[seen.resource], seen.prefix)

    @invariant()
    def revisions_agree(self) -> None:
        assert self.store.revision == self.model.revision
        assert self.store.compacted == self.model.compacted
        assert self.store.resources() == [name for name in RESOURCES if self.model.now[name]]

    @invariant()
    def all_that_is_readable_is_as_it_was(self) -> None:
        for resource in RESOURCES:
            for prefix in PREFIXES:
                self.compare(resource, prefix, None, self.model.revision)
            for revision in range(self.model.compacted, self.model.revision + 1)[-8:]:
                self.compare(resource, "", revision, revision)
                for key in KEYS:
                    entry = self.store.get(resource, key, revision)
                    rows = self.model.states[revision][resource]
                    assert (row(entry) if entry else None) == rows.get(key)

    def compare(self, resource: str, prefix: str, revision: int | None, at: int) -> None:
        page = self.store.range(resource, prefix, revision=revision)
        expected = sorted(under(self.model.states[at][resource], prefix).items())
        assert [(entry.name_key, row(entry)) for entry in page.entries] == expected
        assert (page.remaining, page.revision) == (0, at)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
