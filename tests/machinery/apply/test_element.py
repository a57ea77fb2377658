from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply import element
from fakek8s.machinery.apply.element import InvalidElement, Mismatch

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("<&>\u2028", '"\\u003c\\u0026\\u003e\\u2028"'),
        ("\x01\n", '"\\u0001\\n"'),
        (8080, "8080"),
        (1.0, "1"),
        (0.25, "0.25"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (True, "true"),
        (None, "null"),
        ({"b": 1, "a": [False]}, '{"a":[false],"b":1}'),
    ],
)
def test_values_are_written_as_go_writes_them(value: Any, text: str) -> None:
    assert element.written(value) == text


def test_an_item_of_a_list_map_is_named_by_its_sorted_keys(ship: Schema) -> None:
    decks = ship.child("spec").child("decks")  # type: ignore[union-attr]
    assert decks is not None
    assert element.item(decks, {"side": "star", "name": "a"}) == 'k:{"name":"a","side":"star"}'


def test_a_key_that_is_not_given_takes_its_default(ship: Schema) -> None:
    decks = ship.child("spec").child("decks")  # type: ignore[union-attr]
    assert decks is not None
    assert element.item(decks, {"name": "a"}) == 'k:{"name":"a","side":"port"}'
    assert element.item(decks, {"size": 1}) == 'k:{"side":"port"}'


def test_an_item_without_any_key_has_no_element(ship: Schema) -> None:
    ports = ship.child("spec").child("ports")  # type: ignore[union-attr]
    assert ports is not None
    with pytest.raises(Mismatch, match="omits all key fields"):
        element.item(ports, {"use": "x"})


@pytest.mark.parametrize("value", [None, {}, []])
def test_sets_hold_scalars_only(ship: Schema, value: Any) -> None:
    tags = ship.child("spec").child("tags")  # type: ignore[union-attr]
    assert tags is not None
    with pytest.raises(Mismatch):
        element.item(tags, value)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("f:a:b", "f:a:b"),
        ('k:{ "b": "2", "a": 80.0 }', 'k:{"a":80,"b":"2"}'),
        ('v: "x"', 'v:"x"'),
        ("i:3", "i:3"),
        ("z:new", None),
    ],
)
def test_elements_are_read_into_one_spelling(text: str, ours: str | None) -> None:
    assert element.parsed(text) == ours


@pytest.mark.parametrize("text", ["", "f", "name", "k:{", "k:[]", "i:x", 'v:"a" "b"'])
def test_other_strings_are_no_elements(text: str) -> None:
    with pytest.raises(InvalidElement):
        element.parsed(text)


def test_elements_sort_by_type_then_by_value() -> None:
    given = ["i:2", "i:10", 'v:"a"', "v:3", 'k:{"p":443}', 'k:{"p":80}', "f:b", "f:a"]
    assert sorted(given, key=element.order) == [
        "f:a",
        "f:b",
        'k:{"p":80}',
        'k:{"p":443}',
        "v:3",
        'v:"a"',
        "i:2",
        "i:10",
    ]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("f:a", ".a"),
        ('k:{"name":"c","port":80}', '[name="c",port=80]'),
        ('v:"x"', '[="x"]'),
        ("i:0", "[0]"),
    ],
)
def test_messages_show_elements_as_paths(step: str, text: str) -> None:
    assert element.shown(step) == text


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, "associative list without keys has an element that's a map type"),
        ([], "not supported: associative list with lists as elements"),
        (None, "associative list without keys has an element that's an explicit null"),
    ],
)
def test_a_set_holds_scalars_only(ship: Schema, value: Any, why: str) -> None:
    tags = ship.child("spec").child("tags")  # type: ignore[union-attr]
    assert tags is not None
    with pytest.raises(Mismatch, match=why):
        element.item(tags, value)
