"""What a store is: its records, its refusals and the `Store` protocol.

The rules are etcd's (server/storage/mvcc) as kube-apiserver uses them
(k8s.io/apiserver/pkg/storage/etcd3): an empty store is at revision 1, each write takes the next
revision, and a revision is readable until compaction passes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.clock import Clock
    from fakek8s.store.signal import Signal

Object = dict[str, Any]

#: The revision of a store that was never written to.
FIRST_REVISION = 1


@dataclass(slots=True, eq=False)
class Entry:
    """One version of one object: shared by all readers, never edited except `forms`.

    Two entries are equal only if they are the same one.
    """

    #: The resource's store key: "pods", "deployments.apps".
    resource: str
    #: "ns/name" or "name"; a resource's entries are ordered by it (code points, which is UTF-8's
    #: byte order, as for etcd's keys: "a-b/x" comes before "a/x").
    name_key: str
    #: In canonical form, `metadata.resourceVersion` stamped.
    object: Object
    #: The revision of this version.
    revision: int
    #: The revision at which this incarnation was created.
    created: int
    #: Derived forms (encoded ones above all), made on first use, under keys of the maker's choice.
    #: A snapshot shares them between clusters: they must follow from the object alone.
    forms: dict[Any, Any] = field(default_factory=dict)


# Tuples where others are frozen dataclasses, which take three times as long to make.
class Event(NamedTuple):
    """One write. `old` is None for a creation, `new` for a deletion.

    `revision` is the write's own: `new.revision`, and for a deletion one that no entry has.
    """

    revision: int
    old: Entry | None
    new: Entry | None

    @property
    def name_key(self) -> str:
        """The key that was written."""
        entry = self.new or self.old
        assert entry is not None
        return entry.name_key


class Page(NamedTuple):
    """A part of a resource's entries, in order. `entries` is shared: read it, never edit it."""

    entries: list[Entry]
    #: How many more entries a limit cut off.
    remaining: int
    #: The revision at which the state was read.
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceStatistics:
    """Counts of one resource."""

    objects: int
    events: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts for debugging and metrics."""

    revision: int
    compacted: int
    resources: Mapping[str, ResourceStatistics]


class RevisionMismatch(Exception):
    """A commit's expectation does not hold; `current` is what is there (None: nothing)."""

    def __init__(self, current: Entry | None) -> None:
        found = f"revision {current.revision}" if current else "nothing"
        super().__init__(f"found {found}")
        self.current = current


class Compacted(Exception):
    """The history at `requested` is gone; the oldest readable revision is `compacted`."""

    def __init__(self, requested: int, compacted: int) -> None:
        super().__init__(f"revision {requested} is before the compacted revision {compacted}")
        self.requested = requested
        self.compacted = compacted


class FutureRevision(Exception):
    """`requested` was not written yet; the store is at `current`."""

    def __init__(self, requested: int, current: int) -> None:
        super().__init__(f"revision {requested} is after the current revision {current}")
        self.requested = requested
        self.current = current


class Closed(Exception):
    """The store takes no more writes and will have no more events."""


class Store(Protocol):
    """The log and the state it adds up to. Reads are plain calls; a write may have to wait."""

    @property
    def clock(self) -> Clock:
        """The clock of compaction, and of those who wait."""

    @property
    def revision(self) -> int:
        """The revision of the last write."""

    @property
    def compacted(self) -> int:
        """The oldest revision that can be read, and from which a watch can start."""

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

    def resources(self) -> list[str]:
        """The resources that have at least one object, sorted."""

    def get(self, resource: str, name_key: str, revision: int | None = None) -> Entry | None:
        """The entry of a key, now or as of a revision.

        Raises Compacted if `revision` < `compacted`, FutureRevision if it is > `self.revision`.
        """

    def objects(self, resource: str, prefix: str = "") -> Sequence[Object]:
        """The current objects whose key begins with `prefix` ("" or "ns/"), in order; shared.

        While nothing is written to the resource this costs next to nothing.
        """

    def range(
        self,
        resource: str,
        prefix: str = "",
        start: str = "",
        limit: int = 0,
        revision: int | None = None,
    ) -> Page:
        """The entries whose key begins with `prefix` and is >= `start`, in order.

        `prefix` is "" or "ns/". To go on after a key, start at that key + "\\0"; limit 0 is none.
        Raises Compacted if `revision` < `compacted`, FutureRevision if it is > `self.revision`.
        """

    async def commit(
        self,
        resource: str,
        name_key: str,
        expected: int | None,
        value: Object | None,
        *,
        stamp: bool = True,
    ) -> Entry | None:
        """Compares and writes: what is there must be of revision `expected`.

        `expected` 0 means that nothing may be there, None that anything may. A `value` of None
        deletes, which takes a revision too, and gives back the entry that was there; deleting
        what is not there changes nothing and gives None. Otherwise gives the new entry, whose
        object is `value` with `metadata.resourceVersion` set to the new revision: in the place
        where the key is, else after `uid`, else at the end. `value` itself is not edited, but
        its parts are kept. With `stamp` False the object is `value` as it is.

        Raises RevisionMismatch, and Closed after `close`.
        """

    def events(
        self, resource: str, after: int, limit: int = 1000, *, following: bool = False
    ) -> list[Event]:
        """The first `limit` events of a resource with a revision > `after`, in order.

        Raises Compacted if `after` < `compacted`. A reader that has seen everything up to
        `after` and was there since says `following`: then only a lost event of this very
        resource counts, so that one who waits at a quiet resource is never told to start again
        (etcd's synced watchers). `Watcher` does this rightly. A future `after` has no events.
        """

    def signal(self, resource: str) -> Signal:
        """What wakes those who wait for the resource; the same object at each call."""

    def compact(self, revision: int) -> None:
        """Forgets what was superseded before `revision`; nothing if that is gone already.

        Raises FutureRevision.
        """

    def end_bootstrap(self) -> None:
        """Takes a revision without an event and compacts up to it.

        So revision 1 is expired in every cluster, as after upstream's first compaction, which
        writes a key of its own too (etcd3/compact.go, `compactRevKey`).
        """

    def statistics(self) -> Statistics:
        """Counts as of now."""

    def close(self) -> None:
        """Refuses further commits and wakes all who wait. Reads go on working."""
