"""Custom resources in the engine: generations, status, selectable fields, versions, watches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.client import ObjectBody
from fakek8s.errors import APIError
from fakek8s.kind import Column
from tests.registry.boats import BOATS, CRDS, GROUP, boat, definition, version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.client.client import Client
    from fakek8s.server.server import Server

Batch = list[tuple[str, dict[str, Any]]]
SELECTABLE: dict[str, Any] = {
    "selectableFields": [{"jsonPath": ".spec.home"}, {"jsonPath": ".spec.crew"}]
}


async def take(events: AsyncIterator[Batch], count: int) -> list[tuple[str, str, str]]:
    """(type, name, home) of the next events."""
    found: Batch = []
    while len(found) < count:
        found += await asyncio.wait_for(anext(events), 5)
    return [(t, o["metadata"]["name"], o.get("spec", {}).get("home", "")) for t, o in found]


async def test_generations_count_what_is_wanted_and_nothing_else(client: Client) -> None:
    await client.create(CRDS, "", definition("boats", version(subresources={"status": {}})))
    made = await client.create(BOATS, "ns", boat("ada", status={"phase": "lost"}))
    assert "status" not in made
    labelled = {"metadata": {"labels": {"a": "b"}}}
    assert (await client.patch(BOATS, "ns", "ada", labelled))["metadata"]["generation"] == 1
    moved = await client.patch(BOATS, "ns", "ada", {"spec": {"home": "Kiel"}})
    assert moved["metadata"]["generation"] == 2
    assert moved["spec"]["home"] == "Kiel"


async def test_without_a_status_door_status_is_a_field_like_others(client: Client) -> None:
    body = version()
    body["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    await client.create(CRDS, "", definition("boats", body))
    made = await client.create(BOATS, "ns", boat("ada", status={"phase": "new"}))
    assert made["status"] == {"phase": "new"}
    changed = await client.patch(BOATS, "ns", "ada", {"status": {"phase": "old"}})
    assert changed["metadata"]["generation"] == 2
    with pytest.raises(APIError) as missing:
        await client.patch(BOATS, "ns", "ada", {"status": {}}, subresource="status")
    assert missing.value.code == 404


async def test_lists_select_by_the_fields_that_the_version_names(client: Client) -> None:
    await client.create(CRDS, "", definition("boats", version(**SELECTABLE)))
    await client.create(BOATS, "ns", boat("ada", spec={"home": "Kiel"}))
    await client.create(BOATS, "ns", boat("bob", spec={"home": "Oslo", "crew": 3}))
    await client.create(BOATS, "ns", boat("eve", spec={}))

    async def names(fields: str) -> list[str]:
        items, _ = await client.list(BOATS, "ns", fields=fields)
        return [item["metadata"]["name"] for item in items]

    assert await names("spec.home=Kiel") == ["ada"]
    assert await names("spec.home!=Kiel") == ["bob", "eve"]
    assert await names("spec.home=") == ["eve"]
    assert await names("spec.crew=1") == ["ada", "eve"]
    assert await names("spec.crew=1,metadata.name=eve") == ["eve"]
    with pytest.raises(APIError, match="field label not supported"):
        await names("spec.hull=oak")


async def test_watches_see_objects_enter_and_leave_by_their_fields(client: Client) -> None:
    await client.create(CRDS, "", definition("boats", version(**SELECTABLE)))
    _, start = await client.list(BOATS, "ns")
    events = client.watch(BOATS, "ns", fields="spec.home=Kiel", resource_version=start)
    await client.create(BOATS, "ns", boat("ada", spec={"home": "Oslo"}))
    for home in ("Kiel", "Kiel", "Oslo"):
        hull = {"hull": f"{home} oak", "home": home}
        await client.patch(BOATS, "ns", "ada", {"spec": hull})
        await client.patch(BOATS, "ns", "ada", {"metadata": {"labels": {"at": home}}})
    await client.create(BOATS, "ns", boat("bob", spec={"home": "Kiel"}))
    assert await take(events, 4) == [
        ("ADDED", "ada", "Kiel"),
        ("MODIFIED", "ada", "Kiel"),
        ("DELETED", "ada", "Kiel"),
        ("ADDED", "bob", "Kiel"),
    ]


async def test_a_watch_sees_the_objects_of_a_deleted_definition_go(
    client: Client, server: Server
) -> None:
    await client.create(CRDS, "", definition())
    _, start = await client.list(BOATS, "ns")
    events = client.watch(BOATS, "ns", resource_version=start)
    await client.create(BOATS, "ns", boat("ada"))
    assert await take(events, 1) == [("ADDED", "ada", "")]
    await client.delete(CRDS, "", BOATS)
    assert await client.list(CRDS) == ([], str(server.registry.store.revision))
    assert await take(events, 1) == [("DELETED", "ada", "")]


async def test_what_a_schema_learns_to_default_shows_in_objects_that_are_there(
    client: Client,
) -> None:
    await client.create(CRDS, "", definition())
    await client.create(BOATS, "ns", boat("ada", spec={"hull": "oak"}))
    newer = version()
    fields = newer["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    fields["home"]["default"] = "Kiel"
    await client.patch(CRDS, "", BOATS, {"spec": {"versions": [newer]}})
    assert (await client.get(BOATS, "ns", "ada"))["spec"]["home"] == "Kiel"
    items, _ = await client.list(BOATS, "ns")
    assert items[0]["spec"]["home"] == "Kiel"
    del fields["hull"]
    await client.patch(CRDS, "", BOATS, {"spec": {"versions": [newer]}})
    assert "hull" not in (await client.get(BOATS, "ns", "ada"))["spec"]


async def test_a_version_is_compiled_to_a_kind_with_its_names_columns_and_doors(
    client: Client, server: Server
) -> None:
    columns = [
        {"name": "Home", "type": "string", "jsonPath": ".spec.home", "description": "A port."},
        {"name": "Crew", "type": "integer", "jsonPath": ".spec.crew", "priority": 1},
    ]
    scale = {"specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew"}
    body = version(additionalPrinterColumns=columns, subresources={"status": {}, "scale": scale})
    old = version("v1alpha1", deprecated=True)
    await client.create(CRDS, "", definition("boats", body, old, shortNames=["bt"]))
    await client.list(BOATS, "ns")
    kind = server.catalogue.find(GROUP, "v1", "boats")
    assert kind is not None
    assert (kind.kind, kind.list_kind, kind.singular) == ("Boat", "BoatList", "boat")
    assert (kind.short_names, kind.storage_version, kind.custom) == (("bt",), "v1", True)
    assert kind.subresources["scale"].group == "autoscaling"
    assert kind.subresources["status"].kind == "Boat"
    shown = {column.name: column for column in kind.columns}
    assert list(shown) == ["Name", "Home", "Crew"]
    assert shown["Home"] == Column("Home", "string", "", 0, "A port.")
    assert shown["Crew"].priority == 1
    deprecated = server.catalogue.find(GROUP, "v1alpha1", "boats")
    assert deprecated is not None
    assert deprecated.behaviour.deprecation == (
        f"{GROUP}/v1alpha1 Boat is deprecated; use {GROUP}/v1 Boat"
    )
    assert kind.behaviour.deprecation == ""


async def test_methods_on_custom_resources_go_by_their_verb_alone(client: Client) -> None:
    await client.create(CRDS, "", definition())
    body = {"apiVersion": f"{GROUP}/v1", "kind": "Boat", **boat("b")}
    made = await client.request("POST", BOATS, "ns", "a", body=ObjectBody(body))
    assert made.object is not None
    assert made.object["metadata"]["name"] == "b"
    with pytest.raises(APIError, match="name must be provided") as refused:
        await client.request("PUT", BOATS, "ns", body=ObjectBody(body))
    assert refused.value.code == 400


def reasons(refused: pytest.ExceptionInfo[APIError]) -> list[tuple[str, str]]:
    """(field, reason) of the causes."""
    assert refused.value.details is not None
    return [(c["field"], c["reason"]) for c in refused.value.details["causes"]]


def ruled(*rules: str) -> dict[str, Any]:
    """A version with CEL rules of its spec."""
    body = version()
    spec = body["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["x-kubernetes-validations"] = [{"rule": rule} for rule in rules]
    return body


async def test_a_cause_found_twice_is_listed_twice(client: Client) -> None:
    body = ruled("self.crew > 5", "self.crew > 5")
    await client.create(CRDS, "", definition("boats", body))
    with pytest.raises(APIError) as refused:
        await client.create(BOATS, "ns", boat("ada", spec={}))
    assert reasons(refused) == [("spec", "FieldValueInvalid")] * 2
    await client.create(BOATS, "ns", boat("ada", spec={"crew": 6}))
    with pytest.raises(APIError) as refused:
        await client.patch(BOATS, "ns", "ada", {"metadata": {"labels": {"a b": "c"}}})
    # Those of all updates, of creates and of its own strategy.
    assert reasons(refused) == [("metadata.labels", "FieldValueInvalid")] * 3


async def test_what_is_required_of_metadata_keeps_rules_from_being_checked(client: Client) -> None:
    await client.create(CRDS, "", definition("boats", ruled("self.crew > 5")))
    owner = {"apiVersion": "v1", "kind": "Dock", "name": "d", "uid": ""}
    with pytest.raises(APIError, match="some validation rules were not checked") as refused:
        await client.create(BOATS, "ns", {"metadata": {"name": "a", "ownerReferences": [owner]}})
    assert reasons(refused)[0] == ("metadata.ownerReferences[0].uid", "FieldValueRequired")


async def test_an_object_of_another_kind_is_called_what_it_says_and_checked_by_rules(
    client: Client,
) -> None:
    await client.create(CRDS, "", definition("boats", ruled("self.crew > 5")))
    await client.create(BOATS, "ns", boat("ada", spec={"crew": 6}))
    wrong = {"kind": "Raft", "spec": {"crew": 1}}
    with pytest.raises(APIError, match=f'Raft.{GROUP} "ada" is invalid') as refused:
        await client.patch(BOATS, "ns", "ada", wrong)
    assert [field for field, _ in reasons(refused)] == ["kind", "spec"]
    with pytest.raises(APIError, match=f'Raft.{GROUP} "bob" is invalid'):
        await client.request(
            "POST",
            BOATS,
            "ns",
            body=ObjectBody({"apiVersion": f"{GROUP}/v1", "kind": "Raft", **boat("bob")}),
        )
