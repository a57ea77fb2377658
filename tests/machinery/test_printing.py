"""How Go prints values."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery import printing


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("\n\t\x00\x7f", '"\\n\\t\\x00\\x7f"'),
        ("é😀", '"é😀"'),
        ("\u200b\u2028\U000e0001", '"\\u200b\\u2028\\U000e0001"'),
    ],
)
def test_strings_are_quoted_as_strconv_quotes_them(text: str, quoted: str) -> None:
    assert printing.quote(text) == quoted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a<b", '"a<b"'),
        (7, "7"),
        (1.5, "1.5"),
        (1000000.0, "1e+06"),
        (1e-05, "1e-05"),
        (True, "true"),
        (None, "null"),
        ({"a": ["<", 1.0]}, '{"a":["\\u003c",1]}'),
    ],
)
def test_bad_values_are_shown_as_field_errors_show_them(value: Any, shown: str) -> None:
    assert printing.bad_value(value) == shown


def test_maps_print_sorted_and_nil_as_nil() -> None:
    assert printing.go_value({"b": [1, "x"], "a": None, "c": True}) == "map[a:<nil> b:[1 x] c:true]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "x"),
        (5, "%!s(int64=5)"),
        (None, "%!s(<nil>)"),
        (["x", None, True], "[x <nil> %!s(bool=true)]"),
    ],
)
def test_what_is_no_string_is_marked(value: Any, shown: str) -> None:
    assert printing.go_string(value) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1.0, "1"), (1e21, "1e+21"), (1e20, "1" + "0" * 20), (1e-7, "1e-7"), (-2.5e-10, "-2.5e-10")],
)
def test_json_floats_are_written_as_go_writes_them(number: float, shown: str) -> None:
    assert printing.json_float(number) == shown
