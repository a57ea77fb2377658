"""The snapshot: sums that follow what comes and goes, in whatever order."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.scheduler.snapshot import PodInfo, Snapshot

Object = dict[str, Any]


def pod(uid: str, cpu: str = "1", *ports: Object) -> PodInfo:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}}, "ports": list(ports)}
    return PodInfo.of({"metadata": {"uid": uid}, "spec": {"containers": [container]}})


def node(name: str) -> Object:
    return {"metadata": {"name": name}, "status": {"capacity": {"cpu": "4"}}}


def used(snapshot: Snapshot) -> dict[str, int]:
    return {info.name: info.requested.get("cpu", 0) for info in snapshot.nodes()}


def test_pods_count_once_however_often_they_are_seen() -> None:
    snapshot = Snapshot()
    snapshot.set_node(node("a"))
    snapshot.place(pod("1"), "a")
    snapshot.place(pod("1", "2"), "a")
    assert used(snapshot) == {"a": 2000}

    assert snapshot.remove("1")

    assert used(snapshot) == {"a": 0}
    assert not snapshot.remove("1")


def test_pods_may_be_known_before_their_node_and_stay_when_it_goes() -> None:
    snapshot = Snapshot()
    snapshot.place(pod("1"), "a")
    snapshot.set_node(node("a"))
    assert used(snapshot) == {"a": 1000}

    snapshot.remove_node("a")
    assert len(snapshot) == 0
    snapshot.set_node(node("a"))

    assert used(snapshot) == {"a": 1000}


def test_a_pod_that_got_another_node_leaves_the_first() -> None:
    snapshot = Snapshot()
    for name in ("a", "b"):
        snapshot.set_node(node(name))
    snapshot.place(pod("1"), "a")
    snapshot.place(pod("1"), "b")
    assert used(snapshot) == {"a": 0, "b": 1000}


@pytest.mark.parametrize(
    ("wanted", "conflict"),
    [
        ({"hostPort": 80}, True),
        ({"hostPort": 81}, False),
        ({"hostPort": 80, "protocol": "UDP"}, False),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, True),
        ({"containerPort": 80}, False),
    ],
)
def test_a_port_on_all_addresses_conflicts_with_each_of_them(
    wanted: Object, conflict: bool
) -> None:
    snapshot = Snapshot()
    snapshot.set_node(node("a"))
    snapshot.place(pod("1", "1", {"hostPort": 80}), "a")
    (info,) = snapshot.nodes()
    assert info.ports_conflict(pod("2", "1", wanted).ports) is conflict
