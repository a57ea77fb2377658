"""Empty lists and maps that were written, and objects that do not hold them."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery import emptied


@pytest.mark.parametrize(
    ("written", "value", "whole"),
    [
        ({"a": []}, {}, {"a": []}),
        ({"a": {}}, {"b": 1}, {"a": {}, "b": 1}),
        ([{"a": {"b": []}}], [{"a": {}}], [{"a": {"b": []}}]),
        ({}, None, {}),
        ([], None, []),
    ],
)
def test_what_was_written_empty_comes_back(written: Any, value: Any, whole: Any) -> None:
    assert emptied.drops(written, value)
    assert emptied.restored(written, value) == whole


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"a": None}, {}),
        ({"a": ""}, {}),
        ({"a": []}, {"a": []}),
        (None, None),
        (None, {"a": 1}),
        ([[]], [[], []]),
        ({"a": 1}, None),
    ],
)
def test_a_value_that_lacks_nothing_is_shared(written: Any, value: Any) -> None:
    assert not emptied.drops(written, value)
    assert emptied.restored(written, value) is value


def test_a_body_is_parsed_when_somebody_asks() -> None:
    assert emptied.body(lambda: b'{"a": []}') == {"a": []}
    assert emptied.body(lambda: {"a": []}) == {"a": []}
    assert emptied.body(lambda: b"a: []") is None
    assert emptied.body(None) is None


def test_a_path_may_lead_nowhere() -> None:
    assert emptied.at({"a": {"b": []}}, "a", "b") == []
    assert emptied.at({"a": []}, "a", "b", "c") is None
