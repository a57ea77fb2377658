"""Preemption: pods of lower priority make room, as few and as unimportant ones as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.controllers.conftest import World

Object = dict[str, Any]


@pytest.fixture
async def classes(world: World) -> None:
    for name, value in (("low", 1), ("middle", 10), ("high", 100)):
        found = {"metadata": {"name": name}, "value": value}
        await world.client.create("priorityclasses.scheduling.k8s.io", "", found)
    never = {"metadata": {"name": "never"}, "value": 100, "preemptionPolicy": "Never"}
    await world.client.create("priorityclasses.scheduling.k8s.io", "", never)


async def pod(world: World, name: str, priority: str, cpu: str, **spec: Any) -> Object:
    resources = {"requests": {"cpu": cpu}}
    spec["containers"] = [{"name": "c", "image": "i", "resources": resources}]
    return await world.pod(name, priorityClassName=priority, **spec)


async def leaving(world: World) -> list[str]:
    pods, _ = await world.client.list("pods", "ns")
    return [p["metadata"]["name"] for p in pods if "deletionTimestamp" in p["metadata"]]


@pytest.mark.usefixtures("classes")
async def test_a_more_important_pod_takes_the_place_of_a_lesser_one(world: World) -> None:
    await world.node("n")
    await pod(world, "low", "low", "2")

    high = await pod(world, "high", "high", "1")

    assert await leaving(world) == ["low"]
    assert high["status"]["nominatedNodeName"] == "n"
    assert high["status"]["conditions"][0]["message"] == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement "
        "for pod on node n, preempting 1 victims"
    )
    low = await world.get("low")
    assert low["status"]["conditions"][-1]["reason"] == "PreemptionByScheduler"
    event = (await world.events("low"))[-1]
    assert event["message"] == f"Preempted by pod {high['metadata']['uid']} on node n"
    assert event["related"]["name"] == "high"
    await world.client.delete("pods", "ns", "low", grace_seconds=0)
    await world.settle()
    high = await world.get("high")
    assert high["spec"]["nodeName"] == "n"
    assert "nominatedNodeName" not in high["status"]


@pytest.mark.usefixtures("classes")
async def test_the_room_made_is_kept_from_lesser_pods(world: World) -> None:
    await world.node("n")
    await pod(world, "low", "low", "2")
    await pod(world, "high", "high", "2")
    middle = await pod(world, "middle", "middle", "1")
    assert "nodeName" not in middle["spec"]

    await world.client.delete("pods", "ns", "low", grace_seconds=0)
    await world.settle()

    assert (await world.get("high"))["spec"]["nodeName"] == "n"
    assert "nodeName" not in (await world.get("middle"))["spec"]


@pytest.mark.usefixtures("classes")
async def test_no_more_pods_go_than_must_and_the_least_important_first(world: World) -> None:
    await world.node("n")
    await pod(world, "middle", "middle", "1")
    await pod(world, "low", "low", "500m")
    await pod(world, "other", "low", "500m")

    await pod(world, "high", "high", "500m")

    assert len(await leaving(world)) == 1
    assert await leaving(world) != ["middle"]


@pytest.mark.usefixtures("classes")
async def test_the_node_with_the_least_important_victims_is_chosen(world: World) -> None:
    await world.node("a")
    await world.node("b")
    await pod(world, "middle", "middle", "2", nodeName="a")
    await pod(world, "low", "low", "2", nodeName="b")

    high = await pod(world, "high", "high", "2")

    assert high["status"]["nominatedNodeName"] == "b"
    assert await leaving(world) == ["low"]


@pytest.mark.usefixtures("classes")
async def test_disruption_budgets_are_spared_if_they_can_be(world: World) -> None:
    budget = {
        "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "kept"}}},
    }
    await world.client.create("poddisruptionbudgets.policy", "ns", budget)
    await world.node("a")
    await world.node("b")
    await pod(world, "kept", "low", "2", nodeName="a", metadata={"labels": {"app": "kept"}})
    await pod(world, "free", "middle", "2", nodeName="b")

    await pod(world, "high", "high", "2")

    assert await leaving(world) == ["free"]


@pytest.mark.usefixtures("classes")
async def test_some_pods_never_make_others_go(world: World) -> None:
    await world.node("n")
    await pod(world, "low", "low", "2")

    polite = await pod(world, "polite", "never", "2")

    assert await leaving(world) == []
    assert polite["status"]["conditions"][0]["message"].endswith(
        "preemption: not eligible due to preemptionPolicy=Never."
    )


@pytest.mark.usefixtures("classes")
async def test_nobody_goes_for_a_pod_that_would_not_fit_anyway(world: World) -> None:
    await world.node("n")
    await pod(world, "low", "low", "1")

    await pod(world, "huge", "high", "3")

    assert await leaving(world) == []
