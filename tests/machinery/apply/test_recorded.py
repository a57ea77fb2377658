"""What a real server recorded in managedFields when these objects were created."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply import update_managed_fields

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Definitions

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("recorded_creates.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_create_owns_what_the_real_server_says_byte_for_byte(
    case: dict[str, Any], definitions: Definitions
) -> None:
    obj = case["object"]
    group, _, version = obj["apiVersion"].rpartition("/")
    schema = definitions.of_kind(group, version, obj["kind"])
    assert schema is not None
    entries = update_managed_fields(
        None,
        obj,
        schema=schema,
        manager="replay",
        api_version=obj["apiVersion"],
        now=obj["metadata"]["creationTimestamp"],
        reset=("status",),
        empty=case["empty"],
    )
    written = json.dumps(entries, separators=(",", ":"), ensure_ascii=False) if entries else ""
    assert written == case["managedFields"]
