"""Objects that were changed step by step, what a real API server (1.37.2) said, and its tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fakek8s import errors
from fakek8s.release import release
from tests.kinds.conftest import Doors

STORIES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "updates.recorded.json").read_text()
)
TIMES = ("lastPhaseTransitionTime",)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def named(story: dict[str, Any]) -> str:
    return f"{story['kind'][2]}-{story['kind'][1]}-{story['body']['metadata']['name'][:12]}"


def timeless(value: Any) -> Any:
    """The value with times as the recording has them, and without those of its clock."""
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [timeless(item) for item in value]
    return TIME.sub("<time>", value) if isinstance(value, str) else value


@pytest.mark.parametrize("story", STORIES, ids=map(named, STORIES))
def test_every_step_is_taken_or_refused_as_by_a_real_server(story: dict[str, Any]) -> None:
    kind = release("1.37").catalogue().find(*story["kind"])
    assert kind is not None
    doors, body = Doors(kind), story["body"]
    obj = doors.create({**body, "metadata": {**body["metadata"], "uid": "u"}}).object
    for step in story["steps"]:
        if "row" in step:
            row = zip(doors.cells(obj), step["row"], strict=True)
            assert [cell for cell in row if cell[0] != cell[1] != "<age>"] == []
            continue
        written = doors.update(obj, step["changes"], step.get("door", ""))
        found = dict.fromkeys(written.errors)
        said = errors.invalid("", "", "", found).message if found else ""
        assert said.partition(" is invalid: ")[2] == step.get("refused", ""), step
        if not found:
            obj = written.object
    if "ends" in story:
        ends = {name: obj[name] for name in story["ends"]}
        assert timeless(ends) == timeless(story["ends"])
