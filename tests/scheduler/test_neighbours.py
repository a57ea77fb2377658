"""Pods that mind where others are: affinity, anti-affinity, spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.controllers.conftest import World

Object = dict[str, Any]

HOST = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def selecting(app: str, key: str = HOST, **more: Any) -> Object:
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}, **more}


def near(*terms: Object) -> Object:
    return {"podAffinity": {REQUIRED: list(terms)}}


def far(*terms: Object) -> Object:
    return {"podAntiAffinity": {REQUIRED: list(terms)}}


async def nodes(world: World, **zones: str) -> None:
    for name, zone in zones.items():
        await world.node(name, metadata={"labels": {HOST: name, ZONE: zone}})


async def app(world: World, name: str, label: str, **spec: Any) -> Object:
    return await world.pod(name, metadata={"labels": {"app": label}}, **spec)


def message(pod: Object) -> str:
    text: str = next(c["message"] for c in pod["status"]["conditions"] if c.get("message"))
    return text


async def test_a_pod_goes_where_the_pods_are_that_it_wants_to_be_near(world: World) -> None:
    await nodes(world, a="z1", b="z2")
    await app(world, "db", "db", nodeName="b")

    for number in range(3):
        pod = await world.pod(f"p{number}", affinity=near(selecting("db")))
        assert pod["spec"]["nodeName"] == "b"


async def test_a_zone_is_as_near_as_the_term_says(world: World) -> None:
    await nodes(world, a="z1", b="z2", c="z2")
    await app(world, "db", "db", nodeName="b")
    affinity = {**near(selecting("db", ZONE)), **far(selecting("db", HOST))}

    assert (await world.pod("p", affinity=affinity))["spec"]["nodeName"] == "c"


async def test_a_pod_waits_for_those_it_wants_to_be_near(world: World) -> None:
    await nodes(world, a="z1")
    pod = await world.pod("p", affinity=near(selecting("db")))
    assert "1 node(s) didn't match pod affinity rules." in message(pod)

    await app(world, "db", "db")

    assert (await world.get("p"))["spec"]["nodeName"] == "a"


async def test_the_first_of_pods_that_want_to_be_together_goes_anywhere(world: World) -> None:
    await nodes(world, a="z1", b="z2")
    first = await app(world, "p0", "web", affinity=near(selecting("web")))
    second = await app(world, "p1", "web", affinity=near(selecting("web")))

    assert first["spec"]["nodeName"] == second["spec"]["nodeName"]


async def test_pods_that_avoid_each_other_take_a_node_each(world: World) -> None:
    await nodes(world, a="z1", b="z2")
    pods = [
        await app(world, f"p{number}", "web", affinity=far(selecting("web"))) for number in range(3)
    ]

    assert sorted(pod["spec"].get("nodeName", "") for pod in pods) == ["", "a", "b"]
    assert "2 node(s) didn't match pod anti-affinity rules." in message(pods[2])


async def test_who_is_there_may_not_want_company(world: World) -> None:
    await nodes(world, a="z1")
    await app(world, "hermit", "hermit", affinity=far(selecting("web")))

    pod = await app(world, "p", "web")

    assert "1 node(s) didn't satisfy existing pods anti-affinity rules." in message(pod)


@pytest.mark.parametrize(
    ("term", "bound"),
    [
        ({}, False),
        ({"namespaces": ["other"]}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "x"}}}, True),
        ({"namespaceSelector": {}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "y"}}}, False),
    ],
)
async def test_terms_look_into_the_namespaces_they_name(
    world: World, term: Object, bound: bool
) -> None:
    other = {"metadata": {"name": "other", "labels": {"team": "x"}}}
    await world.client.create("namespaces", "", other)
    await world.settle()
    await nodes(world, a="z1")
    database: Object = {
        "metadata": {"name": "db", "labels": {"app": "db"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    await world.client.create("pods", "other", database)
    await world.settle()

    pod = await world.pod("p", affinity=near(selecting("db", **term)))

    assert ("nodeName" in pod["spec"]) is bound


@pytest.mark.parametrize(("kind", "chosen"), [("podAffinity", "a"), ("podAntiAffinity", "b")])
async def test_what_is_preferred_decides_between_nodes(
    world: World, kind: str, chosen: str
) -> None:
    await nodes(world, a="z1", b="z2")
    await app(world, "db", "db", nodeName="a")
    affinity = {kind: {PREFERRED: [{"weight": 100, "podAffinityTerm": selecting("db")}]}}

    assert (await world.pod("p", affinity=affinity))["spec"]["nodeName"] == chosen


def spread(when: str = "DoNotSchedule", **more: Any) -> list[Object]:
    return [{**selecting("web", ZONE), "maxSkew": 1, "whenUnsatisfiable": when, **more}]


async def test_pods_are_spread_over_zones(world: World) -> None:
    await nodes(world, a="z1", b="z1", c="z2")
    zones = {"a": "z1", "b": "z1", "c": "z2"}
    pods = [
        await app(world, f"p{number}", "web", topologySpreadConstraints=spread())
        for number in range(6)
    ]

    found = [zones[pod["spec"]["nodeName"]] for pod in pods]
    assert found.count("z1") == found.count("z2") == 3


async def test_what_would_be_too_uneven_waits(world: World) -> None:
    await nodes(world, a="z1", b="z2")
    await world.client.patch("nodes", "", "b", {"spec": {"unschedulable": True}})
    await app(world, "p0", "web", topologySpreadConstraints=spread())
    pod = await app(world, "p1", "web", topologySpreadConstraints=spread())
    assert "1 node(s) didn't match pod topology spread constraints" in message(pod)

    await world.client.patch("nodes", "", "b", {"spec": {"unschedulable": None}})
    await world.settle()

    assert (await world.get("p1"))["spec"]["nodeName"] == "b"


async def test_too_few_domains_count_as_an_empty_one(world: World) -> None:
    await nodes(world, a="z1")
    constraints = spread(minDomains=2)
    await app(world, "p0", "web", topologySpreadConstraints=constraints)
    pod = await app(world, "p1", "web", topologySpreadConstraints=constraints)

    assert "nodeName" not in pod["spec"]


async def test_nodes_without_the_label_are_left_out(world: World) -> None:
    await world.node("plain")
    pod = await app(world, "p", "web", topologySpreadConstraints=spread())

    assert "(missing required label)" in message(pod)


async def test_spread_that_is_only_wished_for_never_holds_a_pod_back(world: World) -> None:
    await nodes(world, a="z1", b="z2")
    await app(world, "p0", "web", nodeName="a")
    constraints = spread("ScheduleAnyway")
    assert (await app(world, "p1", "web", topologySpreadConstraints=constraints))["spec"][
        "nodeName"
    ] == "b"
    await world.client.patch("nodes", "", "b", {"spec": {"unschedulable": True}})
    await world.settle()

    pod = await app(world, "p2", "web", topologySpreadConstraints=constraints)

    assert pod["spec"]["nodeName"] == "a"
