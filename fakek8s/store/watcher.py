"""A watcher: a cursor that moves along one resource's log.

Watchers pull. Nothing is queued for them, so a slow one costs nothing: it reads the log when it
comes round, and if compaction was faster it is told so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from fakek8s.store.types import Compacted

if TYPE_CHECKING:
    from fakek8s.store.types import Event, Store


class Watcher:
    """A cursor that moves along one resource's events.

    `cursor` is the revision up to which everything was handed out: what a bookmark may say. It
    moves with the store even where the resource is quiet.
    """

    __slots__ = (
        "_limit",
        "_pending",
        "_prefix",
        "_refusal",
        "_resource",
        "_signal",
        "_store",
        "cursor",
    )

    def __init__(
        self, store: Store, resource: str, after: int, prefix: str = "", *, limit: int = 1000
    ) -> None:
        """Starts behind revision `after`, at keys that begin with `prefix` ("" or "ns/").

        A revision that is gone already is refused not here but by the first batch, so that all
        refusals come by one way.
        """
        self.cursor = after
        self._store = store
        self._resource = resource
        self._prefix = prefix
        self._limit = limit
        self._signal = store.signal(resource)
        self._refusal = Compacted(after, store.compacted) if after < store.compacted else None
        self._pending: deque[Event] = deque()

    def next_batch_nowait(self) -> list[Event]:
        """The events since the cursor, at most `limit`; empty if there are none.

        Raises Compacted if some of them are gone.
        """
        if self._refusal is not None:
            raise self._refusal
        while self._signal.revision > self.cursor:
            batch = self._store.events(self._resource, self.cursor, self._limit, following=True)
            if len(batch) < self._limit:
                self.cursor = max(self.cursor, self._store.revision)
            else:
                self.cursor = batch[-1].revision
            if self._prefix:
                batch = [event for event in batch if event.name_key.startswith(self._prefix)]
            if batch:
                return batch
        self.cursor = max(self.cursor, self._store.revision)
        return []

    async def next_batch(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 (the clock's seconds, not the loop's)
    ) -> list[Event]:
        """Waits for the next events.

        Empty if none came within `timeout` seconds of the store's clock, or if the store is
        closed and all was handed out. Raises Compacted as above.
        """
        clock = self._store.clock
        deadline = None if timeout is None else clock.monotonic() + timeout
        while not (batch := self.next_batch_nowait()):
            if self._signal.closed:
                await asyncio.sleep(0)  # who asks again and again must not stop the loop
                break
            left = None if deadline is None else deadline - clock.monotonic()
            if not await self._signal.wait(self.cursor, left):
                return self.next_batch_nowait()
        return batch

    def __aiter__(self) -> Watcher:
        return self

    async def __anext__(self) -> Event:
        """Event by event, to the end of the store; `cursor` is then that of the whole batch."""
        if not self._pending:
            self._pending.extend(await self.next_batch())
            if not self._pending:
                raise StopAsyncIteration
        return self._pending.popleft()
