"""OpenAPI documents in protobuf, and the descriptions that they get."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.api.descriptions import Descriptions, with_phrases
from fakek8s.api.gnostic import encode_v2, encode_v3
from fakek8s.facts import load_facts

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Caller

V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
V3_PROTOBUF = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"


def fields(message: bytes) -> list[tuple[int, Any]]:
    """The fields of a message: (number, bytes or number)."""
    found: list[tuple[int, Any]] = []
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            found.append((tag >> 3, number()))
        elif tag & 7 == 1:
            found.append((tag >> 3, message[at : at + 8]))
            at += 8
        else:
            size = number()
            found.append((tag >> 3, message[at : at + size]))
            at += size
    return found


def test_fields_stand_under_their_numbers_in_order() -> None:
    document = {
        "paths": {
            "/a": {
                "get": {
                    "parameters": [
                        {"$ref": "#/parameters/p"},
                        {"name": "n", "in": "query", "type": "integer"},
                        {"name": "b", "in": "body", "schema": {"type": "object"}},
                    ],
                    "responses": {"200": {"description": "OK"}},
                    "x-kubernetes-action": "get",
                }
            }
        },
        "swagger": "2.0",
    }
    (version, paths) = fields(encode_v2(document))
    assert version == (1, b"2.0")
    ((_, named),) = fields(paths[1])
    (name, item) = fields(named)
    assert (paths[0], name) == (8, (1, b"/a"))
    ((_, operation),) = fields(item[1])
    held = fields(operation)
    assert [number for number, _ in held] == [8, 8, 8, 9, 13]
    assert fields(held[0][1]) == [(2, b"\n\x0e#/parameters/p")]
    assert [number for number, _ in fields(held[1][1])] == [1]
    assert fields(held[4][1]) == [(1, b"x-kubernetes-action"), (2, b'\x12\x06"get"\n')]


def test_a_schema_or_a_reference_stands_in_a_field_of_its_own() -> None:
    document = {
        "components": {
            "schemas": {
                "A": {
                    "type": "object",
                    "default": {},
                    "properties": {"b": {"$ref": "#/B"}, "n": {"type": "integer", "default": 0}},
                    "additionalProperties": True,
                }
            }
        }
    }
    ((_, components),) = fields(encode_v3(document))
    ((_, schemas),) = fields(components)
    ((_, named),) = fields(schemas)
    ((_, either),) = [f for f in fields(named) if f[0] == 2]
    ((which, schema),) = fields(either)
    assert which == 1
    held = dict(fields(schema))
    assert held[25] == b"object"
    assert held[33] == b""
    assert fields(held[32]) == [(2, 1)]
    first, second = fields(held[31])
    assert fields(fields(first[1])[1][1]) == [(2, b"\n\x03#/B")]
    assert b"\t\0\0\0\0\0\0\0\0" in second[1]


@pytest.mark.parametrize("path", ["/openapi/v2", "/openapi/v3/apis/apps/v1"])
async def test_old_clients_get_the_protobuf_that_they_ask_for(call: Caller, path: str) -> None:
    asked = V2_PROTOBUF if path.endswith("v2") else V3_PROTOBUF
    reply = await call("GET", path, headers={"Accept": asked})
    assert reply.headers["Content-Type"] == asked.replace("@", ".")
    assert fields(reply.body)[0] == (1, b"2.0" if path.endswith("v2") else b"3.0.0")


def test_every_answer_is_described() -> None:
    document = with_phrases(load_facts().openapi_v3["apis/apps/v1"])
    answers = [
        answer
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for answer in operation["responses"].values()
    ]
    assert {a["description"] for a in answers} == {"OK", "Created", "Accepted", "Unauthorized"}


def test_prose_is_merged_from_the_files_of_a_package_that_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kubernetes_validate" / "kubernetes-json-schema" / "v1.37.0-local"
    folder.mkdir(parents=True)
    (tmp_path / "kubernetes_validate" / "__init__.py").write_text("raise RuntimeError")
    known = {"A": {"description": "An A.", "properties": {"b": {"description": "Its B."}}}}
    (folder / "_definitions.json").write_text(json.dumps({"$defs": known}))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "kubernetes_validate", raising=False)
    bare = {"type": "object", "properties": {"b": {"$ref": "#/B"}, "c": {"type": "string"}}}

    made = Descriptions("1.37").complete({"components": {"schemas": {"A": bare, "Z": {}}}})
    assert made["components"]["schemas"] == {
        "A": {
            "description": "An A.",
            "type": "object",
            "properties": {
                "b": {"allOf": [{"$ref": "#/B"}], "description": "Its B."},
                "c": {"type": "string"},
            },
        },
        "Z": {},
    }
    swagger = Descriptions("1.37").complete({"definitions": {"A": bare}})
    assert swagger["definitions"]["A"]["properties"]["b"] == {
        "description": "Its B.",
        "$ref": "#/B",
    }
    assert Descriptions("1.36").complete({"definitions": {"A": bare}})["definitions"]["A"] is bare
