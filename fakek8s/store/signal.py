"""Who waits for a resource's next event. It holds no events: who wakes reads the log himself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakek8s.clock import Clock


class Signal:
    """Wakes those who wait for one resource.

    A burst of commits between two turns of the event loop wakes each sleeper once.
    """

    __slots__ = ("_clock", "_sleepers", "closed", "revision")

    def __init__(self, clock: Clock, revision: int = 0) -> None:
        self._clock = clock
        #: The revision of the resource's last event. It says whether the resource changed.
        self.revision = revision
        self.closed = False
        # Not one future for all: cancelling a task that awaits a future cancels the future.
        # A dict and not a set: the order of waking is the order of falling asleep.
        self._sleepers: dict[asyncio.Future[bool], None] = {}

    @property
    def waiting(self) -> int:
        """How many sleep."""
        return len(self._sleepers)

    def notify(self, revision: int) -> None:
        """There is an event of this revision."""
        self.revision = revision
        if self._sleepers:
            self._wake()

    def close(self) -> None:
        """There will be no more events."""
        self.closed = True
        self._wake()

    async def wait(
        self,
        after: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the clock's seconds, not the loop's)
    ) -> bool:
        """Waits until the resource has an event > `after` or the store is closed.

        False if that was not so within `timeout` seconds of the store's clock. Compaction wakes
        nobody: who sleeps has missed nothing.
        """
        deadline = None if timeout is None else self._clock.monotonic() + timeout
        while self.revision <= after and not self.closed:
            left = None if deadline is None else deadline - self._clock.monotonic()
            if not await self._sleep(left):
                return self.revision > after or self.closed
        return True

    async def _sleep(self, seconds: float | None) -> bool:
        if seconds is not None and seconds <= 0:
            return False
        sleeper: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._sleepers[sleeper] = None
        timer = None
        if seconds is not None:
            wake = partial(_end, sleeper, False)
            timer = self._clock.call_later(seconds, wake, housekeeping=True)
        try:
            return await sleeper
        finally:
            self._sleepers.pop(sleeper, None)
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        sleepers, self._sleepers = self._sleepers, {}
        for sleeper in sleepers:
            _end(sleeper, True)


def _end(sleeper: asyncio.Future[bool], woken: bool) -> None:
    if not sleeper.done():
        sleeper.set_result(woken)
