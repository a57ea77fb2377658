"""Custom kinds in the OpenAPI documents: as a real server publishes them, and only while served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.api.customopenapi import CustomDocuments
from fakek8s.facts import load_facts
from tests.api.test_openapi import V2_PROTOBUF, fields

if TYPE_CHECKING:
    from .conftest import Caller

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#: Three definitions, and what a real server published of them, without the prose.
RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "custom_documents.recorded.json").read_text()
)
PLACES = {"v3": "apis/sea.example.com/v1", "v3beta": "apis/sea.example.com/v1beta1"}


async def install(call: Caller) -> None:
    for definition in RECORDED["definitions"]:
        reply = await call("POST", CRDS, definition)
        assert reply.status == 201, reply.message


@pytest.mark.parametrize("name", PLACES)
async def test_v3_documents_are_those_of_a_real_server(call: Caller, name: str) -> None:
    await install(call)
    reply = await call("GET", f"/openapi/v3/{PLACES[name]}")
    assert without_prose(reply.json) == without_prose(RECORDED[name])


async def test_the_v2_document_gains_what_that_of_a_real_server_gains(call: Caller) -> None:
    before = (await call("GET", "/openapi/v2")).json
    await install(call)
    after = (await call("GET", "/openapi/v2")).json
    for part in ("paths", "definitions"):
        gained = {n: held for n, held in after[part].items() if n not in before[part]}
        assert without_prose(gained) == without_prose(RECORDED["v2"][part])
        assert {n: after[part][n] for n in before[part]} == before[part]
        assert list(after[part]) == sorted(after[part])


def without_prose(value: Any) -> Any:
    """What kubernetes-validate adds where it is installed stays out of the comparison."""
    if isinstance(value, list):
        return [without_prose(held) for held in value]
    if not isinstance(value, dict):
        return value
    prose = ("apiVersion", "kind", "metadata")
    return {
        name: without_prose(
            {k: v for k, v in held.items() if k != "description"}
            if name in prose and isinstance(held, dict)
            else held
        )
        for name, held in value.items()
        if not (name.startswith("io.k8s.") and isinstance(held, dict))
    }


async def test_numbers_in_schemas_stand_in_documents_as_objects_show_them(call: Caller) -> None:
    """1e+30 is one that orjson and Go write in different ways."""
    await install(call)
    boats = RECORDED["definitions"][0]["metadata"]["name"]
    value = {"type": "number", "default": 1e21, "maximum": 1e30}
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/depth"
    patch = [{"op": "add", "path": place, "value": value}]
    json_patch = {"Content-Type": "application/json-patch+json"}
    reply = await call("PATCH", f"{CRDS}/{boats}", patch, headers=json_patch)
    assert reply.status == 200, reply.message
    for path in ("v3/apis/sea.example.com/v1", "v2"):
        reply = await call("GET", f"/openapi/{path}")
        assert reply.status == 200
        assert b'"maximum":1e+30' in reply.body
    accept = {"Accept": "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"}
    reply = await call("GET", "/openapi/v2", headers=accept)
    assert reply.status == 200


async def test_documents_change_with_their_definitions_and_go_with_them(call: Caller) -> None:
    place, boats = "apis/sea.example.com/v1", f"{CRDS}/boats.sea.example.com"
    await install(call)
    first = (await call("GET", "/openapi/v3")).json["paths"]
    swagger = (await call("GET", "/openapi/v2")).headers["Etag"]
    patch = [
        {
            "op": "add",
            "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/keel",
            "value": {"type": "string"},
        }
    ]
    json_patch = {"Content-Type": "application/json-patch+json"}
    assert (await call("PATCH", boats, patch, headers=json_patch)).status == 200
    second = (await call("GET", "/openapi/v3")).json["paths"]
    assert second[place] != first[place]
    assert second[f"{place}beta1"] == first[f"{place}beta1"]
    reply = await call("GET", "/openapi/v2")
    assert reply.headers["Etag"] != swagger
    boat = reply.json["definitions"]["com.example.sea.v1.Boat"]
    assert "keel" in boat["properties"]["spec"]["properties"]
    for definition in RECORDED["definitions"]:
        await call("DELETE", f"{CRDS}/{definition['metadata']['name']}")
    assert place not in (await call("GET", "/openapi/v3")).json["paths"]
    assert (await call("GET", f"/openapi/v3/{place}")).status == 404
    assert "sea.example.com" not in (await call("GET", "/openapi/v2")).body.decode()


async def test_the_message_of_v2_holds_everything_as_well(call: Caller) -> None:
    """Paths and definitions come in several pieces, which readers of protobuf put together."""

    def names(message: bytes, part: int) -> list[str]:
        pieces = [value for number, value in fields(message) if number == part]
        entries = [entry for piece in pieces for _, entry in fields(piece)]
        return sorted(
            dict(fields(entry))[1].decode() for entry in entries if isinstance(entry, bytes)
        )

    await install(call)
    message = (await call("GET", "/openapi/v2", headers={"Accept": V2_PROTOBUF})).body
    document = (await call("GET", "/openapi/v2")).json
    assert names(message, 8) == list(document["paths"])
    assert names(message, 9) == list(document["definitions"])


@pytest.mark.parametrize(
    ("kind", "description"),
    [("Boat", "create a Boat"), ("Anchor", "create an Anchor"), ("Sails", "create Sails")],
)
async def test_operations_are_described_with_the_kinds_article(
    call: Caller, kind: str, description: str
) -> None:
    group = "made.example.com"
    names = {"plural": "things", "kind": kind}
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": group, "names": names, "scope": "Cluster", "versions": [version]}
    await call("POST", CRDS, {"metadata": {"name": f"things.{group}"}, "spec": spec})
    document = (await call("GET", f"/openapi/v3/apis/{group}/v1")).json
    collection = document["paths"][f"/apis/{group}/v1/things"]
    assert collection["post"]["description"] == description
    assert collection["post"]["operationId"] == f"createMadeExampleComV1{kind}"


def test_a_group_without_kinds_has_an_empty_document() -> None:
    assert CustomDocuments(load_facts()).v3([])["paths"] == {}
