"""Init containers and sidecars: their order, their failures, their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kubelet.pods import conditions, shell, state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods

INIT = "initContainerStatuses"


def named(name: str, script: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **shell(script, **more)}


async def test_init_containers_run_one_after_the_other_before_the_others(pods: Pods) -> None:
    init = [named("a", "sleep 5"), named("b", "sleep 5")]
    pod = await pods.create("p", {"image": "nginx"}, initContainers=init)
    assert pod["status"]["phase"] == "Pending"
    assert "running" in state(pod, "a", INIT)["state"]
    assert state(pod, "b", INIT)["state"]["waiting"]["reason"] == "PodInitializing"
    assert state(pod)["state"]["waiting"]["reason"] == "PodInitializing"
    condition = next(c for c in pod["status"]["conditions"] if c["type"] == "Initialized")
    assert condition["reason"] == "ContainersNotInitialized"
    assert condition["message"] == "containers with incomplete status: [a b]"

    await pods.advance(5)
    pod = await pods.get("p")
    assert state(pod, "a", INIT)["ready"] is True
    assert "running" in state(pod, "b", INIT)["state"]
    await pods.advance(5)

    pod = await pods.get("p")
    assert pod["status"]["phase"] == "Running"
    assert set(conditions(pod["status"]).values()) == {"True"}


async def test_an_init_container_that_fails_is_tried_again(pods: Pods) -> None:
    init = [named("a", "exit 1")]
    pod = await pods.create("p", {"image": "nginx"}, initContainers=init)

    assert pod["status"]["phase"] == "Pending"
    assert state(pod, "a", INIT)["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert "containerID" not in state(pod)


async def test_an_init_container_that_fails_for_good_fails_the_pod(pods: Pods) -> None:
    init = [named("a", "exit 1")]
    pod = await pods.create("p", {"image": "i"}, initContainers=init, restartPolicy="Never")

    assert pod["status"]["phase"] == "Failed"
    assert "running" not in state(pod)["state"]


async def test_sidecars_run_beside_the_others_and_end_after_them(pods: Pods) -> None:
    async def sidecar(process: Any) -> int:
        await process.stopped()
        process.print("bye")
        return 0

    pods.plane.programs.register("registry.example/sidecar", sidecar)
    side = {"name": "s", "image": "registry.example/sidecar", "restartPolicy": "Always"}
    pod = await pods.create("p", shell("sleep 5"), initContainers=[side], restartPolicy="Never")
    assert pod["status"]["phase"] == "Running"
    assert state(pod, "s", INIT)["started"] is True

    await pods.advance(5)

    pod = await pods.get("p")
    assert pod["status"]["phase"] == "Succeeded"
    assert state(pod, "s", INIT)["state"]["terminated"]["exitCode"] == 0
    assert await pods.log("p", "s") == "bye\n"


async def test_a_sidecar_that_ends_early_is_started_again(pods: Pods) -> None:
    side = named("s", "sleep 5; exit 1", restartPolicy="Always")
    await pods.create("p", {"image": "nginx"}, initContainers=[side])

    await pods.advance(5)

    pod = await pods.get("p")
    assert state(pod, "s", INIT)["restartCount"] == 1
    assert pod["status"]["phase"] == "Running"


async def test_later_init_containers_wait_for_a_sidecar_to_start_up(pods: Pods) -> None:
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": 5}
    init = [
        {"name": "s", "image": "i", "restartPolicy": "Always", "startupProbe": probe},
        named("a", "true"),
    ]
    pod = await pods.create("p", {"image": "nginx"}, initContainers=init)
    assert state(pod, "s", INIT)["started"] is False
    assert "waiting" in state(pod, "a", INIT)["state"]

    await pods.advance(5)

    assert (await pods.get("p"))["status"]["phase"] == "Running"


async def test_deleting_a_pod_ends_its_sidecars_last(pods: Pods) -> None:
    order: list[str] = []

    async def program(process: Any) -> int:
        await process.stopped()
        order.append(process.container)
        return 0

    pods.plane.programs.register("registry.example/app", program)
    image = "registry.example/app"
    side = [{"name": n, "image": image, "restartPolicy": "Always"} for n in ("s1", "s2")]
    await pods.create("p", {"image": image}, initContainers=side)
    await pods.delete("p")

    assert await pods.is_gone("p")
    assert order[0] == "c"
    assert sorted(order[1:]) == ["s1", "s2"]
