from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply.element import Mismatch
from fakek8s.machinery.apply.walk import everything, fields_of

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"name": "x", "size": 1}, {"f:name": {}, "f:size": {}}),
        ({"tags": ["a"]}, {"f:tags": {'v:"a"': {}}}),
        ({"route": ["a"]}, {"f:route": {}}),
        ({"engine": {"fuel": "x"}}, {"f:engine": {}}),
        ({"crew": {"a": "b"}}, {"f:crew": {"f:a": {}}}),
        ({"crew": {}}, {"f:crew": {}}),
        ({"tags": []}, None),
        ({"size": None}, {"f:size": {}}),
        ({"free": {"a": {"b": [1]}}}, {"f:free": {"f:a": {".": {}, "f:b": {}}}}),
        (
            {"ports": [{"number": 1}, {"number": 1}]},
            {"f:ports": {'k:{"number":1}': {}}},
        ),
        (
            {"ports": [{"number": 1, "use": "x"}]},
            {"f:ports": {'k:{"number":1}': {".": {}, "f:number": {}, "f:use": {}}}},
        ),
    ],
)
def test_an_applied_object_names_its_leaves(spec: Any, fields: Any, ship: Schema) -> None:
    assert fields_of({"spec": spec}, ship) == ({"f:spec": fields} if fields else {})


def test_a_value_that_appears_brings_each_parent(ship: Schema) -> None:
    found = everything({"spec": {"crew": {"a": "b"}, "tags": [], "engine": {"fuel": "x"}}}, ship)
    assert found == {
        ".": {},
        "f:spec": {
            ".": {},
            "f:crew": {".": {}, "f:a": {}},
            "f:tags": {},
            "f:engine": {},
        },
    }


def test_duplicates_appear_as_one(ship: Schema) -> None:
    found = everything({"spec": {"ports": [{"number": 1}, {"number": 1, "use": "x"}]}}, ship)
    assert found["f:spec"]["f:ports"] == {".": {}, 'k:{"number":1}': {}}


@pytest.mark.parametrize("walk", [everything, fields_of])
def test_fields_that_no_schema_declares_do_not_fit(walk: Any, ship: Schema) -> None:
    with pytest.raises(Mismatch, match=r"\.color: field not declared in schema"):
        walk({"spec": {"color": "red"}}, ship)
