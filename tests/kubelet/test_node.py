"""Emulated nodes: how they register and show that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s.client.client import Client
from fakek8s.controlplane import ControlPlane
from fakek8s.kubelet.addresses import PodAddresses
from fakek8s.kubelet.fleet import node_configs
from fakek8s.settings import Settings

if TYPE_CHECKING:
    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server
    from tests.kubelet.pods import Pods


async def test_nodes_are_ready_when_the_start_is_over(server: Server, clock: VirtualClock) -> None:
    plane = ControlPlane(server, clock, Settings(nodes=3), b"authority")
    await plane.start()
    nodes, _ = await Client(server).list("nodes")
    await plane.stop()

    assert [node["metadata"]["name"] for node in nodes] == ["node-1", "node-2", "node-3"]
    assert [node["spec"]["podCIDR"] for node in nodes] == [
        "10.244.0.0/24",
        "10.244.1.0/24",
        "10.244.2.0/24",
    ]
    assert all("taints" not in node["spec"] for node in nodes)
    status = nodes[1]["status"]
    assert {"type": "InternalIP", "address": "172.18.0.3"} in status["addresses"]
    assert status["nodeInfo"]["kubeletVersion"].startswith("v1.37.")
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID"),
        ("Ready", "True", "KubeletReady"),
    ]
    assert nodes[0]["metadata"]["labels"]["kubernetes.io/hostname"] == "node-1"


async def test_a_node_keeps_its_lease_and_stays_ready(pods: Pods) -> None:
    await pods.advance(600)

    lease = await pods.client.get("leases.coordination.k8s.io", "kube-node-lease", "node-1")
    node = await pods.client.get("nodes", "", "node-1")
    assert lease["spec"]["renewTime"] == "2026-01-02T00:10:00.000000Z"
    assert lease["metadata"]["ownerReferences"][0]["uid"] == node["metadata"]["uid"]
    ready = node["status"]["conditions"][-1]
    assert ready["status"] == "True"
    assert ready["lastHeartbeatTime"] == "2026-01-02T00:10:00Z"
    assert ready["lastTransitionTime"] == "2026-01-02T00:00:00Z"
    assert "taints" not in node["spec"]


async def test_signs_of_life_are_no_reason_to_let_time_pass(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"})
    assert pods.clock.next_due() is None


async def test_a_control_plane_stops_in_the_middle_of_anything(
    server: Server, clock: VirtualClock
) -> None:
    plane = ControlPlane(server, clock, Settings(nodes=1), b"authority")
    await plane.start()
    client = Client(server)
    for number in range(10):
        container = {"name": "c", "image": "busybox", "command": ["sleep", "60"]}
        pod = {"metadata": {"name": f"p{number}"}, "spec": {"containers": [container]}}
        await client.create("pods", "default", pod)
    await plane.stop()


def test_there_must_be_room_for_the_pods_of_all_nodes() -> None:
    assert len(node_configs(4, "10.0.0.0/22", "v1", "r://1")) == 4
    with pytest.raises(ValueError, match="holds no 5 blocks"):
        node_configs(5, "10.0.0.0/22", "v1", "r://1")


def test_addresses_run_out_and_come_back() -> None:
    addresses = PodAddresses("10.0.0.0/29")
    taken = [addresses.take() for _ in range(6)]
    assert taken == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", ""]
    addresses.give_back("10.0.0.4")
    assert addresses.take() == "10.0.0.4"
