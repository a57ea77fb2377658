"""What validation says of values, and that it says nothing of those that are right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.machinery.structural.schemas import boat, causes, compiled, of_spec, rules


def texts(field: dict[str, Any], value: Any) -> list[str]:
    """The causes of one field's value as `field: body`."""
    found = compiled(of_spec({"a": field})).validate(boat({"a": value}))
    return [error.text for error in found]


def test_a_wrong_type_is_told_by_the_type_it_has() -> None:
    assert texts({"type": "integer"}, "x") == [
        'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'
    ]


def test_a_fraction_in_an_integer_field_draws_a_second_cause_without_a_place() -> None:
    found = texts({"type": "integer"}, 1.5)
    assert found[1:] == [
        (
            '<nil>: Invalid value: "": Checked value must be of type integer (default format) in '
            "spec.a"
        )
    ]


def test_a_whole_float_is_an_integer() -> None:
    assert texts({"type": "integer", "minimum": 2}, 2.0) == []


def test_null_passes_only_where_it_is_nullable() -> None:
    assert texts({"type": "string", "nullable": True}, None) == []
    assert texts({"type": "string"}, None) == [
        'spec.a: Invalid value: "null": spec.a in body must be of type string: "null"'
    ]


def test_null_is_in_no_enum_even_when_listed() -> None:
    field = {"type": "string", "nullable": True, "enum": ["x", None]}
    assert texts(field, None) == ['spec.a: Unsupported value: null: supported values: "x", "null"']


def test_of_several_string_limits_only_the_first_broken_one_is_told() -> None:
    field = {"type": "string", "maxLength": 1, "pattern": "^z"}
    assert texts(field, "ab") == ["spec.a: Too long: may not be more than 1 byte"]


def test_the_same_error_from_two_branches_is_told_once() -> None:
    field = {
        "type": "object",
        "properties": {"x": {"type": "string"}},
        "allOf": [{"required": ["x"]}, {"required": ["x"]}],
    }
    assert texts(field, {}) == [
        "spec.a.x: Required value",
        '<nil>: Invalid value: "": "spec.a" must validate all the schemas (allOf). None validated',
    ]


def test_an_array_passes_for_a_string_with_a_format() -> None:
    assert texts({"type": "string", "format": "date"}, ["x"]) == []
    assert texts({"type": "string"}, ["x"]) != []


def test_unknown_formats_are_ignored() -> None:
    assert texts({"type": "string", "format": "colour"}, "mauve") == []


def test_the_branch_that_came_furthest_explains_a_failed_choice() -> None:
    branches = [
        {"required": ["x"], "properties": {"x": {"minLength": 5}}},
        {"required": ["y"]},
    ]
    field = {
        "type": "object",
        "properties": {"x": {"type": "string"}, "y": {"type": "string"}},
        "oneOf": branches,
    }
    found = texts(field, {"x": "abc"})
    assert found[0].endswith("must validate one and only one schema (oneOf). Found none valid")
    assert found[1:] == [
        'spec.a.x: Invalid value: "abc": spec.a.x in body should be at least 5 chars long'
    ]


def test_rules_are_not_asked_about_an_object_that_misses_something() -> None:
    class Never:
        def evaluate(
            self, value: Any, old: Any, path: str, *, warnings: list[str] | None = None
        ) -> list[Any]:
            raise AssertionError("asked")

    judge = rules(of_spec({"a": {"type": "string"}}, required=["a"]), rules=Never())
    assert causes(judge.create(boat({}))) == [
        [
            "FieldValueInvalid",
            "<nil>",
            (
                "Invalid value: null: some validation rules were not checked because the object "
                "was invalid; correct the existing errors to complete validation"
            ),
        ],
        ["FieldValueRequired", "spec.a", "Required value"],
    ]


def test_rules_are_asked_about_an_object_that_breaks_only_a_pattern() -> None:
    asked: list[Any] = []

    class Evaluator:
        def evaluate(
            self, value: Any, old: Any, path: str, *, warnings: list[str] | None = None
        ) -> list[Any]:
            asked.append((value["spec"], old))
            return []

    judge = rules(of_spec({"a": {"type": "string", "pattern": "^x"}}), rules=Evaluator())
    assert len(judge.create(boat({"a": "y"}))) == 1
    assert asked == [({"a": "y"}, None)]


def test_another_kind_than_that_of_the_resource_is_all_that_is_told() -> None:
    obj = boat({"a": 5}) | {"kind": "Raft"}
    found = rules(of_spec({"a": {"type": "string"}})).create(obj)
    assert [error.text for error in found] == ['kind: Invalid value: "Raft": must be Boat']


@pytest.mark.parametrize(
    ("allowed", "value"), [(1, 1.5), (2.0, 2), ("A", 65)], ids=["cut", "widened", "letter"]
)
def test_enums_compare_as_go_converts(allowed: Any, value: Any) -> None:
    field = {"x-kubernetes-preserve-unknown-fields": True, "enum": [allowed]}
    assert texts(field, value) == []


def test_a_repeated_item_is_told_once_where_it_stands_again() -> None:
    field = {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
    found = compiled(of_spec({"a": field})).lists(boat({"a": ["x", "y", "x", "x"]}))
    assert [error.text for error in found] == ['spec.a[2]: Duplicate value: "x"']


def test_status_is_judged_alone_by_its_own_door() -> None:
    schema = of_spec({"a": {"type": "string"}})
    schema["properties"]["status"] = {"type": "object", "properties": {"r": {"type": "integer"}}}
    old = boat({"a": 5})
    found = rules(schema).update_status({**old, "status": {"r": "x"}}, old)
    assert [error.text for error in found] == [
        'status.r: Invalid value: "string": r in body must be of type integer: "string"'
    ]
