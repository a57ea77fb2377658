"""Watch: a cursor on the store's log, turned into events for one selection of objects.

Event types follow from "did the old object match" x "does the new one match"
(apiserver pkg/storage/cacher, cacheWatcher.convertToWatchEvent):

    old    new    event
    no     yes    ADDED with the new object
    yes    yes    MODIFIED with the new object
    yes    no     DELETED with the *old* object under the *new* resourceVersion
    no     no     nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.meta import stamped
from fakek8s.registry import convert
from fakek8s.registry.get import check_not_newer
from fakek8s.registry.options import parse_revision
from fakek8s.registry.select import predicate, single_namespace
from fakek8s.store.types import Compacted, Entry
from fakek8s.store.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry
    from fakek8s.registry.options import ListOptions
    from fakek8s.store.types import Event

Object = dict[str, Any]

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
#: Upstream's minRequestTimeout, seconds: a watch without timeoutSeconds lasts 1 to 2 of these.
MIN_REQUEST_TIMEOUT = 1800.0
#: Seconds between bookmarks, and how long before the end of a watch the last one comes
#: (cacher's bookmarkFrequency and cacheWatcher.nextBookmarkTime).
BOOKMARK_PERIOD = 60.0
BOOKMARK_BEFORE_END = 2.0
#: What is too short to wait for: a virtual clock's timers may round it to nothing.
_INSTANT = 1e-6
_BATCH = 500


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event of a watch.

    `type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. ADDED, MODIFIED and DELETED carry an
    `entry` (shared by all watchers, so encoded forms can be kept in `entry.forms`; of a DELETED
    it is the old object under the new resourceVersion). BOOKMARK and ERROR carry a plain
    canonical `object`.
    """

    type: str
    entry: Entry | None = None
    object: Object | None = None


def watch(
    registry: Registry, kind: Kind, namespace: str, options: ListOptions, name: str = ""
) -> AsyncIterator[list[WatchEvent]]:
    """Batches of events until the watch's time is over; closing the iterator ends it.

    Raises APIError at once for what the request got wrong; what time has taken away (410) and
    initial events of a revision of the future come as an ERROR event. What is to follow such a
    revision is waited for.
    """
    initial, after = options.send_initial_events, 0
    try:
        after = check_not_newer(registry, options.resource_version)
    except errors.APIError as error:
        if error.code != 504:
            raise
        if initial:
            return _refused(error)
        after = parse_revision(options.resource_version)
    if initial and (options.timeout_seconds or 0) < 0:
        return _refused(errors.APIError(500, "InternalError", "context deadline exceeded"))
    return _events(registry, kind, namespace, options, after, name)


async def _refused(error: errors.APIError) -> AsyncIterator[list[WatchEvent]]:
    yield [WatchEvent("ERROR", object=error.status())]


async def _events(
    registry: Registry,
    kind: Kind,
    namespace: str,
    options: ListOptions,
    after: int,
    name: str,
) -> AsyncIterator[list[WatchEvent]]:
    clock, store = registry.clock, registry.store
    namespace = namespace or single_namespace(options)
    prefix = f"{namespace}/" if namespace and kind.namespaced else ""
    selected = predicate(kind, options, name)
    seconds = float(options.timeout_seconds or 0)
    if not seconds:
        seconds = MIN_REQUEST_TIMEOUT * (1.0 + registry.ids.random())
    end = clock.monotonic() + seconds
    initial = options.send_initial_events
    if initial or (after == 0 and initial is None):
        page = store.range(kind.resource, prefix=prefix)
        after = page.revision
        await convert.ready(kind, page.entries)
        found = [
            WatchEvent("ADDED", entry)
            for entry in page.entries
            if selected is None or selected(convert.shown_entry(kind, entry))
        ]
        if initial and options.bookmarks:
            found.append(bookmark(kind, after, initial_end=True))
        for start in range(0, len(found), _BATCH):
            yield found[start : start + _BATCH]
    elif after == 0:
        after = store.revision
    watcher = Watcher(store, kind.resource, after, prefix=prefix)
    next_bookmark = _next_bookmark(clock.monotonic(), end)
    while True:
        now = clock.monotonic()
        if end - now < _INSTANT or store.closed:
            return
        wait = end - now
        if options.bookmarks:
            wait = min(wait, max(next_bookmark - now, 0.0))
        try:
            batch = await watcher.next_batch(timeout=wait)
        except Compacted as error:
            yield [WatchEvent("ERROR", object=_expired(kind, after, error).status())]
            return
        await convert.ready(kind, _entries(batch), again=False)
        events = [event for raw in batch if (event := convert_event(kind, raw, selected))]
        gone = (event.entry for event in events if event.entry is not None)
        await convert.ready(kind, gone, again=False)
        if events:
            yield events
        now = clock.monotonic()
        if options.bookmarks and now >= next_bookmark and now < end:
            next_bookmark = _next_bookmark(now, end)
            yield [bookmark(kind, watcher.cursor)]


def _entries(batch: list[Event]) -> Iterator[Entry]:
    return (entry for event in batch for entry in (event.old, event.new) if entry is not None)


def _next_bookmark(now: float, end: float) -> float:
    last = end - BOOKMARK_BEFORE_END
    return min(now + BOOKMARK_PERIOD, last) if last > now else now + BOOKMARK_PERIOD


def _expired(kind: Kind, after: int, error: Compacted) -> errors.APIError:
    if not kind.behaviour.watch_cache:
        return errors.expired("The resourceVersion for the provided watch is too old.")
    return errors.expired(f"too old resource version: {after} ({error.compacted})")


def convert_event(
    kind: Kind, event: Event, selected: Callable[[Object], bool] | None
) -> WatchEvent | None:
    """One change as this watch sees it, by the table above."""
    old, new = event.old, event.new
    if selected is not None:
        if old is not None and not selected(convert.shown_entry(kind, old)):
            old = None
        if new is not None and not selected(convert.shown_entry(kind, new)):
            new = None
    if new is not None:
        return WatchEvent("MODIFIED" if old is not None else "ADDED", new)
    return WatchEvent("DELETED", tombstone(old, event.revision)) if old is not None else None


def tombstone(old: Entry, revision: int) -> Entry:
    """The old version under the revision that took it away; made once for all watchers."""
    key = ("tombstone", revision)
    found = old.forms.get(key)
    if found is None:
        found = old.forms[key] = Entry(
            resource=old.resource,
            name_key=old.name_key,
            object=stamped(old.object, str(revision)),
            revision=revision,
            created=old.created,
            forms={},
        )
    assert isinstance(found, Entry)
    return found


def bookmark(kind: Kind, revision: int, *, initial_end: bool = False) -> WatchEvent:
    """An empty object of the kind that only says how far the watch has come."""
    metadata: Object = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    return WatchEvent("BOOKMARK", object={**kind.shape.empty(), "metadata": metadata})
