from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply.compare import Comparison, compare
from fakek8s.machinery.apply.fieldset import dotted

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema

P1 = 'k:{"number":1}'


@pytest.mark.parametrize(
    ("old", "new", "added", "modified", "removed"),
    [
        ({"size": 1}, {"size": 2}, {}, {"f:size": {}}, {}),
        ({}, {"size": 2}, {"f:size": {}}, {}, {}),
        ({"size": 1}, {}, {}, {}, {"f:size": {}}),
        # Sets and list maps by their items.
        (
            {"tags": ["a", "b"]},
            {"tags": ["b", "c"]},
            {"f:tags": {'v:"c"': {}}},
            {},
            {"f:tags": {'v:"a"': {}}},
        ),
        (
            {"ports": [{"number": 1, "use": "x"}]},
            {"ports": [{"number": 1, "use": "y"}]},
            {},
            {"f:ports": {P1: {"f:use": {}}}},
            {},
        ),
        # Order alone is no change.
        (
            {"ports": [{"number": 1}, {"number": 2}]},
            {"ports": [{"number": 2}, {"number": 1}]},
            {},
            {},
            {},
        ),
        # Atomic ones change as one.
        ({"route": ["a"]}, {"route": ["b"]}, {}, {"f:route": {}}, {}),
        ({"engine": {"fuel": "x"}}, {"engine": {"power": 1}}, {}, {"f:engine": {}}, {}),
        # The first key of an empty map adds the key, not the map.
        ({"crew": {}}, {"crew": {"a": "b"}}, {"f:crew": {"f:a": {}}}, {}, {}),
        ({"crew": {"a": "b"}}, {"crew": {}}, {}, {}, {"f:crew": {"f:a": {}}}),
        ({"crew": None}, {"crew": {"a": "b"}}, {"f:crew": {"f:a": {}}}, {}, {}),
        ({"crew": None}, {"crew": {}}, {}, {"f:crew": {}}, {}),
        ({"tags": None}, {"tags": ["a"]}, {"f:tags": {'v:"a"': {}}}, {}, {}),
        # Untyped values may change their form.
        ({"load": 1}, {"load": "50%"}, {}, {"f:load": {}}, {}),
        (
            {"free": {"a": 1}},
            {"free": {"a": {"b": 2}}},
            {"f:free": {"f:a": {"f:b": {}}}},
            {"f:free": {"f:a": {}}},
            {},
        ),
        (
            {"free": {"a": {"b": 2}}},
            {"free": {"a": [3]}},
            {},
            {"f:free": {"f:a": {}}},
            {"f:free": {"f:a": {"f:b": {}}}},
        ),
        # Duplicates count as one value.
        (
            {"ports": [{"number": 1}, {"number": 1}]},
            {"ports": [{"number": 1}, {"number": 1, "use": "x"}]},
            {},
            {"f:ports": {P1: {}}},
            {},
        ),
        (
            {"ports": [{"number": 1}, {"number": 1}]},
            {"ports": [{"number": 1}]},
            {"f:ports": {P1: {".": {}, "f:number": {}}}},
            {},
            {"f:ports": {P1: {}}},
        ),
        (
            {"ports": [{"number": 1}]},
            {"ports": [{"number": 1}, {"number": 1}]},
            {"f:ports": {P1: {}}},
            {},
            {"f:ports": {P1: {".": {}, "f:number": {}}}},
        ),
    ],
)
def test_changes_are_told_by_schema(
    old: Any, new: Any, added: Any, modified: Any, removed: Any, ship: Schema
) -> None:
    found = compare({"spec": old}, {"spec": new}, ship)
    want = [{"f:spec": part} if part else {} for part in (added, modified, removed)]
    assert found == Comparison(*want)


def test_reset_fields_are_left_out(ship: Schema) -> None:
    found = compare({}, {"spec": {"size": 1}, "status": {"phase": "x"}}, ship)
    assert found.filtered(dotted(("status",))).added == {"f:spec": {".": {}, "f:size": {}}}
    assert found.filtered({}, [("f:spec", "f:size")]).added == {"f:spec": {".": {}, "f:size": {}}}
    assert not found.empty
