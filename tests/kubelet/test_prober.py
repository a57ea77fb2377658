"""Probes that run commands: readiness, liveness and startup follow what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kubelet.pods import conditions, shell, state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods

Object = dict[str, Any]


def probe(script: str, **more: Any) -> Object:
    return {"exec": {"command": ["sh", "-c", script]}, "periodSeconds": 5, **more}


async def ready(pods: Pods) -> str:
    return conditions((await pods.get("p"))["status"])["Ready"]


async def test_a_container_is_ready_while_its_command_says_so(pods: Pods) -> None:
    script = "sleep 12; touch /tmp/ok; sleep 20; rm /tmp/ok; sleep 1000"
    await pods.create("p", shell(script, readinessProbe=probe("test -f /tmp/ok")))
    assert await ready(pods) == "False"

    await pods.advance(10)
    assert await ready(pods) == "False"
    await pods.advance(5)
    assert await ready(pods) == "True"
    await pods.advance(20 + 3)
    assert await ready(pods) == "True"  # it takes three failures
    await pods.advance(10)
    assert await ready(pods) == "False"
    assert state(await pods.get("p"))["restartCount"] == 0


async def test_a_container_that_is_not_alive_is_started_again(pods: Pods) -> None:
    script = "touch /tmp/ok; sleep 10; rm /tmp/ok; sleep 1000"
    liveness = probe("cat /tmp/ok", failureThreshold=2)
    await pods.create("p", shell(script, livenessProbe=liveness))
    await pods.advance(9)
    assert state(await pods.get("p"))["restartCount"] == 0

    await pods.advance(7)

    container = state(await pods.get("p"))
    assert container["restartCount"] == 1
    assert "running" in container["state"]
    assert container["lastState"]["terminated"]["exitCode"] == 143
    events = await pods.events("p")
    text = "Liveness probe failed: cat: can't open '/tmp/ok': No such file or directory\n"
    assert ("Unhealthy", text) in events
    assert ("Killing", "Container c failed liveness probe, will be restarted") in events


async def test_nobody_asks_whether_it_is_ready_before_it_has_started(pods: Pods) -> None:
    script = "sleep 12; touch /tmp/up; sleep 1000"
    await pods.create(
        "p",
        shell(
            script,
            startupProbe=probe("test -f /tmp/up", failureThreshold=10),
            readinessProbe=probe("true", periodSeconds=1),
        ),
    )
    await pods.advance(11)
    assert state(await pods.get("p"))["started"] is False
    assert await ready(pods) == "False"

    await pods.advance(6)

    assert state(await pods.get("p"))["started"] is True
    assert await ready(pods) == "True"


async def test_a_container_that_never_starts_up_is_started_again(pods: Pods) -> None:
    startup = probe("false", failureThreshold=2)
    await pods.create("p", {"image": "nginx", "startupProbe": startup})

    await pods.advance(6)

    assert state(await pods.get("p"))["restartCount"] == 1
    text = "Container c failed startup probe, will be restarted"
    assert ("Killing", text) in await pods.events("p")


async def test_a_command_that_takes_too_long_has_failed(pods: Pods) -> None:
    readiness = probe("sleep 3", timeoutSeconds=2)
    await pods.create("p", {"image": "nginx", "readinessProbe": readiness})

    await pods.advance(4)

    assert await ready(pods) == "False"
    text = "Readiness probe failed: command timed out after 2s"
    assert ("Unhealthy", text) in await pods.events("p")


async def test_probes_of_a_healthy_pod_cause_no_writes(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx", "readinessProbe": probe("true")})
    await pods.create("q", {"image": "nginx", "livenessProbe": probe("true")})
    before = len(pods.seen)
    assert await ready(pods) == "True"

    await pods.advance(600)

    assert len(pods.seen) == before
    assert pods.clock.next_due() is None
    await pods.delete("p")
    assert await pods.is_gone("p")
