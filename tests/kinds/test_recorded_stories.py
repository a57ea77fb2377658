"""What a real API server (1.37.2) said to objects of many groups: created, changed and shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakek8s import errors
from fakek8s.machinery import meta
from fakek8s.release import release
from tests.kinds.conftest import Doors, Written

if TYPE_CHECKING:
    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]

FILES = sorted(Path(__file__).parent.glob("*/recorded.json"))
RECORDED: list[Object] = [json.loads(file.read_text()) for file in FILES]
CREATES: list[Object] = [case for file in RECORDED for case in file["creates"]]
STORIES: list[Object] = [story for file in RECORDED for story in file["stories"]]


class EmptyCluster:
    """A reader that finds nothing."""

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        return None


class LonelyDoors(Doors):
    """Doors to a cluster without other objects."""

    def operation(self, verb: str, obj: Object, old: Object | None, **options: Any) -> Operation:
        op = super().operation(verb, obj, old, **options)
        return replace(op, reader=cast("Reader", EmptyCluster()))


def doors_of(case: Object) -> Doors:
    kind = release("1.37").catalogue().find(*case["kind"])
    assert kind is not None
    return LonelyDoors(kind)


def created(doors: Doors, body: Object) -> Written:
    system = {"uid": "u", "creationTimestamp": "2026-01-02T03:04:05Z"}
    return doors.create({**body, "metadata": {**body["metadata"], **system}})


def said(written: Written) -> str:
    """What stands after `is invalid:` in the answer."""
    found = dict.fromkeys(written.errors)
    message = errors.invalid("", "", "", found).message if found else ""
    return message.partition(" is invalid: ")[2]


def aged(row: list[Any]) -> list[Any]:
    """A row without what its clock says."""
    return ["<age>" if cell == "0s" else cell for cell in row]


def named(case: Object) -> str:
    return f"{case['kind'][2]}-{case['body']['metadata'].get('name', '')[:12]}"


@pytest.mark.parametrize("case", CREATES, ids=map(named, CREATES))
def test_what_is_wrong_with_a_new_object_is_told_as_by_a_real_server(case: Object) -> None:
    doors = doors_of(case)
    written = created(doors, case["body"])
    metadata, kind = written.object["metadata"], doors.kind
    rules = meta.object_meta_rules(metadata, "metadata", kind.namespaced, kind.behaviour.name)
    written.errors[:0] = rules
    if not written.errors:
        rules = meta.object_meta_rules(metadata, "metadata", kind.namespaced, meta.path_name)
        written.errors.extend(rules)
    assert said(written) == case.get("refused", "")
    if not written.errors:
        assert sorted(written.warnings) == sorted(case.get("warnings", []))


@pytest.mark.parametrize("story", STORIES, ids=map(named, STORIES))
def test_every_step_is_taken_refused_and_shown_as_by_a_real_server(story: Object) -> None:
    doors = doors_of(story)
    obj = created(doors, story["body"]).object
    obj["metadata"]["resourceVersion"] = "1"  # as the store gives it
    for step in story["steps"]:
        if "row" in step:
            assert aged(doors.cells(obj)) == step["row"]
            continue
        written = doors.update(obj, step["changes"], step.get("door", ""))
        assert said(written) == step.get("refused", ""), step
        if not written.errors:
            assert sorted(written.warnings) == sorted(step.get("warnings", []))
            obj = written.object
