"""JSON Patch with upstream's laxness."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fakek8s.machinery import jsonpatch

DOCUMENT: dict[str, Any] = {
    "metadata": {
        "name": "cm",
        "finalizers": ["one", "two"],
        "annotations": {"example.com/a": "red"},
    },
    "data": {"b": "2", "a": "1"},
}


def patched(*operations: dict[str, Any]) -> Any:
    return jsonpatch.apply(DOCUMENT, jsonpatch.decode(list(operations)))


@pytest.mark.parametrize(
    ("operation", "path", "value"),
    [
        ({"op": "add", "path": "/data/c", "value": "3"}, ("data", "c"), "3"),
        ({"op": "replace", "path": "/data/missing", "value": "x"}, ("data", "missing"), "x"),
        ({"op": "add", "path": "/data/c"}, ("data", "c"), None),
        ({"op": "copy", "from": "/data/none", "path": "/data/c"}, ("data", "c"), None),
        ({"op": "copy", "from": "/data/a", "path": "/data/c"}, ("data", "c"), "1"),
        ({"op": "move", "from": "/data/a", "path": "/data/c"}, ("data",), {"b": "2", "c": "1"}),
        ({"op": "add", "path": "data/c", "value": 1}, ("c",), 1),
        (
            {"op": "add", "path": "/metadata/finalizers/-", "value": "x"},
            ("metadata", "finalizers"),
            ["one", "two", "x"],
        ),
        (
            {"op": "add", "path": "/metadata/finalizers/1", "value": "x"},
            ("metadata", "finalizers"),
            ["one", "x", "two"],
        ),
        ({"op": "remove", "path": "/metadata/finalizers/-1"}, ("metadata", "finalizers"), ["one"]),
        (
            {"op": "remove", "path": "/metadata/annotations/example.com~1a"},
            ("metadata", "annotations"),
            {},
        ),
        ({"op": "test", "path": "/data/none", "value": None}, ("data", "a"), "1"),
    ],
)
def test_operations_apply(operation: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    before = copy.deepcopy(DOCUMENT)
    result = patched(operation)
    for key in path:
        result = result[key]
    assert result == value
    assert before == DOCUMENT


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            {"op": "test", "path": "/data/a", "value": "2"},
            "testing value /data/a failed: test failed",
        ),
        (
            {"op": "test", "path": "/data/a", "value": 1},
            "testing value /data/a failed: test failed",
        ),
        (
            {"op": "remove", "path": "/data/missing"},
            (
                "error in remove for path: '/data/missing': Unable to remove nonexistent key:"
                " missing: missing value"
            ),
        ),
        (
            {"op": "add", "path": "/metadata/labels/app", "value": "x"},
            (
                'add operation does not apply: doc is missing path: "/metadata/labels/app": missing'
                " value"
            ),
        ),
        (
            {"op": "remove", "path": "/metadata/finalizers/3"},
            (
                "error in remove for path: '/metadata/finalizers/3':"
                " Unable to access invalid index: 3: invalid index referenced"
            ),
        ),
        (
            {"op": "add", "path": "/metadata/finalizers/first", "value": "x"},
            (
                "error in add for path: '/metadata/finalizers/first':"
                " value was not a proper array index:"
                " 'first': strconv.Atoi: parsing \"first\": invalid syntax"
            ),
        ),
        ({"op": "frobnicate", "path": "/data/a"}, "Unexpected kind: frobnicate"),
        ({"op": "add", "value": "x"}, "add operation failed to decode path: missing value"),
    ],
)
def test_operations_that_fail_say_why(operation: dict[str, Any], message: str) -> None:
    with pytest.raises(jsonpatch.JSONPatchError) as caught:
        patched(operation)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("document", "validate", "message"),
    [
        (
            {},
            True,
            (
                "error decoding patch: json: cannot unmarshal object into Go value of type"
                " []handlers.jsonPatchOp"
            ),
        ),
        ({}, False, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
        (
            ["x"],
            True,
            (
                "error decoding patch: json: cannot unmarshal string into Go value of type"
                " handlers.jsonPatchOp"
            ),
        ),
        (
            [{"op": 5}],
            True,
            (
                "error decoding patch: json: cannot unmarshal number into Go struct field"
                " jsonPatchOp.op of type string"
            ),
        ),
    ],
)
def test_malformed_documents_are_refused(document: Any, validate: bool, message: str) -> None:
    with pytest.raises(jsonpatch.MalformedPatchError) as caught:
        jsonpatch.decode(document, validate=validate)
    assert str(caught.value) == message


def test_ten_thousand_operations_are_enough() -> None:
    assert len(jsonpatch.decode([{}] * 10_000)) == 10_000
    with pytest.raises(jsonpatch.TooManyOperationsError) as caught:
        jsonpatch.decode([{}] * 10_001)
    assert str(caught.value) == "The allowed maximum operations in a JSON patch is 10000, got 10001"


def test_copies_may_not_grow_the_object_without_bound() -> None:
    operations = [{"op": "copy", "from": "/data", "path": "/x"}] * 3
    with pytest.raises(jsonpatch.JSONPatchError) as caught:
        jsonpatch.apply(DOCUMENT, operations, max_copy_bytes=40)
    assert str(caught.value) == (
        "Unable to complete the copy, the accumulated size increase of copy is 51, exceeding"
        " the limit 40"
    )


def test_entered_maps_are_sorted_and_the_others_kept_and_shared() -> None:
    result = patched({"op": "replace", "path": "/data/a", "value": 7})
    assert list(result) == ["data", "metadata"]
    assert list(result["data"]) == ["a", "b"]
    assert result["metadata"] is DOCUMENT["metadata"]


def test_a_copy_has_sorted_keys_where_its_path_leads_through_its_source() -> None:
    document = {"s": {"z": {"q": 1, "p": 2}, "a": {"y": 1, "x": 2}}}
    operation = {"op": "copy", "from": "/s", "path": "/s/a/n"}
    result = jsonpatch.apply(document, jsonpatch.decode([operation]))
    assert str(result["s"]["a"]["n"]) == "{'a': {'x': 2, 'y': 1}, 'z': {'q': 1, 'p': 2}}"


def test_a_copy_is_independent_of_its_source() -> None:
    result = patched(
        {"op": "add", "path": "/data/new", "value": "x"},
        {"op": "copy", "from": "/data", "path": "/other"},
        {"op": "add", "path": "/other/more", "value": "y"},
    )
    assert "more" not in result["data"]
    assert result["other"]["more"] == "y"


def test_unknown_members_are_named() -> None:
    assert jsonpatch.unknown_fields([{"op": "add", "bogus": 1}]) == [
        'json patch unknown field "[0].bogus"'
    ]
