"""Where defaults go, and where they don't."""

from __future__ import annotations

from typing import Any

from tests.machinery.structural.schemas import boat, compiled, of_spec

NAMED = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}


def filled(fields: dict[str, Any], spec: Any) -> Any:
    obj = boat(spec)
    compiled(of_spec(fields)).default(obj)
    return obj["spec"]


def test_nothing_is_filled_into_an_object_that_isn_t_there() -> None:
    assert filled({"o": NAMED}, {}) == {}
    assert filled({"o": NAMED}, {"o": {}}) == {"o": {"a": "x"}}


def test_a_default_is_filled_further_by_the_defaults_inside() -> None:
    assert filled({"o": {**NAMED, "default": {}}}, {}) == {"o": {"a": "x"}}


def test_items_and_map_values_are_filled() -> None:
    fields = {
        "l": {"type": "array", "items": NAMED},
        "m": {"type": "object", "additionalProperties": NAMED},
    }
    assert filled(fields, {"l": [{}], "m": {"k": {}}}) == {
        "l": [{"a": "x"}],
        "m": {"k": {"a": "x"}},
    }


def test_null_is_replaced_unless_it_is_nullable() -> None:
    fields = {
        "a": {"type": "string", "default": "x"},
        "b": {"type": "string", "default": "x", "nullable": True},
    }
    assert filled(fields, {"a": None, "b": None}) == {"a": "x", "b": None}


def test_filled_objects_don_t_share_their_defaults() -> None:
    schema = compiled(of_spec({"l": {"type": "array", "items": {}, "default": [1]}}))
    first, second = boat({}), boat({})
    schema.default(first)
    schema.default(second)
    first["spec"]["l"].append(2)
    assert second["spec"]["l"] == [1]


def test_a_schema_without_defaults_never_changes_what_is_read() -> None:
    assert not compiled(of_spec({"a": {"type": "string"}})).changes_on_read
    assert compiled(of_spec({"o": NAMED})).changes_on_read
