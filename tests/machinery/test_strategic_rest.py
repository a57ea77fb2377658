"""What a strategic merge leaves of its patch, as errors that come later show it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fakek8s.machinery import strategic
from fakek8s.machinery.strategic_rest import leftover
from tests.machinery.test_strategic import DEFINITIONS

SCHEMA = strategic.from_openapi(DEFINITIONS, "#/definitions/test.v1.Thing")
LIVE: dict[str, Any] = {
    "metadata": {"labels": {"a": "1"}},
    "spec": {
        "containers": [{"name": "c", "image": "i", "ports": [{"port": 80}]}],
        "selector": {"x": "1"},
        "strategy": {},
    },
}


@pytest.mark.parametrize(
    ("patch", "left"),
    [
        ({"strategy": {"$retainKeys": ["type"], "type": "t"}}, {"strategy": {"type": "t"}}),
        ({"$setElementOrder/containers": [{"name": "c"}], "containers": [{"name": "c"}]}, {}),
        ({"selector": {"$patch": "replace", "y": "2"}}, {"selector": {"y": "2"}}),
        ({"selector": {"$patch": "delete"}}, {"selector": {"$patch": "delete"}}),
        ({"selector": None}, {"selector": None}),
        ({"nested": {"n": None, "m": {"name": None}}}, {"nested": {"m": {}}}),
        ({"nested": {"n": {"$patch": "delete"}}}, {"nested": {}}),
        (
            {"volumes": [{"name": "v", "$retainKeys": ["name"], "x": None}]},
            {"volumes": [{"name": "v", "$retainKeys": ["name"]}]},
        ),
        (
            {"containers": [{"name": "c", "image": None, "$setElementOrder/ports": []}]},
            {"containers": [{"name": "c", "image": None}]},
        ),
        (
            {"containers": [{"name": "c", "$patch": "delete"}, {"name": "n", "image": None}]},
            {"containers": [{"name": "c", "$patch": "delete"}, {"name": "n", "image": None}]},
        ),
        (
            {"containers": [{"$patch": "replace"}, {"name": "c", "args": None}]},
            {"containers": [{"$patch": "replace"}, {"name": "c", "args": None}]},
        ),
    ],
)
def test_a_patch_is_eaten_up_where_it_is_merged(patch: Any, left: Any) -> None:
    whole = {"spec": patch}
    before = copy.deepcopy(whole)
    assert leftover(LIVE, whole, SCHEMA) == {"spec": left}
    assert whole == before
