"""One resource's current state and the log of what led to it, read forwards and backwards.

A past state is the current one with the later events undone, so the log is all the history there
is: nothing is kept per key, and to compact is to cut the log's head off. Example:

    log      3: +a   4: +b   5: b'   6: -a       current: b'
    at 4     undo 6 (a is back), undo 5 (b' is b again):  a, b

Sorted lists and bisect rather than sortedcontainers: to read is to slice them, which takes 2 µs
for 1,000 entries where a SortedDict takes 37, and tests list more than they create. An insertion
costs the same at 1,000 entries, 2 µs more at 20,000, and 15 more at 100,000.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from fakek8s.store.signal import Signal
from fakek8s.store.types import Page

if TYPE_CHECKING:
    from fakek8s.clock import Clock
    from fakek8s.store.types import Entry, Event, Object

_revision = attrgetter("revision")
#: Past states kept for those who page through them.
_PAST_STATES = 4


class State(NamedTuple):
    """All entries of a resource at one revision, by key and in order; `keys` runs parallel."""

    by_key: dict[str, Entry]
    keys: list[str]
    entries: list[Entry]


class Table:
    """A resource's state, log and signal.

    `base` is the revision that the table starts from: what was before is not its history.
    """

    __slots__ = ("_objects", "_pages", "_past", "_shared", "dropped", "log", "signal", "state")

    def __init__(self, clock: Clock, base: int, state: State | None = None) -> None:
        self.state = state or State({}, [], [])
        self.log: list[Event] = []
        #: The revision of the last event that was cut off.
        self.dropped = base
        self.signal = Signal(clock, base)
        self._shared = state is not None
        #: What was read of the current state, by prefix.
        self._pages: dict[str, list[Entry]] = {}
        self._objects: dict[str, list[Object]] = {}
        self._past: dict[int, State] = {}

    def share(self) -> State:
        """The current state, to start another table from; both copy it before they write."""
        self._shared = True
        return self.state

    def append(self, event: Event) -> None:
        """Writes: moves the state on, and wakes who waits for it."""
        if self._shared:
            by_key, keys, entries = self.state
            self.state = State(by_key.copy(), keys.copy(), entries.copy())
            self._shared = False
        by_key, keys, entries = self.state
        _, old, new = event
        key = event.name_key
        at = bisect_left(keys, key)
        if new is None:
            del by_key[key], keys[at], entries[at]
        elif old is None:
            by_key[key] = new
            keys.insert(at, key)
            entries.insert(at, new)
        else:
            by_key[key] = entries[at] = new
        if self._pages:
            self._pages = {}
        if self._objects:
            self._objects = {}
        self.log.append(event)
        self.signal.notify(event.revision)

    def get(self, key: str, revision: int) -> Entry | None:
        """The entry of a key at a revision that was not compacted."""
        if revision < self.signal.revision:
            for event in self.log[self._position(revision) :]:
                if event.name_key == key:
                    return event.old
        return self.state.by_key.get(key)

    def objects(self, prefix: str) -> list[Object]:
        """The objects of the current entries under a prefix; shared."""
        found = self._objects.get(prefix)
        if found is None:
            entries, _ = _slice(self.state, prefix, "", 0)
            found = self._objects[prefix] = [entry.object for entry in entries]
        return found

    def range(self, prefix: str, start: str, limit: int, at: int | None, revision: int) -> Page:
        """The entries under a prefix at revision `at` (None: now, which is `revision`)."""
        if at is None or at >= self.signal.revision:
            state = self.state
            if not limit and start <= prefix:
                page = self._pages.get(prefix)
                if page is None:
                    page = self._pages[prefix] = _slice(state, prefix, "", 0)[0]
                return Page(page, 0, revision)
        else:
            state = self._state_at(at)
        return Page(*_slice(state, prefix, start, limit), revision)

    def events(self, after: int, limit: int) -> list[Event]:
        """The first `limit` events later than revision `after`."""
        if after >= self.signal.revision:
            return []
        first = self._position(after)
        return self.log[first : first + limit]

    def cut(self, revision: int) -> None:
        """Forgets the events up to `revision`."""
        count = self._position(revision)
        if count:
            self.dropped = self.log[count - 1].revision
            del self.log[:count]
        self._past = {at: state for at, state in self._past.items() if at >= revision}

    def _position(self, after: int) -> int:
        return bisect_right(self.log, after, key=_revision)

    def _state_at(self, revision: int) -> State:
        known = self._past.get(revision)
        if known is not None:
            return known
        undone: dict[str, Entry | None] = {}
        for event in self.log[self._position(revision) :]:
            undone.setdefault(event.name_key, event.old)
        by_key = {key: entry for key, entry in self.state.by_key.items() if key not in undone}
        by_key.update((key, entry) for key, entry in undone.items() if entry is not None)
        keys = [key for key in self.state.keys if key in by_key and key not in undone]
        keys.extend(sorted(key for key, entry in undone.items() if entry is not None))
        keys.sort()  # two runs, which it merges
        state = State(by_key, keys, [by_key[key] for key in keys])
        while len(self._past) >= _PAST_STATES:
            del self._past[next(iter(self._past))]
        self._past[revision] = state
        return state


def _slice(state: State, prefix: str, start: str, limit: int) -> tuple[list[Entry], int]:
    keys, entries = state.keys, state.entries
    first = bisect_left(keys, max(prefix, start)) if prefix or start else 0
    end = bisect_left(keys, _after(prefix)) if prefix else len(keys)
    last = min(first + limit, end) if limit else end
    return entries[first:last], end - last


def _after(prefix: str) -> str:
    """The least string that is behind all that begin with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
