"""JSON merge patch."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fakek8s.machinery import mergepatch


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": 1, "b": 2}, {"a": None, "c": 3}, {"b": 2, "c": 3}),
        ({"a": {"x": 1}}, {"a": {"y": {"z": None}}}, {"a": {"x": 1, "y": {}}}),
        ({}, {"a": [{"b": None}, None]}, {"a": [{}, None]}),
        ({"a": "x"}, {"a": {"b": None}}, {"a": {}}),
        ({"a": {"x": 1}}, {"a": [{"b": None}]}, {"a": [{"b": None}]}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": 1}, [{"b": None}], [{}]),
    ],
)
def test_patches_merge(document: Any, patch: Any, result: Any) -> None:
    before = copy.deepcopy((document, patch))
    assert mergepatch.apply(document, patch) == result
    assert (document, patch) == before


@pytest.mark.parametrize("patch", [None, "x", 5, True])
def test_a_patch_is_an_object_or_a_list(patch: Any) -> None:
    with pytest.raises(mergepatch.MergePatchError, match=r"^Invalid JSON Patch$"):
        mergepatch.apply({}, patch)


def test_entered_maps_are_sorted_and_the_others_shared() -> None:
    document: dict[str, Any] = {"metadata": {"name": "x"}, "data": {"b": "1"}}
    result = mergepatch.apply(document, {"data": {"a": "2"}})
    assert list(result) == ["data", "metadata"]
    assert list(result["data"]) == ["a", "b"]
    assert result["metadata"] is document["metadata"]
