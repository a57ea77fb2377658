"""Patches computed from two objects lead from one to the other."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch as independent
from hypothesis import assume, given
from hypothesis import strategies as st

from fakek8s.machinery import jsonpatch, mergepatch, strategic
from fakek8s.machinery.schema.patching import PatchView
from tests.property import schemas

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


@given(st.sampled_from(schemas.BUILT_IN), st.data())
def test_a_strategic_patch_of_two_built_in_objects_leads_to_the_second(
    kind: tuple[str, str, str], data: st.DataObject
) -> None:
    schema = schemas.built_in(*kind)
    original, modified = (data.draw(schemas.objects(schema)) for _ in range(2))
    before = copy.deepcopy(original)
    patch = strategic.create_two_way(original, modified, PatchView(schema))
    assert strategic.apply(original, patch, PatchView(schema)) == modified
    assert original == before


# Beside an independent library. Strict cases only: upstream's own lets keys be replaced and copied
# that are not there, and takes indices from the end; the other one calls 1 and true the same.

strict_values = st.recursive(
    st.integers(2, 9) | st.sampled_from(["", "x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c/d~e"]), inner)
    ),
    max_leaves=10,
)
documents = st.dictionaries(st.sampled_from(["a", "b", "c/d~e"]), strict_values, max_size=3)


def pointers(value: Any, path: str = "") -> list[str]:
    """Where something is, and just beside it."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += pointers(item, path + "/" + key.replace("~", "~0").replace("/", "~1"))
        found.append(f"{path}/new")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            found += pointers(item, f"{path}/{place}")
        found += [f"{path}/{len(value)}", f"{path}/-", f"{path}/{len(value) + 1}"]
    return found


@st.composite
def operations(draw: st.DrawFn, document: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        op = draw(st.sampled_from(["add", "remove", "replace", "test", "copy", "move"]))
        path = st.sampled_from(pointers(document))
        made: dict[str, Any] = {"op": op, "path": draw(path)}
        if op in ("add", "replace", "test"):
            made["value"] = draw(strict_values)
        elif op in ("copy", "move"):
            made["from"] = draw(path)
        found.append(made)
    return found


@given(documents, st.data())
def test_json_patches_do_what_an_independent_library_does(
    document: dict[str, Any], data: st.DataObject
) -> None:
    patch = data.draw(operations(document))
    try:
        wanted = independent.apply_patch(document, patch)
    except (independent.JsonPatchException, independent.JsonPointerException):
        wanted = None
        assume(not {"replace", "copy"} & {operation["op"] for operation in patch})
    try:
        found = jsonpatch.apply(document, jsonpatch.decode(patch))
    except jsonpatch.JSONPatchError:
        found = None
    assert json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)
