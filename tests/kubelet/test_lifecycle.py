"""The life of pods: from Pending to Running, to their end, and away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kubelet.pods import conditions, shell, state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods


async def test_a_pod_goes_from_pending_over_containercreating_to_running(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "nginx"})

    phases = [
        (s["phase"], *(next(iter(c["state"])) for c in s.get("containerStatuses", ())))
        for s in pods.statuses("p")
    ]
    assert phases == [
        ("Pending",),
        ("Pending",),
        ("Pending", "waiting"),
        ("Running", "running"),
    ]
    status = pod["status"]
    assert pod["spec"]["nodeName"] == "node-1"
    assert status["podIP"] == "10.244.0.2"
    assert status["podIPs"] == [{"ip": "10.244.0.2"}]
    assert status["hostIP"] == "172.18.0.2"
    assert status["startTime"] == "2026-01-02T00:00:00Z"
    assert [c["type"] for c in status["conditions"]] == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]
    assert set(conditions(status).values()) == {"True"}
    assert {c["observedGeneration"] for c in status["conditions"]} == {1}
    container = state(pod)
    assert container["ready"] is True
    assert container["started"] is True
    assert container["restartCount"] == 0
    assert container["image"] == "docker.io/library/nginx:latest"
    assert container["state"] == {"running": {"startedAt": "2026-01-02T00:00:00Z"}}
    scheme, _, identity = container["containerID"].partition("://")
    assert scheme == "containerd"
    assert len(identity) == 64


async def test_users_hear_what_the_scheduler_and_the_kubelet_did(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"})
    await pods.create("q", {"image": "nginx", "imagePullPolicy": "IfNotPresent"})

    first, second = await pods.events("p"), await pods.events("q")
    assert [reason for reason, _ in first] == [
        "Scheduled",
        "Pulling",
        "Pulled",
        "Created",
        "Started",
    ]
    assert first[0][1] == "Successfully assigned ns/p to node-1"
    assert second[1:] == [
        (
            "Pulled",
            'Container image "nginx" already present on machine and can be accessed by the pod',
        ),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ]


async def test_a_pod_whose_containers_all_end_well_has_succeeded(pods: Pods) -> None:
    pod = await pods.create("p", shell("echo hi"), shell("true"), restartPolicy="Never")

    assert pod["status"]["phase"] == "Succeeded"
    assert state(pod)["state"]["terminated"]["exitCode"] == 0
    assert state(pod)["state"]["terminated"]["reason"] == "Completed"
    assert conditions(pod["status"])["Ready"] == "False"
    assert await pods.log("p") == "hi\n"


async def test_a_pod_with_a_container_that_fails_for_good_has_failed(pods: Pods) -> None:
    pod = await pods.create("p", shell("sleep 5; exit 3"), shell("true"), restartPolicy="Never")
    assert pod["status"]["phase"] == "Running"

    await pods.advance(5)

    pod = await pods.get("p")
    assert pod["status"]["phase"] == "Failed"
    ended = state(pod)["state"]["terminated"]
    assert ended["exitCode"] == 3
    assert ended["reason"] == "Error"
    assert ended["finishedAt"] == "2026-01-02T00:00:05Z"
    assert ended["containerID"] == state(pod)["containerID"]


async def test_deleting_a_pod_shows_it_not_ready_before_it_is_gone(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"})
    await pods.delete("p")

    assert await pods.is_gone("p")
    ready = [conditions(status).get("Ready") for status in pods.statuses("p")]
    kinds = [kind for kind, obj in pods.seen if obj["metadata"]["name"] == "p"]
    assert kinds[-2:] == ["MODIFIED", "DELETED"]
    assert ready[-2:] == ["False", "False"]
    assert ("Killing", "Stopping container c") in await pods.events("p")


async def test_a_program_that_does_not_stop_is_killed_when_its_grace_is_over(pods: Pods) -> None:
    async def stubborn(process: Any) -> int:
        while True:
            await process.stopped()
            await process.clock.sleep(1000)

    pods.plane.programs.register("registry.example/stubborn", stubborn)
    await pods.create("p", {"image": "registry.example/stubborn:1"})
    await pods.delete("p", grace_seconds=7)

    await pods.advance(6)
    assert not await pods.is_gone("p")
    await pods.advance(1)
    assert await pods.is_gone("p")
    codes = [
        c["state"]["terminated"]["exitCode"]
        for s in pods.statuses("p")
        for c in s.get("containerStatuses", ())
        if "terminated" in c["state"]
    ]
    assert set(codes) == {137}


async def test_a_pod_deleted_without_grace_frees_its_address(pods: Pods) -> None:
    addresses = []
    for number in range(254):
        pod = await pods.create(f"p{number}", {"image": "nginx"})
        addresses.append(pod["status"]["podIP"])
        await pods.delete(f"p{number}", grace_seconds=0)

    assert addresses[:2] == ["10.244.0.2", "10.244.0.3"]
    assert len(set(addresses[:253])) == 253
    assert addresses[253] == addresses[0]


async def test_a_pod_that_outlives_its_deadline_fails(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"}, activeDeadlineSeconds=60)

    await pods.advance(60)

    status = (await pods.get("p"))["status"]
    assert status["phase"] == "Failed"
    assert status["reason"] == "DeadlineExceeded"


async def test_a_pod_in_the_host_network_has_its_nodes_address(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "nginx"}, hostNetwork=True)

    assert pod["status"]["podIP"] == pod["status"]["hostIP"] == "172.18.0.2"


async def test_readiness_waits_for_the_probes_first_delay(pods: Pods) -> None:
    probe = {"httpGet": {"port": 80}, "initialDelaySeconds": 5}
    pod = await pods.create("p", {"image": "nginx", "readinessProbe": probe})
    assert conditions(pod["status"])["Ready"] == "False"
    assert pod["status"]["phase"] == "Running"

    await pods.advance(5)

    assert conditions((await pods.get("p"))["status"])["Ready"] == "True"


async def test_readiness_gates_hold_a_pod_back_until_somebody_opens_them(pods: Pods) -> None:
    gate = "example.com/open"
    pod = await pods.create("p", {"image": "nginx"}, readinessGates=[{"conditionType": gate}])
    assert conditions(pod["status"])["ContainersReady"] == "True"
    assert conditions(pod["status"])["Ready"] == "False"

    opened = {"status": {"conditions": [{"type": gate, "status": "True"}]}}
    await pods.client.patch("pods", "ns", "p", opened, form="strategic", subresource="status")
    await pods.settle()

    status = (await pods.get("p"))["status"]
    assert conditions(status)["Ready"] == "True"
    assert conditions(status)[gate] == "True"


async def test_pods_that_change_nothing_cause_no_writes(pods: Pods) -> None:
    for number in range(5):
        await pods.create(f"p{number}", {"image": "nginx"})
    before = len(pods.seen)

    await pods.advance(1500)

    assert len(pods.seen) == before


async def test_many_pods_at_once_all_run(pods: Pods) -> None:
    for number in range(50):
        pod = {
            "metadata": {"name": f"p{number}"},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        }
        await pods.client.create("pods", "ns", pod)
    await pods.settle()

    found, _ = await pods.client.list("pods", "ns")
    assert {pod["status"]["phase"] for pod in found} == {"Running"}
    assert len({pod["status"]["podIP"] for pod in found}) == 50


async def test_an_ephemeral_container_runs_beside_the_others(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "nginx"})
    debugger = {"name": "debug", **shell("echo looking; sleep 5")}
    patch = {"spec": {"ephemeralContainers": [debugger]}}
    await pods.client.patch(
        "pods", "ns", "p", patch, form="strategic", subresource="ephemeralcontainers"
    )
    await pods.settle()

    pod = await pods.get("p")
    field = "ephemeralContainerStatuses"
    assert "running" in state(pod, "debug", field)["state"]
    assert await pods.log("p", "debug") == "looking\n"
    await pods.advance(5)
    ended = state(await pods.get("p"), "debug", field)["state"]
    assert ended["terminated"]["exitCode"] == 0


async def test_a_hook_runs_before_its_container_is_stopped(pods: Pods) -> None:
    mounts = [{"name": "d", "mountPath": "/d"}]
    hook = {"exec": {"command": ["sh", "-c", "sleep 3; echo drained > /d/f"]}}
    first = {"image": "nginx", "volumeMounts": mounts, "lifecycle": {"preStop": hook}}
    script = "while true; do [ -f /d/f ] && cat /d/f; sleep 1; done"
    await pods.create(
        "p",
        first,
        shell(script, volumeMounts=mounts, lifecycle={"preStop": {"sleep": {"seconds": 10}}}),
        volumes=[{"name": "d", "emptyDir": {}}],
    )
    await pods.delete("p")
    await pods.advance(2)
    assert "running" in state(await pods.get("p"))["state"]

    await pods.advance(3)

    pod = await pods.get("p")
    assert "terminated" in state(pod)["state"]
    assert "drained" in await pods.log("p", "c1")
    await pods.advance(5)
    assert await pods.is_gone("p")


async def test_a_hook_may_not_take_longer_than_the_grace(pods: Pods) -> None:
    hook = {"exec": {"command": ["sleep", "1000"]}}
    await pods.create("p", {"image": "nginx", "lifecycle": {"preStop": hook}})
    await pods.delete("p", grace_seconds=5)

    await pods.advance(4)
    assert not await pods.is_gone("p")
    await pods.advance(3)

    assert await pods.is_gone("p")


async def test_a_hook_that_fails_is_told_and_stops_nobody_from_going(pods: Pods) -> None:
    hook = {"exec": {"command": ["nonsense"]}}
    await pods.create("p", {"image": "nginx", "lifecycle": {"preStop": hook}})
    await pods.delete("p")

    assert await pods.is_gone("p")
    assert ("FailedPreStopHook", "PreStopHook failed") in await pods.events("p")
