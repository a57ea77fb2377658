"""What every namespace has, and how namespaces go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s import errors

if TYPE_CHECKING:
    from tests.controllers.conftest import World


async def test_a_namespace_gets_its_account_and_the_clusters_authority(world: World) -> None:
    account = await world.client.get("serviceaccounts", "ns", "default")
    authority = await world.client.get("configmaps", "ns", "kube-root-ca.crt")

    assert account["metadata"]["name"] == "default"
    assert authority["data"] == {"ca.crt": "authority"}


async def test_what_a_namespace_must_have_comes_back(world: World) -> None:
    await world.client.delete("serviceaccounts", "ns", "default")
    await world.client.patch("configmaps", "ns", "kube-root-ca.crt", {"data": {"ca.crt": "no"}})
    await world.settle()

    assert await world.client.get("serviceaccounts", "ns", "default")
    authority = await world.client.get("configmaps", "ns", "kube-root-ca.crt")
    assert authority["data"] == {"ca.crt": "authority"}


async def test_a_namespace_goes_with_all_that_is_in_it(world: World) -> None:
    await world.client.create("configmaps", "ns", {"metadata": {"name": "m"}})
    await world.client.delete("namespaces", "", "ns")
    await world.advance(5)

    with pytest.raises(errors.APIError, match='namespaces "ns" not found'):
        await world.client.get("namespaces", "", "ns")


async def test_a_namespace_waits_for_finalizers_and_says_so(world: World) -> None:
    held = {"metadata": {"name": "m", "finalizers": ["example.com/held"]}}
    await world.client.create("configmaps", "ns", held)
    await world.client.delete("namespaces", "", "ns")
    await world.advance(5)

    namespace = await world.client.get("namespaces", "", "ns")
    found = {c["type"]: c["message"] for c in namespace["status"]["conditions"]}
    assert found["NamespaceContentRemaining"] == (
        "Some resources are remaining: configmaps. has 1 resource instances"
    )
    assert found["NamespaceFinalizersRemaining"] == (
        "Some content in the namespace has finalizers remaining: "
        "example.com/held in 1 resource instances"
    )
    await world.client.patch("configmaps", "ns", "m", {"metadata": {"finalizers": None}})
    await world.advance(5)
    with pytest.raises(errors.APIError):
        await world.client.get("namespaces", "", "ns")
