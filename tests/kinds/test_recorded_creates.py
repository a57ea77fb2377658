"""Objects that a real API server (1.37.2) was asked to create, and what it said to each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakek8s import errors
from fakek8s.machinery import meta
from fakek8s.release import release
from tests.kinds.conftest import Doors

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "workloads.recorded.json").read_text()
)


def named(case: dict[str, Any]) -> str:
    return f"{case['kind'][2]}-{case['body']['metadata']['name'][:12]}"


@pytest.mark.parametrize("case", CASES, ids=map(named, CASES))
def test_the_server_says_what_a_real_one_said(case: dict[str, Any]) -> None:
    kind = release("1.37").catalogue().find(*case["kind"])
    assert kind is not None
    body = case["body"]
    written = Doors(kind).create({**body, "metadata": {**body["metadata"], "uid": "u"}})
    found = list(written.errors)
    if kind.behaviour.checks_metadata:
        metadata = written.object["metadata"]
        rules = meta.object_meta_rules(metadata, "metadata", kind.namespaced, kind.behaviour.name)
        found = [*rules, *found]
    elif not found:
        metadata = written.object["metadata"]
        rules = meta.object_meta_rules(metadata, "metadata", kind.namespaced, meta.path_name)
        found = list(rules)
    said = errors.invalid("", "", "", dict.fromkeys(found)).message if found else ""
    assert said.partition(" is invalid: ")[2] == case.get("refused", "")
    if not found:
        assert sorted(written.warnings) == case.get("warnings", [])
