"""Logs: which lines, from when, of which run; and following them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakek8s import errors
from tests.kubelet.pods import Wanted, shell

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods

TICKING = "i=0; while true; do echo tick $i; i=$((i+1)); sleep 1; done"


async def test_lines_are_chosen_by_number_time_and_stream(pods: Pods) -> None:
    script = "echo one; sleep 10; echo two >&2; sleep 10; echo three; sleep 60"
    await pods.create("p", shell(script))
    await pods.advance(20)

    assert await pods.log("p") == "one\ntwo\nthree\n"
    assert await pods.log("p", tail_lines=1) == "three\n"
    assert await pods.log("p", tail_lines=0) == ""
    assert await pods.log("p", since_seconds=15) == "two\nthree\n"
    assert await pods.log("p", stream="Stderr") == "two\n"
    assert await pods.log("p", limit_bytes=5) == "one\nt"
    assert await pods.log("p", tail_lines=1, timestamps=True) == (
        "2026-01-02T00:00:20.000000000Z three\n"
    )


async def test_following_shows_lines_as_they_come_until_the_container_ends(pods: Pods) -> None:
    await pods.create("p", shell("echo one; sleep 5; echo two; sleep 5"), restartPolicy="Never")
    following = asyncio.create_task(pods.log("p", follow=True))
    await pods.advance(5)
    assert not following.done()

    await pods.advance(5)

    assert await following == "one\ntwo\n"


async def test_a_loop_that_prints_and_sleeps_goes_on_until_it_is_stopped(pods: Pods) -> None:
    await pods.create("p", shell(TICKING))
    await pods.advance(3)
    assert await pods.log("p") == "tick 0\ntick 1\ntick 2\ntick 3\n"

    await pods.delete("p")

    assert await pods.is_gone("p")


async def test_the_last_runs_log_stays_while_the_next_one_runs(pods: Pods) -> None:
    await pods.create("p", shell("hostname; date; sleep 5; exit 1"))
    with pytest.raises(errors.APIError, match='previous terminated container "c" in pod "p" not'):
        await pods.log("p", previous=True)

    await pods.advance(5)

    assert await pods.log("p", previous=True) == "p\nFri Jan  2 00:00:00 UTC 2026\n"
    assert await pods.log("p") == "p\nFri Jan  2 00:00:05 UTC 2026\n"


async def test_a_container_that_waits_has_no_log(pods: Pods) -> None:
    await pods.create("p", {"image": "registry.invalid/x"})

    with pytest.raises(errors.APIError) as refused:
        await pods.log("p")

    assert refused.value.code == 400
    assert refused.value.message == (
        'container "c" in pod "p" is waiting to start: trying and failing to pull image'
    )


async def test_nginx_says_that_it_starts_and_that_it_ends(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx:1.27"})
    log = await pods.log("p")

    assert "/docker-entrypoint.sh: Configuration complete; ready for start up\n" in log
    assert "2026/01/02 00:00:00 [notice] 1#1: start worker processes\n" in log
    assert "start worker" not in await pods.log("p", stream="Stdout")


async def test_a_reader_that_goes_leaves_nothing_behind(pods: Pods) -> None:
    await pods.create("p", shell(TICKING))
    lines = pods.logs.logs(await pods.get("p"), "c", Wanted(follow=True))
    assert await anext(aiter(lines)) == b"tick 0\n"

    await lines.aclose()  # type: ignore[attr-defined]

    await pods.delete("p")
    assert await pods.is_gone("p")
