"""Differences are told one by one, each with its path."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.compare import differences


@pytest.mark.parametrize(
    ("want", "got", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {}, ["a: missing, want 1"]),
        ({}, {"a": None}, ["a: unexpected null"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1]: 3, want 2"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: 2 items, want 1"]),
        ({"a": None}, {"a": []}, ["a: [], want null"]),
        ({"a": "1"}, {"a": 1}, ['a: 1, want "1"']),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ["a: 2, want 1", "b: 2, want 1"]),
    ],
)
def test_each_difference_is_a_line_with_its_path(want: Any, got: Any, lines: list[str]) -> None:
    assert list(differences(want, got)) == lines


def test_long_values_are_cut() -> None:
    (line,) = differences({}, {"a": "x" * 1000})
    assert len(line) < 250
    assert line.endswith("...")
