"""Laws that hold for every schema and every value."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural.correlate import Correlated
from fakek8s.machinery.structural.explain import explain
from fakek8s.machinery.structural.node import read
from fakek8s.machinery.structural.quick import compile_check
from tests.machinery.structural.schemas import boat, compiled, of_spec

Strategy = st.SearchStrategy[Any]

NAMES = st.sampled_from(("a", "b", "c", "d"))
SCALARS: Strategy = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from((0.5, 1.5, -2.5, 3.0)),
    st.text("abc", max_size=4),
)
VALUES: Strategy = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(NAMES, below, max_size=3)),
    max_leaves=12,
)


def optional(**fields: Strategy) -> Strategy:
    return st.fixed_dictionaries({}, optional=fields)


LIMITS = st.integers(0, 3)
STRING = optional(maxLength=LIMITS, minLength=LIMITS, pattern=st.sampled_from(("^a", "b$", "c")))
#: No fraction as multipleOf: upstream reads it as a whole number where the value is one.
NUMBER = optional(
    minimum=st.integers(-3, 3), maximum=st.integers(-3, 3), multipleOf=st.sampled_from((1, 2))
)
ENUM = optional(enum=st.lists(st.sampled_from(("a", "ab", 1, 2, 1.5)), min_size=1, max_size=3))


def typed(kind: str, more: Strategy) -> Strategy:
    return st.builds(lambda a, b: {"type": kind, **a, **b}, more, ENUM)


LEAVES = st.one_of(
    typed("string", STRING),
    typed("integer", NUMBER),
    typed("number", NUMBER),
    st.just({"type": "boolean"}),
)


def _containers(below: Strategy) -> Strategy:
    array = st.builds(
        lambda items, more: {"type": "array", "items": items, **more},
        below,
        optional(minItems=LIMITS, maxItems=LIMITS),
    )
    struct = st.builds(
        lambda fields, more: {"type": "object", "properties": fields, **more},
        st.dictionaries(NAMES, below, min_size=1, max_size=3),
        optional(required=st.lists(NAMES, unique=True, max_size=2), maxProperties=LIMITS),
    )
    mapping = st.builds(lambda inner: {"type": "object", "additionalProperties": inner}, below)
    return st.one_of(array, struct, mapping)


PLAIN = st.recursive(LEAVES, _containers, max_leaves=8)


def _kubernetes(below: Strategy) -> Strategy:
    """What only Kubernetes knows, around any schema."""
    extras = optional(
        nullable=st.just(True),
        oneOf=st.lists(STRING, min_size=1, max_size=2),
        anyOf=st.lists(NUMBER, min_size=1, max_size=2),
        allOf=st.lists(STRING, min_size=1, max_size=2),
        default=SCALARS,
        format=st.sampled_from(("date", "int32", "odd")),
    )
    keep = st.sampled_from(({}, {"x-kubernetes-preserve-unknown-fields": True}))
    return st.builds(lambda schema, more, kept: {**schema, **more, **kept}, below, extras, keep)


RICH = st.recursive(
    _kubernetes(LEAVES), lambda below: _kubernetes(_containers(below)), max_leaves=8
)


@given(RICH, VALUES)
@settings(max_examples=300)
def test_the_quick_check_says_yes_exactly_when_there_is_nothing_to_explain(
    schema: Any, value: Any
) -> None:
    node = read(schema)
    check = compile_check(node)
    assert (check is None or check(value)) is explain(node, value, "").valid


@given(RICH, VALUES)
@settings(max_examples=200)
def test_pruning_twice_prunes_no_more_than_pruning_once(schema: Any, value: Any) -> None:
    held = compiled(of_spec({"a": schema}))
    obj = boat({"a": value, "z": value})
    held.coerce(obj)
    once = clone(obj)
    assert held.coerce(obj, strict=True) == []
    assert obj == once


@given(RICH, VALUES)
@settings(max_examples=200)
def test_filling_in_twice_fills_in_no_more_than_once(schema: Any, value: Any) -> None:
    held = compiled(of_spec({"a": schema}))
    obj = boat({"a": value})
    held.coerce(obj)
    held.default(obj)
    once = clone(obj)
    held.default(obj)
    assert obj == once


@given(PLAIN, VALUES)
@settings(max_examples=200)
def test_valid_defaults_never_make_a_valid_object_invalid(schema: Any, value: Any) -> None:
    field = {**schema, "default": value}
    held = compiled(of_spec({"a": field, "b": {"type": "string"}}))
    obj = boat({"b": "x"})
    assert held.validate(obj) == []
    if not compiled(of_spec({"a": schema})).validate(boat({"a": value})):
        held.default(obj)
        assert held.validate(obj) == []


@given(PLAIN, VALUES)
@settings(max_examples=200)
def test_an_update_that_changes_nothing_in_the_spec_is_let_through(schema: Any, value: Any) -> None:
    held = compiled(of_spec({"a": schema}))
    old = boat({"a": value})
    held.coerce(old)
    new = {**clone(old), "metadata": {"name": "b", "labels": {"x": "y"}}}
    if "a" in old["spec"]:
        assert held.validate_update(new, old) == []


@given(RICH, VALUES, VALUES)
@settings(max_examples=200)
def test_an_update_never_draws_more_than_a_create(schema: Any, old: Any, new: Any) -> None:
    node = read(of_spec({"a": schema}))
    before = Correlated(node, boat({"a": new}), boat({"a": old}))
    created = {f.text for f in explain(node, boat({"a": new}), "").failures}
    updated = {f.text for f in explain(node, boat({"a": new}), "", before).failures}
    assert updated <= created


def without_enum(schema: Any) -> Any:
    """The same keywords as in JSON Schema, but for enums, which need equal types there."""
    made = {k: v for k, v in schema.items() if k != "enum"}
    for name in ("items", "additionalProperties"):
        if name in made:
            made[name] = without_enum(made[name])
    if "properties" in made:
        made["properties"] = {k: without_enum(v) for k, v in made["properties"].items()}
    if not made.get("required", True):
        del made["required"]
    return made


@given(PLAIN, VALUES)
@settings(max_examples=300)
def test_plain_keywords_mean_what_json_schema_says(schema: Any, value: Any) -> None:
    plain = without_enum(schema)
    # Draft 6 and later take 1.0 for an integer, as upstream does.
    expected = jsonschema.Draft7Validator(plain).is_valid(value)
    assert explain(read(plain), value, "").valid is expected
