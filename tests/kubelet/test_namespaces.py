"""Namespaces with running pods: they go when their pods have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s import errors
from tests.kubelet.pods import shell

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods


async def test_deleting_a_namespace_ends_its_pods_first(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"})
    slow = shell("trap 'echo bye' TERM; while true; do sleep 1; done")
    await pods.create("q", slow)

    await pods.client.delete("namespaces", "", "ns")
    await pods.advance(5)

    with pytest.raises(errors.APIError, match='namespaces "ns" not found'):
        await pods.client.get("namespaces", "", "ns")
    ends = [obj["metadata"]["name"] for kind, obj in pods.seen if kind == "DELETED"]
    assert sorted(ends) == ["p", "q"]
    assert all(status["phase"] != "Running" for status in (pods.statuses(n)[-1] for n in ends))


async def test_a_pod_with_a_finalizer_stays_until_it_is_taken_away(pods: Pods) -> None:
    await pods.create("p", {"image": "nginx"})
    held = {"metadata": {"finalizers": ["example.com/held"]}}
    await pods.client.patch("pods", "ns", "p", held)

    await pods.delete("p")
    pod = await pods.get("p")
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 0
    assert pod["status"]["phase"] == "Succeeded"
    await pods.client.patch("pods", "ns", "p", {"metadata": {"finalizers": None}})
    await pods.settle()

    assert await pods.is_gone("p")


async def test_a_pod_that_comes_back_under_its_name_is_another_one(pods: Pods) -> None:
    first = await pods.create("p", {"image": "nginx"})
    await pods.client.delete("pods", "ns", "p", grace_seconds=0)
    second = await pods.create("p", {"image": "nginx"})

    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["status"]["phase"] == "Running"
    assert second["status"]["podIP"] != first["status"]["podIP"]
    before = second["status"]["containerStatuses"][0]["containerID"]
    assert before != first["status"]["containerStatuses"][0]["containerID"]
