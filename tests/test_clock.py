"""The clocks: what virtual time runs, in which order, and what it leaves alone."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest

from fakek8s.clock import Clock, SystemClock, VirtualClock

START = datetime(2026, 1, 1, tzinfo=UTC)


async def test_virtual_time_stands_still_until_it_is_advanced() -> None:
    clock = VirtualClock(START)
    await asyncio.sleep(0)
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    await clock.advance(1.5)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=1.5), 1.5)


async def test_virtual_time_is_told_in_utc() -> None:
    clock = VirtualClock(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC


def test_a_virtual_clock_needs_an_aware_start() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 (naive on purpose)


async def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="back"):
        await VirtualClock(START).advance(-1)


async def test_timers_fire_by_due_time_and_then_by_age() -> None:
    clock = VirtualClock(START)
    fired: list[tuple[str, float]] = []

    def fire(name: str) -> None:
        fired.append((name, clock.monotonic()))

    for name, seconds in (("late", 3), ("first", 1), ("second", 1), ("beyond", 5)):
        clock.call_later(seconds, partial(fire, name))
    await clock.advance(4)
    assert fired == [("first", 1.0), ("second", 1.0), ("late", 3.0)]
    await clock.advance(1)
    assert fired[3:] == [("beyond", 5.0)]


async def test_what_a_task_starts_on_waking_happens_within_the_same_advance() -> None:
    clock = VirtualClock(START)
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(10)
            ticks.append(clock.monotonic())

    task = asyncio.ensure_future(tick())
    await clock.advance(35)
    assert ticks == [10.0, 20.0, 30.0]
    task.cancel()


async def test_tasks_interleave_by_time_and_not_by_task() -> None:
    clock = VirtualClock(START)
    seen: list[str] = []

    async def every(seconds: float, name: str) -> None:
        while True:
            await clock.sleep(seconds)
            seen.append(f"{name}{clock.monotonic():g}")

    tasks = [asyncio.ensure_future(every(2, "a")), asyncio.ensure_future(every(3, "b"))]
    await clock.advance(6)
    assert seen == ["a2", "b3", "a4", "b6", "a6"]  # b's timer for 6 was made at 3, a's at 4
    for task in tasks:
        task.cancel()


async def test_a_chain_of_tasks_is_done_before_time_moves_on() -> None:
    clock = VirtualClock(START)
    first: asyncio.Queue[None] = asyncio.Queue()
    second: asyncio.Queue[None] = asyncio.Queue()
    done: list[float] = []

    async def relay() -> None:
        await first.get()
        second.put_nowait(None)

    async def finish() -> None:
        await second.get()
        done.append(clock.monotonic())

    tasks = [asyncio.ensure_future(relay()), asyncio.ensure_future(finish())]
    clock.call_later(1, lambda: first.put_nowait(None))
    clock.call_later(2, lambda: None)
    await clock.advance(2)
    assert done == [1.0]
    await asyncio.gather(*tasks)


async def test_settle_decides_when_time_may_move_on() -> None:
    clock = VirtualClock(START)
    settled: list[float] = []

    async def settle() -> None:
        settled.append(clock.monotonic())

    clock.settle = settle
    clock.call_later(1, lambda: None)
    clock.call_later(2, lambda: None)
    await clock.advance(3)
    assert settled == [0.0, 1.0, 2.0]


async def test_many_short_waits_end_with_one_long_wait() -> None:
    clock = VirtualClock(START)
    order: list[str] = []

    async def short() -> None:
        for _ in range(10):
            await clock.sleep(0.1)
        order.append("short")

    task = asyncio.ensure_future(short())
    clock.call_later(1, lambda: order.append("long"))
    await clock.advance(1)
    assert order == ["long", "short"]
    await task


async def test_a_cancelled_timer_does_not_fire() -> None:
    clock = VirtualClock(START)
    fired: list[int] = []
    timers = [clock.call_later(number, partial(fired.append, number)) for number in range(500)]
    for timer in timers[1:]:
        timer.cancel()
        timer.cancel()
    assert clock.next_due() == 0.0
    await clock.advance(1000)
    assert fired == [0]
    timers[0].cancel()  # it is over, which is no error
    assert clock.next_due() is None


async def test_one_timer_can_cancel_another_of_the_same_instant() -> None:
    clock = VirtualClock(START)
    fired: list[str] = []
    clock.call_later(1, lambda: victim.cancel())
    victim = clock.call_later(1, lambda: fired.append("victim"))
    await clock.advance(1)
    assert fired == []


async def test_timers_may_be_cancelled_by_the_hundred_while_time_stands_still() -> None:
    clock = VirtualClock(START)
    fired: list[float] = []
    clock.call_later(7, lambda: fired.append(clock.monotonic()))
    for _ in range(10_000):
        clock.call_later(60, lambda: None).cancel()
    assert len(clock._timers) < 200
    await clock.advance(60)
    assert fired == [7.0]


async def test_a_cancelled_sleep_leaves_no_timer() -> None:
    clock = VirtualClock(START)
    task = asyncio.ensure_future(clock.sleep(10))
    await asyncio.sleep(0)
    assert clock.next_due() == 10.0
    task.cancel()
    await asyncio.wait([task])
    assert clock.next_due() is None


async def test_housekeeping_is_served_but_is_no_reason_to_advance() -> None:
    clock = VirtualClock(START)
    seen: list[str] = []
    clock.call_later(1, lambda: seen.append("lease"), housekeeping=True)
    assert clock.next_due() is None
    assert await clock.advance_to_next() is False
    assert clock.monotonic() == 0.0
    clock.call_later(3, lambda: seen.append("work"))
    assert await clock.advance_to_next() is True
    assert seen == ["lease", "work"]
    assert clock.monotonic() == 3.0


async def test_two_advances_at_once_follow_one_another() -> None:
    clock = VirtualClock(START)
    seen: list[float] = []
    for seconds in (1, 2, 3):
        clock.call_later(seconds, lambda: seen.append(clock.monotonic()))
    await asyncio.gather(clock.advance(2), clock.advance(2))
    assert seen == [1.0, 2.0, 3.0]
    assert clock.monotonic() == 4.0


async def test_a_callback_that_fails_stops_the_advance_at_its_instant() -> None:
    clock = VirtualClock(START)
    seen: list[str] = []
    clock.call_later(1, lambda: [].pop())
    clock.call_later(2, lambda: seen.append("later"))
    with pytest.raises(IndexError):
        await clock.advance(5)
    assert clock.monotonic() == 1.0
    await clock.advance(5)
    assert seen == ["later"]


async def test_timers_without_end_at_one_instant_are_an_error() -> None:
    clock = VirtualClock(START)

    async def settle() -> None:
        pass

    def again() -> None:
        clock.call_later(0, again)

    clock.settle = settle
    again()
    with pytest.raises(RuntimeError, match=re.escape(str(START))):
        await clock.advance(1)


async def test_a_sleep_of_nothing_lets_others_run() -> None:
    clock = VirtualClock(START)
    others: list[int] = []
    asyncio.get_running_loop().call_soon(others.append, 1)
    await clock.sleep(0)
    assert others == [1]


async def test_the_system_clock_goes_by_itself() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    fired = asyncio.Event()
    clock.call_later(3600, lambda: None).cancel()
    clock.call_later(0.001, fired.set)
    await fired.wait()
    await clock.sleep(0)
    assert clock.monotonic() > before
    assert clock.now().utcoffset() == timedelta(0)
