"""What controllers make of nodes: taints, labels, annotations, silence, evictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controllers.conftest import taints

if TYPE_CHECKING:
    from tests.controllers.conftest import World

UNREACHABLE = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
}


async def test_a_ready_node_loses_the_taint_it_was_born_with(world: World) -> None:
    node = await world.node("n")

    assert "taints" not in node["spec"]
    assert node["metadata"]["annotations"] == {"node.alpha.kubernetes.io/ttl": "0"}
    (event,) = await world.events("n", "default")
    assert event["message"] == "Node n event: Registered Node n in Controller"


async def test_the_older_labels_follow_the_newer_ones(world: World) -> None:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}
    node = await world.node("n", metadata={"labels": labels})

    assert node["metadata"]["labels"]["beta.kubernetes.io/os"] == "linux"
    assert node["metadata"]["labels"]["beta.kubernetes.io/arch"] == "arm64"


@pytest.mark.parametrize(
    ("kind", "status", "taint"),
    [
        ("Ready", "False", "not-ready"),
        ("Ready", "Unknown", "unreachable"),
        ("MemoryPressure", "True", "memory-pressure"),
        ("DiskPressure", "True", "disk-pressure"),
        ("PIDPressure", "True", "pid-pressure"),
        ("NetworkUnavailable", "True", "network-unavailable"),
    ],
)
async def test_conditions_become_taints_and_go_with_them(
    world: World, kind: str, status: str, taint: str
) -> None:
    await world.node("n")
    node = await world.condition("n", kind, status)
    assert taints(node) == [(taint, "NoSchedule")]
    assert node["spec"]["taints"][0]["timeAdded"] == "2026-01-02T00:00:00Z"

    node = await world.condition("n", kind, "True" if kind == "Ready" else "False")

    assert "taints" not in node["spec"]


async def test_a_cordoned_node_is_tainted_and_others_taints_stay(world: World) -> None:
    own = {"key": "example.com/own", "effect": "NoSchedule"}
    node = await world.node("n", spec={"taints": [own], "unschedulable": True})
    assert taints(node) == [("example.com/own", "NoSchedule"), ("unschedulable", "NoSchedule")]

    await world.client.patch("nodes", "", "n", {"spec": {"unschedulable": None}})
    await world.settle()

    assert taints(await world.client.get("nodes", "", "n")) == [("example.com/own", "NoSchedule")]


async def test_a_silent_node_becomes_unknown_and_its_pods_not_ready(world: World) -> None:
    await world.node("n")
    await world.pod("p", nodeName="n")
    ready = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    await world.client.patch("pods", "ns", "p", ready, form="strategic", subresource="status")
    await world.advance(49)
    assert taints(await world.client.get("nodes", "", "n")) == []

    await world.advance(1)

    node = await world.client.get("nodes", "", "n")
    found = {c["type"]: (c["status"], c["reason"]) for c in node["status"]["conditions"]}
    never = ("Unknown", "NodeStatusNeverUpdated")
    assert found == {
        "Ready": ("Unknown", "NodeStatusUnknown"),
        "MemoryPressure": never,
        "DiskPressure": never,
        "PIDPressure": never,
    }
    assert taints(node) == [("unreachable", "NoSchedule")]
    pod = await world.get("p")
    assert [c["status"] for c in pod["status"]["conditions"] if c["type"] == "Ready"] == ["False"]
    assert [e["message"] for e in await world.events("p")] == ["Node is not ready"]
    messages = [e["message"] for e in await world.events("n", "default")]
    assert messages[-1] == "Node n status is now: NodeNotReady"


async def test_a_lease_that_is_renewed_is_a_sign_of_life(world: World) -> None:
    await world.node("n")
    lease = {"metadata": {"name": "n"}, "spec": {"renewTime": "2026-01-02T00:00:01.000000Z"}}
    await world.client.create("leases.coordination.k8s.io", "kube-node-lease", lease)
    for minute in range(1, 4):
        await world.advance(40)
        patch = {"spec": {"renewTime": f"2026-01-02T00:0{minute}:00.000000Z"}}
        await world.client.patch("leases.coordination.k8s.io", "kube-node-lease", "n", patch)

    assert taints(await world.client.get("nodes", "", "n")) == []


async def test_pods_leave_an_unreachable_node_when_they_no_longer_tolerate_it(
    world: World,
) -> None:
    await world.node("healthy")
    await world.node("n")
    await world.pod("short", nodeName="n", tolerations=[{**UNREACHABLE, "tolerationSeconds": 60}])
    await world.pod("default", nodeName="n")
    await world.pod("ever", nodeName="n", tolerations=[UNREACHABLE])

    node = await world.condition("n", "Ready", "Unknown")
    assert taints(node) == [("unreachable", "NoSchedule"), ("unreachable", "NoExecute")]
    for _ in range(6):  # both nodes give signs of life
        for name, status in (("healthy", "True"), ("n", "Unknown")):
            now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            await world.condition(name, "Ready", status, lastHeartbeatTime=now)
        await world.advance(10)

    assert "deletionTimestamp" in (await world.get("short"))["metadata"]
    condition = (await world.get("short"))["status"]["conditions"][-1]
    assert condition["reason"] == "DeletionByTaintManager"
    assert [e["message"] for e in await world.events("short")] == [
        "Marking for deletion Pod ns/short"
    ]
    assert "deletionTimestamp" not in (await world.get("default"))["metadata"]
    await world.condition("n", "Ready", "True")
    assert [e["message"] for e in await world.events("default")] == [
        "Cancelling deletion of Pod ns/default"
    ]
    await world.advance(40)
    assert "deletionTimestamp" not in (await world.get("ever"))["metadata"]


async def test_a_new_noexecute_taint_evicts_at_once_who_does_not_tolerate_it(
    world: World,
) -> None:
    await world.node("n")
    await world.pod("p", nodeName="n")
    taint = {"key": "example.com/out", "effect": "NoExecute"}

    await world.client.patch("nodes", "", "n", {"spec": {"taints": [taint]}})
    await world.settle()

    assert "deletionTimestamp" in (await world.get("p"))["metadata"]


async def test_nobody_is_evicted_while_no_node_is_ready(world: World) -> None:
    await world.node("a")
    await world.node("b")
    await world.condition("a", "Ready", "False")

    node = await world.condition("b", "Ready", "False")

    assert taints(node) == [("not-ready", "NoSchedule")]
    assert taints(await world.client.get("nodes", "", "a")) == [("not-ready", "NoSchedule")]
