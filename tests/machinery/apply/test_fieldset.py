from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.fieldset import InvalidFields, of

A, B, C = "f:a", "f:b", "f:c"


def test_a_path_does_not_bring_its_parents() -> None:
    assert of((A, B)) == {A: {B: {}}}
    assert of((A,), (A, B)) == {A: {".": {}, B: {}}}
    assert not fieldset.has(of((A, B)), (A,))
    assert fieldset.has(of((A,), (A, B)), (A,))
    assert not fieldset.has(of((A,)), ())


def test_difference_takes_a_parent_without_its_children() -> None:
    both = of((A,), (A, B))
    assert fieldset.difference(both, of((A,))) == of((A, B))
    assert fieldset.difference(both, of((A, B))) == of((A,))
    assert fieldset.difference(both, both) == {}


def test_difference_gives_back_the_same_set_when_nothing_goes() -> None:
    fields = of((A, B), (C,))
    assert fieldset.difference(fields, of((B,), (A, C))) is fields


def test_recursive_difference_takes_what_is_below_too() -> None:
    fields = of((A,), (A, B), (A, B, C), (C,))
    assert fieldset.recursive_difference(fields, of((A, B))) == of((A,), (C,))
    assert fieldset.recursive_difference(fields, of((A,))) == of((C,))
    assert fieldset.recursive_difference(fields, of((A, B, C))) == of((A,), (A, B), (C,))


def test_intersection_keeps_members_of_both() -> None:
    assert fieldset.intersection(of((A,), (A, B)), of((A, B), (A, C))) == of((A, B))
    assert fieldset.intersection(of((A,)), of((A, B))) == {}


def test_leaves_are_members_with_nothing_below() -> None:
    assert fieldset.leaves(of((A,), (A, B), (C,))) == of((A, B), (C,))


def test_dotted_names_make_a_set() -> None:
    assert fieldset.dotted(("status", "metadata.labels")) == {
        "f:status": {},
        "f:metadata": {"f:labels": {}},
    }


def test_patterns_keep_what_lies_below_them() -> None:
    fields = of(
        ("f:spec", "f:containers", 'k:{"name":"c"}', "f:image"),
        ("f:spec", "f:containers", 'k:{"name":"c"}', "f:resources", "f:limits"),
        ("f:metadata", "f:labels"),
    )
    kept = fieldset.matching(fields, [("f:spec", "f:containers", "*", "f:resources")])
    assert kept == of(("f:spec", "f:containers", 'k:{"name":"c"}', "f:resources", "f:limits"))


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (None, {}),
        ({}, {}),
        ({"f:a": {}}, {A: {}}),
        ({"f:a": None}, {A: {}}),
        ({"f:a": {".": {}}}, {A: {}}),
        ({"f:a": {"x:unknown": {}}}, {A: {}}),
        ({".": {}, "f:a": {".": {}, "f:b": {}}}, {A: {".": {}, B: {}}}),
    ],
)
def test_a_set_is_read_from_fields_v1(raw: Any, read: Any) -> None:
    assert fieldset.parsed(raw) == read


@pytest.mark.parametrize("raw", [[], "x", {"a": {}}, {"f:a": 1}, {"f:a": [1]}, {"k:{": {}}])
def test_nonsense_is_no_set(raw: Any) -> None:
    with pytest.raises(InvalidFields):
        fieldset.parsed(raw)


@pytest.mark.parametrize(
    "names",
    [
        [".", 'k:{"port":80}', 'k:{"port":443}'],
        [".", 'k:{"name":"a"}', 'k:{"name":"a b"}', 'k:{"name":"a-b"}', 'k:{"name":"ab"}'],
        ['k:{"ip":"a"}', 'k:{"ip":"a","name":"x"}', 'k:{"ip":"b"}'],
        ["v:2", "v:10", 'v:"a"'],
        ["f:a", "f:é", "f:\U0001f600", 'k:{"name":"a"}', 'v:"x"', "i:1"],
        ['k:{"p":"a"}', 'k:{"p":"a!"}', 'k:{"p":"a\\"b"}'],
    ],
)
def test_sets_are_written_in_upstreams_order(names: list[str]) -> None:
    mixed: dict[str, Any] = {"f:x": {name: {} for name in reversed(names)}}
    assert list(fieldset.ordered(mixed)["f:x"]) == names


def test_paths_name_the_members_of_a_level_before_what_is_below() -> None:
    fields = of((A, B), (C,), (A,), (A, B, C))
    assert list(fieldset.paths(fields)) == [(A,), (C,), (A, B), (A, B, C)]
    assert fieldset.shown((A, 'k:{"name":"c"}', B)) == '.a[name="c"].b'
