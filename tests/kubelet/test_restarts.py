"""Containers that end and start again: at once, later and later, or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.kubelet.restarts import Backoff, should_restart
from tests.kubelet.pods import conditions, shell, state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods

NOW = datetime(2026, 1, 2, tzinfo=UTC)


async def test_a_container_that_fails_again_waits_longer_and_longer(pods: Pods) -> None:
    pod = await pods.create("p", shell("exit 3"))
    uid = pod["metadata"]["uid"]

    waits = []
    for seconds in (10, 20, 40, 80, 160, 300, 300):
        container = state(await pods.get("p"))
        assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert container["lastState"]["terminated"]["exitCode"] == 3
        waits.append(container["state"]["waiting"]["message"].split()[1])
        await pods.advance(seconds - 0.5)
        assert state(await pods.get("p"))["restartCount"] == container["restartCount"]
        await pods.advance(0.5)
        assert state(await pods.get("p"))["restartCount"] == container["restartCount"] + 1

    assert waits == ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]
    text = f"Back-off restarting failed container c in pod p_ns({uid})"
    assert ("BackOff", text) in await pods.events("p")
    assert (await pods.get("p"))["status"]["phase"] == "Running"


async def test_the_first_restart_waits_for_nothing(pods: Pods) -> None:
    pod = await pods.create("p", shell("sleep 30; exit 1"))
    assert state(pod)["restartCount"] == 0

    await pods.advance(30)

    container = state(await pods.get("p"))
    assert container["restartCount"] == 1
    assert "running" in container["state"]
    assert container["lastState"]["terminated"]["exitCode"] == 1
    seen = [c["state"] for s in pods.statuses("p") for c in s.get("containerStatuses", ())]
    assert any("terminated" in entry for entry in seen)


async def test_a_long_time_without_failure_makes_the_next_wait_short_again(pods: Pods) -> None:
    await pods.create("p", shell("exit 1"))
    await pods.advance(10)
    assert "back-off 20s" in state(await pods.get("p"))["state"]["waiting"]["message"]
    pods.plane.programs.register("busybox", _waits_and_fails)
    await pods.advance(20)

    await pods.advance(700)

    assert "running" in state(await pods.get("p"))["state"]
    assert state(await pods.get("p"))["restartCount"] == 4


async def _waits_and_fails(process: Any) -> int:
    await process.sleep(690)
    return 1


async def test_on_failure_restarts_until_a_container_succeeds(pods: Pods) -> None:
    script = "n=$(cat /data/n 2>/dev/null); n=$((n+1)); echo $n > /data/n; [ $n -ge 3 ]"
    container = shell(script, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    volumes = [{"name": "data", "emptyDir": {}}]
    await pods.create("p", container, volumes=volumes, restartPolicy="OnFailure")

    await pods.advance(10)

    pod = await pods.get("p")
    assert pod["status"]["phase"] == "Succeeded"
    assert state(pod)["restartCount"] == 2


async def test_never_leaves_a_failed_container_as_it_is(pods: Pods) -> None:
    pod = await pods.create("p", shell("exit 1"), shell("sleep 60"), restartPolicy="Never")
    assert pod["status"]["phase"] == "Running"
    assert conditions(pod["status"])["Ready"] == "False"

    await pods.advance(60)

    pod = await pods.get("p")
    assert pod["status"]["phase"] == "Failed"
    assert state(pod)["restartCount"] == 0


async def test_a_command_that_is_not_in_the_image_is_a_start_error(pods: Pods) -> None:
    pod = await pods.create(
        "p", {"image": "busybox", "command": ["nonsense"]}, restartPolicy="Never"
    )

    assert pod["status"]["phase"] == "Failed"
    ended = state(pod)["state"]["terminated"]
    assert ended["reason"] == "StartError"
    assert ended["exitCode"] == 128
    assert 'exec: "nonsense": executable file not found in $PATH' in ended["message"]


async def test_a_command_that_is_not_in_the_image_is_tried_again(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "busybox", "command": ["nonsense"]})

    seen = [
        c["state"]["waiting"]["reason"]
        for s in pods.statuses("p")
        for c in s.get("containerStatuses", ())
    ]
    assert seen[:2] == ["ContainerCreating", "RunContainerError"]
    assert state(pod)["state"]["waiting"]["reason"] == "CrashLoopBackOff"


@pytest.mark.parametrize(
    ("container", "policy", "code", "expected"),
    [
        ({}, "Always", 0, True),
        ({}, "OnFailure", 0, False),
        ({}, "OnFailure", 1, True),
        ({}, "Never", 1, False),
        ({"restartPolicy": "Never"}, "Always", 1, False),
        ({"restartPolicy": "Always"}, "Never", 0, True),
    ],
)
def test_a_containers_own_policy_goes_before_its_pods(
    container: dict[str, Any], policy: str, code: int, expected: bool
) -> None:
    assert should_restart(container, {"restartPolicy": policy}, code) is expected


@pytest.mark.parametrize(("code", "expected"), [(42, True), (43, False), (0, False)])
def test_rules_restart_for_the_exit_codes_they_name(code: int, expected: bool) -> None:
    rule = {"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}
    container = {"restartPolicy": "Never", "restartPolicyRules": [rule]}
    assert should_restart(container, {}, code) is expected


def test_a_back_off_counts_from_the_failure() -> None:
    backoff = Backoff()
    assert backoff.left(NOW, NOW) == 0
    backoff.advance(NOW, NOW)
    assert backoff.left(NOW, NOW + timedelta(seconds=4)) == 6
    assert backoff.left(NOW, NOW + timedelta(seconds=10)) == 0
