"""The work queue: keys to look at, each once however often it was added, and who looks at them.

The rules are client-go's (util/workqueue): a key that is being worked on waits until that is
done; failures come back later and later.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from fakek8s import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.clock import Clock

log = logging.getLogger(__name__)

#: First and longest wait after failures, seconds (DefaultTypedControllerRateLimiter).
_FIRST_RETRY = 0.005
_LAST_RETRY = 1000.0


class WorkQueue:
    """Keys in the order they were added; no key is with two workers at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[str] = deque()
        self._dirty: set[str] = set()
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}
        self._news = asyncio.Event()

    def add(self, key: str) -> None:
        """Adds a key unless it is waiting already."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._waiting.append(key)
            self._news.set()

    def add_after(self, key: str, seconds: float, *, housekeeping: bool = False) -> None:
        """Adds a key later, on the clock; `housekeeping` if that would go on for ever."""
        if seconds <= 0:
            self.add(key)
        else:
            self._clock.call_later(seconds, lambda: self.add(key), housekeeping=housekeeping)

    def retry(self, key: str) -> None:
        """Adds a key after a wait that doubles with each of its failures in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(_FIRST_RETRY * 2.0 ** min(failures, 30), _LAST_RETRY))

    def forget(self, key: str) -> None:
        """Ends a key's row of failures."""
        self._failures.pop(key, None)

    async def get(self) -> str:
        """Waits for a key to work on; `done` must follow."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str) -> None:
        """Ends the work on a key; it comes again if it was added meanwhile."""
        self._working.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._news.set()

    @property
    def idle(self) -> bool:
        """True when nothing waits and nobody works."""
        return not self._waiting and not self._working


class Workers:
    """Tasks that take keys from a queue and put each key's world right."""

    def __init__(
        self, name: str, queue: WorkQueue, sync: Callable[[str], Awaitable[None]], count: int = 1
    ) -> None:
        """`sync` may raise APIError: the key is tried again later."""
        self._name = name
        self._queue = queue
        self._sync = sync
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Starts the workers."""
        for _ in range(self._count):
            self._tasks.append(asyncio.create_task(self._work(), name=self._name))

    async def stop(self) -> None:
        """Ends the workers, in the middle of whatever they do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._sync(key)
            except errors.APIError as error:
                log.debug("%s: %s: %s", self._name, key, error)
                self._queue.retry(key)
            except Exception:
                log.exception("%s failed on %s", self._name, key)
                self._queue.retry(key)
            else:
                self._queue.forget(key)
            finally:
                self._queue.done(key)
