"""Paths into schemas."""

from __future__ import annotations

import pytest

from fakek8s.machinery.structural.fieldpath import FieldPathError, follow
from tests.machinery.structural.schemas import of_spec

SCHEMA = of_spec(
    {
        "a b": {"type": "string"},
        "m": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
)


def test_fields_and_map_keys_are_followed() -> None:
    assert follow(".spec['a b']", SCHEMA) == ("spec.a b", {"type": "string"})
    assert follow(".spec.m.any", SCHEMA) == ("spec.m[any]", {"type": "integer"})


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("spec", "expected [ or . but got: spec"),
        (".spec.x", "does not refer to a valid field"),
        (".spec.", "unexpected end of JSON path"),
        (".spec[a]", "expected single quoted string but got a"),
        (".spec['a b'", "unexpected end of JSON path"),
        (r".spec['\q']", r"invalid string literal: invalid escape char \q"),
    ],
)
def test_a_wrong_path_is_explained(path: str, problem: str) -> None:
    with pytest.raises(FieldPathError) as error:
        follow(path, SCHEMA)
    assert str(error.value) == problem


def test_selectable_fields_can_t_use_brackets() -> None:
    with pytest.raises(FieldPathError, match="array notation is not allowed"):
        follow(".spec['a b']", SCHEMA, arrays=False)
