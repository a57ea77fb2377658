"""Time: the `Clock` that everything in a cluster reads and waits on, real or virtual.

It refuses to know what is waited for. A wait marked `housekeeping` (a lease, a resync, a
bookmark) is one that would repeat for ever: it is served in its turn, but it is no reason to
let time pass.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_NANOSECONDS = 1_000_000_000
#: How often the tasks get their turn between two instants, unless `settle` knows better: enough
#: for what wakes through a chain of this many queues and watches.
_TURNS = 20
#: So many rounds of timers at one instant are no progress but a loop.
_ROUNDS_AT_ONE_INSTANT = 10_000
_SWEEP_FROM = 64  # cancelled timers


class Timer(Protocol):
    """A call to come."""

    def cancel(self) -> None:
        """Prevents the call; nothing if it was made already."""


class Clock(Protocol):
    """What time it is, and waiting for it to pass."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    async def sleep(self, seconds: float, *, housekeeping: bool = False) -> None:
        """Waits; for 0 or less only until other tasks had their turn."""

    def call_later(
        self, seconds: float, callback: Callable[[], object], *, housekeeping: bool = False
    ) -> Timer:
        """Calls back once, from the event loop's thread, when so much time has passed."""


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    __slots__ = ()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, *, housekeeping: bool = False) -> None:
        await asyncio.sleep(seconds)

    def call_later(
        self, seconds: float, callback: Callable[[], object], *, housekeeping: bool = False
    ) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)


class VirtualTimer:
    """A call that a `VirtualClock` will make."""

    __slots__ = ("_callback", "_clock", "due", "housekeeping", "number")

    def __init__(
        self,
        clock: VirtualClock,
        due: int,
        number: int,
        callback: Callable[[], object],
        housekeeping: bool,
    ) -> None:
        self.due = due
        self.number = number
        self.housekeeping = housekeeping
        self._clock = clock
        self._callback: Callable[[], object] | None = callback

    def __lt__(self, other: VirtualTimer) -> bool:
        return (self.due, self.number) < (other.due, other.number)

    @property
    def pending(self) -> bool:
        """Whether the call is still to come."""
        return self._callback is not None

    def cancel(self) -> None:
        if self._callback is not None:
            self._callback = None
            self._clock._forget()

    def fire(self) -> None:
        """Makes the call, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class VirtualClock:
    """A clock that stands still until told to `advance`; the event loop's time is not its time.

    Timers fire in the order of their due time, and at one instant in the order of their making.
    Between two instants the tasks that woke up get their turns: `settle`, where it is set, says
    when they are done, so that a timer made by one is in its place before time moves on. Time is
    counted in whole nanoseconds: ten waits of 0.1 end exactly with one of 1.
    """

    def __init__(
        self, start: datetime, *, settle: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """Raises ValueError if `start` is naive."""
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware time")
        self.settle: Callable[[], Awaitable[object]] = settle or _take_turns
        self._start = start.astimezone(UTC)
        self._elapsed = 0
        self._timers: list[VirtualTimer] = []
        self._made = 0
        self._cancelled = 0
        self._advancing = asyncio.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._elapsed // 1000)

    def monotonic(self) -> float:
        return self._elapsed / _NANOSECONDS

    async def sleep(self, seconds: float, *, housekeeping: bool = False) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: _wake(woken), housekeeping=housekeeping)
        try:
            await woken
        finally:
            timer.cancel()

    def call_later(
        self, seconds: float, callback: Callable[[], object], *, housekeeping: bool = False
    ) -> VirtualTimer:
        due = self._elapsed + max(0, round(seconds * _NANOSECONDS))
        self._made += 1
        timer = VirtualTimer(self, due, self._made, callback, housekeeping)
        heapq.heappush(self._timers, timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Lets time pass, and everything happen that is due by its end.

        Calls made at the same time follow one another. An exception out of a timer's callback
        ends the advance at that timer's instant. Raises ValueError for negative seconds,
        RuntimeError if the timers of one instant keep making new ones for the same instant.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        async with self._advancing:
            await self._advance_to(self._elapsed + round(seconds * _NANOSECONDS))

    async def advance_to_next(self) -> bool:
        """Advances to the next timer that is not housekeeping; False if there is none."""
        async with self._advancing:
            due = self._next_due()
            if due is None:
                return False
            await self._advance_to(due)
            return True

    def next_due(self) -> float | None:
        """The seconds until the next timer that is not housekeeping; None without one."""
        due = self._next_due()
        return None if due is None else (due - self._elapsed) / _NANOSECONDS

    def _next_due(self) -> int | None:
        return min((t.due for t in self._timers if t.pending and not t.housekeeping), default=None)

    async def _advance_to(self, target: int) -> None:
        await self.settle()  # what is about to wait must wait before time moves
        rounds = 0
        while (instant := self._first_due()) is not None and instant <= target:
            rounds = rounds + 1 if instant == self._elapsed else 0
            if rounds > _ROUNDS_AT_ONE_INSTANT:
                raise RuntimeError(f"timers at {self.now()} keep making timers for the same time")
            self._elapsed = instant
            last = self._made  # what these timers make for the same instant is the next round's
            while self._first_due() == instant and self._timers[0].number <= last:
                heapq.heappop(self._timers).fire()
            await self.settle()
        self._elapsed = target

    def _first_due(self) -> int | None:
        while self._timers and not self._timers[0].pending:
            heapq.heappop(self._timers)
            self._cancelled -= 1
        return self._timers[0].due if self._timers else None

    def _forget(self) -> None:
        # Time may stand still for long while watches set and cancel their timeouts.
        self._cancelled += 1
        if self._cancelled > _SWEEP_FROM and 2 * self._cancelled > len(self._timers):
            self._timers = [timer for timer in self._timers if timer.pending]
            heapq.heapify(self._timers)
            self._cancelled = 0


async def _take_turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
