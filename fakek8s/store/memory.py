"""The store in this process's memory.

A commit never suspends, so that check and write are one without a lock: it has to be called in
the event loop's thread. Compaction has no timer. It is made up for when somebody writes or looks
at the past, to the same effect as if there were one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.store.history import Table
from fakek8s.store.snapshot import Snapshot
from fakek8s.store.types import (
    FIRST_REVISION,
    Closed,
    Compacted,
    Entry,
    Event,
    FutureRevision,
    Page,
    ResourceStatistics,
    RevisionMismatch,
    Statistics,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.clock import Clock
    from fakek8s.store.signal import Signal
    from fakek8s.store.types import Object

#: kube-apiserver's `--etcd-compaction-interval` (etcd3/compact.go): each time it compacts to where
#: the store was the time before, so that a revision is readable for one to two intervals.
COMPACTION_INTERVAL = 300.0
#: The events kept when there are more in an interval: a few hundred MB at worst.
KEEP_EVENTS = 25_000
#: How many more there may be before they are cut: to forget so many takes some milliseconds.
_CUT_AT_ONCE = 1000


class MemoryStore:
    """A `Store` that lives as long as its process."""

    def __init__(
        self,
        clock: Clock,
        *,
        snapshot: Snapshot | None = None,
        keep_events: int = KEEP_EVENTS,
        compaction_interval: float = COMPACTION_INTERVAL,
    ) -> None:
        """Starts empty, or from a snapshot, whose revision then is the oldest one readable."""
        self._clock = clock
        self._keep_events = keep_events
        self._interval = compaction_interval
        self._revision = snapshot.revision if snapshot else FIRST_REVISION
        self._compacted = self._base = snapshot.revision if snapshot else 0
        self._tables = {
            resource: Table(clock, self._base, state)
            for resource, state in (snapshot.states.items() if snapshot else ())
        }
        self._closed = False
        self._marked = self._revision
        self._marked_at = clock.monotonic()

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def revision(self) -> int:
        return self._revision

    @property
    def compacted(self) -> int:
        self._compact_by_age()
        return self._compacted

    @property
    def closed(self) -> bool:
        return self._closed

    def resources(self) -> list[str]:
        return sorted(name for name, table in self._tables.items() if table.state.keys)

    def get(self, resource: str, name_key: str, revision: int | None = None) -> Entry | None:
        table = self._tables.get(resource)
        if revision is None:
            return table.state.by_key.get(name_key) if table else None
        self._check_readable(revision)
        return table.get(name_key, revision) if table else None

    def objects(self, resource: str, prefix: str = "") -> Sequence[Object]:
        table = self._tables.get(resource)
        return table.objects(prefix) if table and table.state.keys else ()

    def range(
        self,
        resource: str,
        prefix: str = "",
        start: str = "",
        limit: int = 0,
        revision: int | None = None,
    ) -> Page:
        if revision is not None:
            self._check_readable(revision)
        table = self._tables.get(resource)
        at = self._revision if revision is None else revision
        return table.range(prefix, start, limit, revision, at) if table else Page([], 0, at)

    async def commit(
        self,
        resource: str,
        name_key: str,
        expected: int | None,
        value: Object | None,
        *,
        stamp: bool = True,
    ) -> Entry | None:
        return self.commit_nowait(resource, name_key, expected, value, stamp=stamp)

    def commit_nowait(
        self,
        resource: str,
        name_key: str,
        expected: int | None,
        value: Object | None,
        *,
        stamp: bool = True,
    ) -> Entry | None:
        """`commit` for those who know that the store is in memory, and may run no loop yet."""
        if self._closed:
            raise Closed
        self._compact_by_age()
        table = self._table(resource)
        current = table.state.by_key.get(name_key)
        if expected is not None and expected != (current.revision if current else 0):
            raise RevisionMismatch(current)
        if value is None and current is None:
            return None
        revision = self._revision + 1
        entry = None
        if value is not None:
            created = current.created if current else revision
            made = stamped(value, revision) if stamp else value
            entry = Entry(resource, name_key, made, revision, created)
        self._revision = revision
        table.append(Event(revision, current, entry))
        if revision - self._compacted > self._keep_events + _CUT_AT_ONCE:
            self._cut(revision - self._keep_events)
        return entry or current

    def events(
        self, resource: str, after: int, limit: int = 1000, *, following: bool = False
    ) -> list[Event]:
        self._compact_by_age()
        table = self._tables.get(resource)
        dropped = table.dropped if table else self._base
        if after < (dropped if following else self._compacted):
            raise Compacted(after, self._compacted)
        return table.events(after, limit) if table else []

    def signal(self, resource: str) -> Signal:
        return self._table(resource).signal

    def compact(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        self._cut(revision)

    def end_bootstrap(self) -> None:
        self._revision += 1
        self._cut(self._revision)

    def snapshot(self) -> Snapshot:
        """The current state, in a time that depends on the number of resources only."""
        states = {name: table.share() for name, table in self._tables.items() if table.state.keys}
        return Snapshot(revision=self._revision, states=states)

    def statistics(self) -> Statistics:
        return Statistics(
            revision=self._revision,
            compacted=self.compacted,
            resources={
                name: ResourceStatistics(
                    objects=len(table.state.keys),
                    events=len(table.log),
                    waiting=table.signal.waiting,
                )
                for name, table in sorted(self._tables.items())
            },
        )

    def close(self) -> None:
        self._closed = True
        for table in self._tables.values():
            table.signal.close()

    def _table(self, resource: str) -> Table:
        table = self._tables.get(resource)
        if table is None:
            table = self._tables[resource] = Table(self._clock, self._base)
            if self._closed:
                table.signal.close()
        return table

    def _check_readable(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        self._compact_by_age()
        if revision < self._compacted:
            raise Compacted(revision, self._compacted)

    def _compact_by_age(self) -> None:
        now = self._clock.monotonic()
        intervals = (now - self._marked_at) // self._interval
        if intervals < 1:
            return
        # Nothing was written since the first of several ticks: a commit would have come by here.
        self._cut(self._marked if intervals == 1 else self._revision)
        self._marked = self._revision
        self._marked_at += intervals * self._interval

    def _cut(self, revision: int) -> None:
        if revision <= self._compacted:
            return
        self._compacted = revision
        for table in self._tables.values():
            table.cut(revision)


def stamped(value: Object, revision: int) -> Object:
    """The object with `metadata.resourceVersion` set, as `Store.commit` says."""
    text = str(revision)
    metadata = dict(value.get("metadata") or ())
    if "resourceVersion" in metadata or "uid" not in metadata:
        metadata["resourceVersion"] = text
    else:
        placed = {}
        for name, part in metadata.items():
            placed[name] = part
            if name == "uid":
                placed["resourceVersion"] = text
        metadata = placed
    return {**value, "metadata": metadata}
