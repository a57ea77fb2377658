"""Patches computed from two objects lead from one to the other."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery import jsonpatch, mergepatch, strategic

scalars = st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "y"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner)
    ),
    max_leaves=10,
)
objects = st.dictionaries(st.sampled_from("abcd"), values)

STRING: dict[str, Any] = {"type": "string"}
DEFINITIONS: dict[str, Any] = {
    "Root": {
        "properties": {
            "name": STRING,
            "labels": {"type": "object", "additionalProperties": STRING},
            "marks": {"type": "array", "items": STRING, "x-kubernetes-patch-strategy": "merge"},
            "args": {"type": "array", "items": STRING},
            "union": {"$ref": "#/definitions/Root", "x-kubernetes-patch-strategy": "retainKeys"},
            "whole": {"$ref": "#/definitions/Root", "x-kubernetes-patch-strategy": "replace"},
            "items": {
                "type": "array",
                "items": {"$ref": "#/definitions/Root"},
                "x-kubernetes-patch-strategy": "merge,retainKeys",
                "x-kubernetes-patch-merge-key": "name",
            },
        }
    }
}
SCHEMA = strategic.from_openapi(DEFINITIONS, "Root")
words = st.sampled_from(["p", "q", "r", "s"])


def things(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    items = st.lists(inner, max_size=4, unique_by=lambda item: item["name"])
    return st.fixed_dictionaries(
        {"name": words},
        optional={
            "labels": st.dictionaries(words, words),
            "marks": st.lists(words, unique=True),
            "args": st.lists(words, max_size=3),
            "union": inner,
            "whole": inner,
            "items": items,
        },
    )


named = st.recursive(st.fixed_dictionaries({"name": words}), things, max_leaves=6)


@given(objects, objects)
def test_a_merge_patch_of_two_objects_leads_to_the_second(
    original: dict[str, Any], modified: dict[str, Any]
) -> None:
    before = copy.deepcopy(original)
    patch = mergepatch.create_two_way(original, modified)
    assert mergepatch.apply(original, patch) == modified
    assert original == before


@given(named, named)
def test_a_strategic_patch_of_two_objects_leads_to_the_second(
    original: dict[str, Any], modified: dict[str, Any]
) -> None:
    before = copy.deepcopy(original)
    patch = strategic.create_two_way(original, modified, SCHEMA)
    patch_before = copy.deepcopy(patch)
    assert strategic.apply(original, patch, SCHEMA) == modified
    assert original == before
    assert patch == patch_before


@given(named)
def test_equal_objects_need_no_strategic_patch(thing: dict[str, Any]) -> None:
    without_whole = {
        key: value for key, value in thing.items() if key in ("name", "labels", "marks")
    }
    assert strategic.create_two_way(without_whole, without_whole, SCHEMA) == {}


@given(objects, st.sampled_from("abcd"), values)
def test_an_added_value_is_found_by_test(document: dict[str, Any], key: str, value: Any) -> None:
    before = copy.deepcopy(document)
    operations = [
        {"op": "add", "path": f"/{key}", "value": value},
        {"op": "test", "path": f"/{key}", "value": value},
        {"op": "copy", "from": f"/{key}", "path": "/copied"},
        {"op": "move", "from": "/copied", "path": "/moved"},
    ]
    result = jsonpatch.apply(document, operations)
    assert result == {**document, key: value, "moved": value}
    assert document == before
