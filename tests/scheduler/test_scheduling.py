"""Which pods get a node, which wait, what they are told, and what makes them go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.controllers.conftest import World

Object = dict[str, Any]


def asking(**requests: str) -> Object:
    return {"containers": [{"name": "c", "image": "i", "resources": {"requests": requests}}]}


def scheduled(pod: Object) -> Object:
    """The PodScheduled condition."""
    found: Object = next(c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled")
    return found


async def test_a_pod_is_bound_and_users_hear_of_it(world: World) -> None:
    await world.node("n")
    pod = await world.pod("p")

    assert pod["spec"]["nodeName"] == "n"
    assert scheduled(pod)["status"] == "True"
    (event,) = await world.events("p")
    assert event["message"] == "Successfully assigned ns/p to n"
    assert event["action"] == "Binding"
    assert event["reportingComponent"] == "default-scheduler"
    assert event["source"] == {}
    assert event["firstTimestamp"] is None
    assert event["lastTimestamp"] is None
    assert event["eventTime"] == "2026-01-02T00:00:00.000000Z"


async def test_without_nodes_a_pod_waits_for_the_first(world: World) -> None:
    pod = await world.pod("p")
    assert scheduled(pod)["reason"] == "Unschedulable"
    assert scheduled(pod)["message"] == "no nodes available to schedule pods"
    assert scheduled(pod)["observedGeneration"] == 1

    await world.node("n")

    assert (await world.get("p"))["spec"]["nodeName"] == "n"


async def test_a_pod_that_fits_nowhere_is_told_why_for_each_node(world: World) -> None:
    await world.node("a")
    await world.node("b", spec={"taints": [{"key": "k", "effect": "NoSchedule"}]})
    await world.node("c", spec={"unschedulable": True})

    pod = await world.pod("p", **asking(cpu="3", memory="3Gi"))

    assert scheduled(pod)["message"] == (
        "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, "
        "1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. "
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )
    (event,) = await world.events("p")
    assert event["reason"] == "FailedScheduling"
    assert event["message"] == scheduled(pod)["message"]


async def test_what_is_taken_is_not_given_twice_and_given_again_when_it_is_free(
    world: World,
) -> None:
    await world.node("n")
    first = await world.pod("first", **asking(cpu="1500m"))
    second = await world.pod("second", **asking(cpu="600m"))
    assert first["spec"]["nodeName"] == "n"
    assert "nodeName" not in second["spec"]
    assert scheduled(second)["message"].endswith(
        "0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )

    await world.client.delete("pods", "ns", "first", grace_seconds=0)
    await world.settle()

    assert (await world.get("second"))["spec"]["nodeName"] == "n"


async def test_a_pod_that_ended_gives_its_room_back(world: World) -> None:
    await world.node("n")
    await world.pod("first", **asking(cpu="2"))
    await world.pod("second", **asking(cpu="2"))

    over = {"status": {"phase": "Succeeded"}}
    await world.client.patch("pods", "ns", "first", over, subresource="status")
    await world.settle()

    assert (await world.get("second"))["spec"]["nodeName"] == "n"


async def test_a_node_that_grows_takes_who_waited(world: World) -> None:
    await world.node("n")
    await world.pod("p", **asking(memory="3Gi"))

    grown = {"status": {"capacity": {"memory": "4Gi"}, "allocatable": {"memory": "4Gi"}}}
    await world.client.patch("nodes", "", "n", grown, subresource="status")
    await world.settle()

    assert (await world.get("p"))["spec"]["nodeName"] == "n"


async def test_pods_at_once_are_spread_and_never_overfill_a_node(world: World) -> None:
    for name in ("a", "b"):
        await world.node(name)
    for number in range(9):
        spec = asking(cpu="500m")
        pod = {"metadata": {"name": f"p{number}"}, "spec": spec}
        await world.client.create("pods", "ns", pod)
    await world.settle()

    pods, _ = await world.client.list("pods", "ns")
    places = [pod["spec"].get("nodeName") for pod in pods]
    assert places.count("a") == 4
    assert places.count("b") == 4
    assert places.count(None) == 1


async def test_the_higher_priority_goes_first(world: World) -> None:
    priority = {"metadata": {"name": "high"}, "value": 1000}
    await world.client.create("priorityclasses.scheduling.k8s.io", "", priority)
    await world.pod("low", **asking(cpu="2"))
    await world.pod("high", **asking(cpu="2"), priorityClassName="high")

    await world.node("n")

    assert (await world.get("high"))["spec"]["nodeName"] == "n"
    assert "nodeName" not in (await world.get("low"))["spec"]


async def test_gates_hold_a_pod_back_until_they_are_gone(world: World) -> None:
    await world.node("n")
    pod = await world.pod("p", schedulingGates=[{"name": "example.com/g"}])
    assert "nodeName" not in pod["spec"]

    opened: Object = {"spec": {"schedulingGates": []}}
    await world.client.patch("pods", "ns", "p", opened)
    await world.settle()

    assert (await world.get("p"))["spec"]["nodeName"] == "n"


async def test_another_schedulers_pods_are_left_alone(world: World) -> None:
    await world.node("n")
    pod = await world.pod("p", schedulerName="mine")

    assert "nodeName" not in pod["spec"]
    assert "conditions" not in pod["status"]
    assert await world.events("p") == []


async def test_a_pod_that_waits_causes_no_more_writes(world: World) -> None:
    await world.node("n")
    pod = await world.pod("p", **asking(cpu="3"))
    await world.condition("n", "Ready", "True", lastHeartbeatTime="2026-01-02T00:00:10Z")
    await world.advance(30)

    again = await world.get("p")
    assert again["metadata"]["resourceVersion"] == pod["metadata"]["resourceVersion"]
    assert len(await world.events("p")) == 1


async def test_a_repeated_failure_is_counted_in_a_series(world: World) -> None:
    await world.node("n")
    await world.pod("p", **asking(cpu="3"))

    await world.client.patch("nodes", "", "n", {"metadata": {"labels": {"a": "b"}}})
    await world.settle()

    (event,) = await world.events("p")
    assert event["series"]["count"] == 2


@pytest.mark.parametrize(
    ("spec", "chosen"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, "b"),
        ({"tolerations": [{"key": "k", "operator": "Exists"}], "nodeSelector": {"t": "c"}}, "c"),
        ({"nodeSelector": {"t": "c"}}, None),
    ],
)
async def test_selectors_and_tolerations_decide_where_a_pod_goes(
    world: World, spec: Object, chosen: str | None
) -> None:
    await world.node("a")
    await world.node("b", metadata={"labels": {"disk": "ssd"}})
    taint = {"key": "k", "effect": "NoSchedule"}
    await world.node("c", metadata={"labels": {"t": "c"}}, spec={"taints": [taint]})

    assert (await world.pod("p", **spec))["spec"].get("nodeName") == chosen


@pytest.mark.parametrize(
    ("preference", "chosen"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd"]}, "b"),
        ({"key": "disk", "operator": "DoesNotExist"}, "a"),
        ({"key": "size", "operator": "Gt", "values": ["5"]}, "b"),
    ],
)
async def test_preferences_decide_between_nodes_that_fit(
    world: World, preference: Object, chosen: str
) -> None:
    await world.node("a", metadata={"labels": {"size": "5"}})
    await world.node("b", metadata={"labels": {"disk": "ssd", "size": "6"}})
    term = {"weight": 10, "preference": {"matchExpressions": [preference]}}
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}

    assert (await world.pod("p", affinity=affinity))["spec"]["nodeName"] == chosen


async def test_required_affinity_leaves_out_what_it_does_not_select(world: World) -> None:
    await world.node("a")
    await world.node("b")
    field = {"key": "metadata.name", "operator": "In", "values": ["b"]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    for number in range(3):
        pod = await world.pod(f"p{number}", affinity=affinity)
        assert pod["spec"]["nodeName"] == "b"


async def test_a_host_port_is_had_by_one_pod_of_a_node(world: World) -> None:
    await world.node("n")
    ports = [{"containerPort": 80, "hostPort": 8080}]
    spec = {"containers": [{"name": "c", "image": "i", "ports": ports}]}
    await world.pod("first", **spec)

    pod = await world.pod("second", **spec)

    assert "didn't have free ports for the requested pod ports" in scheduled(pod)["message"]
