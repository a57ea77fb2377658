"""What goes and what stays of fields that a schema doesn't know."""

from __future__ import annotations

from typing import Any

from tests.machinery.structural.schemas import boat, compiled, of_spec

PRESERVE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def coerced(fields: dict[str, Any], spec: Any) -> tuple[Any, list[str]]:
    obj = boat(spec)
    unknown = compiled(of_spec(fields)).coerce(obj, strict=True)
    return obj["spec"], unknown


def test_unknown_fields_go_and_their_paths_are_told_in_order() -> None:
    fields = {"l": {"type": "array", "items": {"type": "object", "properties": {}}}}
    assert coerced(fields, {"z": 1, "l": [{}, {"b": 1, "a": 1}]}) == (
        {"l": [{}, {}]},
        ["spec.l[1].a", "spec.l[1].b", "spec.z"],
    )


def test_specified_fields_are_pruned_inside_a_preserving_object() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}}
    kept, unknown = coerced(
        {"p": {**PRESERVE, "properties": {"in": inner}}},
        {"p": {"any": {"thing": 1}, "in": {"x": "1", "y": 2}}},
    )
    assert kept == {"p": {"any": {"thing": 1}, "in": {"x": "1"}}}
    assert unknown == ["spec.p.in.y"]


def test_free_maps_keep_their_keys_but_not_what_their_maps_hold() -> None:
    fields = {"m": {"type": "object", "additionalProperties": True}}
    assert coerced(fields, {"m": {"a": 1, "b": {"c": 2}}}) == (
        {"m": {"a": 1, "b": {}}},
        ["spec.m.b.c"],
    )


def test_null_goes_unless_it_is_nullable_or_has_a_default() -> None:
    fields = {
        "a": {"type": "string"},
        "b": {"type": "string", "nullable": True},
        "c": {"type": "string", "default": "x"},
        "p": PRESERVE,
    }
    kept, unknown = coerced(fields, {"a": None, "b": None, "c": None, "p": {"q": None}})
    assert kept == {"b": None, "c": None, "p": {"q": None}}
    assert unknown == []


def test_the_type_and_metadata_of_an_object_are_never_pruned() -> None:
    obj = boat({}, more=1)
    assert compiled({"type": "object"}).coerce(obj, strict=True) == ["more", "spec"]
    assert sorted(obj) == ["apiVersion", "kind", "metadata"]


def test_metadata_keeps_what_object_meta_has() -> None:
    obj = boat({}) | {"metadata": {"labels": {"a": "b"}, "name": "b", "labelz": 1}}
    assert compiled(of_spec({})).decode(obj, strict=True) == ["metadata.labelz"]
    assert obj["metadata"] == {"name": "b", "labels": {"a": "b"}}


def test_what_is_wrong_in_stored_metadata_is_dropped_field_by_field() -> None:
    obj = boat({}) | {"metadata": {"name": "b", "labels": {"a": 5}}}
    compiled(of_spec({})).decode(obj, stored=True)
    assert obj["metadata"] == {"name": "b"}
