"""The life of definitions: names, status, what is served when, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.errors import APIError
from tests.registry.boats import BOATS, CRDS, GROUP, boat, definition, version

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server

Object = dict[str, Any]


async def conditions(client: Client, plural: str = "boats") -> dict[str, tuple[str, str]]:
    """type -> (status, reason)"""
    found = await client.get(CRDS, "", f"{plural}.{GROUP}")
    held = found["status"]["conditions"]
    return {c["type"]: (c["status"], c["reason"]) for c in held}


def served(server: Server) -> list[str]:
    """The versions of boats that the catalogue has."""
    kinds = [kind for kind in server.catalogue.kinds() if kind.resource == BOATS]
    return sorted(kind.version for kind in kinds)


async def test_a_definition_is_served_by_the_next_request(client: Client) -> None:
    await client.create(CRDS, "", definition())
    made = await client.create(BOATS, "ns", boat("ada", spec={"hull": "oak"}))
    assert made["apiVersion"] == f"{GROUP}/v1"
    assert made["spec"] == {"crew": 1, "hull": "oak"}
    assert made["metadata"]["generation"] == 1
    found = await client.get(CRDS, "", BOATS)
    assert found["status"]["acceptedNames"] == {
        "plural": "boats",
        "singular": "boat",
        "kind": "Boat",
        "listKind": "BoatList",
    }
    assert found["status"]["storedVersions"] == ["v1"]
    assert await conditions(client) == {
        "NamesAccepted": ("True", "NoConflicts"),
        "Established": ("True", "InitialNamesAccepted"),
    }


async def test_names_that_another_definition_has_are_free_when_it_goes(
    client: Client, server: Server
) -> None:
    await client.create(CRDS, "", definition(shortNames=["bt"]))
    await client.create(CRDS, "", definition("bots", kind="Bot", shortNames=["bt"]))
    assert await conditions(client, "bots") == {
        "NamesAccepted": ("False", "ShortNamesConflict"),
        "Established": ("False", "NotAccepted"),
    }
    assert server.catalogue.find(GROUP, "v1", "bots") is None
    await client.delete(CRDS, "", BOATS)
    assert (await conditions(client, "bots"))["Established"][0] == "True"
    assert (await client.create(f"bots.{GROUP}", "ns", boat("b")))["kind"] == "Bot"


async def test_an_established_definition_stays_served_through_a_conflict_of_new_names(
    client: Client,
) -> None:
    await client.create(CRDS, "", definition(shortNames=["bt"]))
    await client.create(CRDS, "", definition("bots", kind="Bot", shortNames=["bo"]))
    names = {"spec": {"names": {"shortNames": ["bt"]}}}
    await client.patch(CRDS, "", f"bots.{GROUP}", names)
    assert await conditions(client, "bots") == {
        "NamesAccepted": ("False", "ShortNamesConflict"),
        "Established": ("True", "InitialNamesAccepted"),
    }
    accepted = (await client.get(CRDS, "", f"bots.{GROUP}"))["status"]["acceptedNames"]
    assert accepted["shortNames"] == ["bo"]
    await client.create(f"bots.{GROUP}", "ns", boat("b"))


async def test_versions_come_and_go_with_updates(client: Client, server: Server) -> None:
    await client.create(CRDS, "", definition("boats", version("v1"), version("v1beta1")))
    await client.create(BOATS, "ns", boat("ada"))
    assert served(server) == ["v1", "v1beta1"]
    unserved = {"spec": {"versions": [version("v1"), version("v1beta1", served=False)]}}
    await client.patch(CRDS, "", BOATS, unserved)
    await client.get(BOATS, "ns", "ada")
    assert served(server) == ["v1"]
    newer = [version("v1", storage=False), version("v2", storage=True)]
    await client.patch(CRDS, "", BOATS, {"spec": {"versions": newer}})
    await client.get(BOATS, "ns", "ada")
    assert served(server) == ["v1", "v2"]
    found = await client.get(CRDS, "", BOATS)
    assert found["status"]["storedVersions"] == ["v1", "v2"]


async def test_a_stored_version_can_only_go_when_nothing_is_stored_in_it(client: Client) -> None:
    await client.create(CRDS, "", definition())
    newer = [version("v1", storage=False), version("v2", storage=True)]
    await client.patch(CRDS, "", BOATS, {"spec": {"versions": newer}})
    alone = {"spec": {"versions": [version("v2", storage=True)]}}
    with pytest.raises(APIError, match=r"missing from spec\.versions"):
        await client.patch(CRDS, "", BOATS, alone)
    stored = {"status": {"storedVersions": ["v2"]}}
    await client.patch(CRDS, "", BOATS, stored, subresource="status")
    await client.patch(CRDS, "", BOATS, alone)
    assert (await client.create(BOATS, "ns", boat("b")))["apiVersion"] == f"{GROUP}/v2"


async def test_the_last_object_lets_a_deleted_definition_go(
    client: Client, server: Server, clock: VirtualClock
) -> None:
    await client.create(CRDS, "", definition())
    held = boat("held")
    held["metadata"]["finalizers"] = ["example.com/wait"]
    await client.create(BOATS, "ns", held)
    await client.create(BOATS, "ns", boat("free"))
    await client.delete(CRDS, "", BOATS)

    items, _ = await client.list(BOATS, "ns")
    assert [item["metadata"]["name"] for item in items] == ["held"]
    assert items[0]["metadata"]["deletionTimestamp"] == "2026-01-02T00:00:00Z"
    assert (await conditions(client))["Terminating"] == ("True", "InstanceDeletionInProgress")
    with pytest.raises(APIError, match="create not allowed while custom resource definition is"):
        await client.create(BOATS, "ns", boat("late"))

    await clock.advance(3600)
    assert "deletionTimestamp" in (await client.get(CRDS, "", BOATS))["metadata"]
    await client.patch(BOATS, "ns", "held", {"metadata": {"finalizers": None}})
    with pytest.raises(APIError) as gone:
        await client.get(CRDS, "", BOATS)
    assert gone.value.code == 404
    assert served(server) == []


async def test_a_name_used_again_starts_from_nothing(client: Client) -> None:
    await client.create(CRDS, "", definition())
    first = await client.create(BOATS, "ns", boat("ada"))
    await client.delete(CRDS, "", BOATS)
    await client.create(CRDS, "", definition())
    assert (await client.list(BOATS, "ns"))[0] == []
    second = await client.create(BOATS, "ns", boat("ada"))
    assert second["metadata"]["uid"] != first["metadata"]["uid"]


async def test_a_group_of_the_community_needs_an_approval(client: Client) -> None:
    body = definition()
    body["metadata"]["name"] = "boats.sea.k8s.io"
    body["spec"]["group"] = "sea.k8s.io"
    with pytest.raises(APIError, match="protected groups must have approval annotation"):
        await client.create(CRDS, "", body)
    body["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    await client.create(CRDS, "", body)
    found = await client.get(CRDS, "", "boats.sea.k8s.io")
    held = {c["type"]: c["reason"] for c in found["status"]["conditions"]}
    assert held["KubernetesAPIApprovalPolicyConformant"] == "UnapprovedAnnotation"
    assert held["Established"] == "InitialNamesAccepted"
