"""Expressions of policies: what they may name, what they make, what they may cost."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.activation import Activation, Failure, Inputs, OutOfBudget
from fakek8s.machinery.cel.dynamicobjects import (
    OBJECT,
    ObjectValue,
    json_value,
    misnamed,
    native,
)
from fakek8s.machinery.cel.policies import CONDITION, Compiler, Needs
from fakek8s.machinery.cel.values import CelError, Duration, Timestamp

PLAIN = Needs()
PATCHING = Needs(patches=True)
INPUTS = Inputs(object={"data": {"a": "1"}}, old=None, request={"operation": "CREATE"})


def evaluate(text: str, needs: Needs = PLAIN, budget: int = 10_000) -> Any:
    compiled = Compiler(composed=False).compile(text, (), needs, stored=False)
    assert not compiled.error
    return Activation(INPUTS).evaluate(compiled, budget)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("object.data.a", "1"),
        ("oldObject == null", True),
        ("has(request.name)", False),
        ("has(oldObject.data)", False),
        ("request.operation", "CREATE"),
    ],
)
def test_expressions_see_the_write(text: str, value: Any) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("request.name", "no such key: name"),
        ("namespaceObject.metadata.name", "no such key: metadata"),
        ("oldObject.data", "no such key: data"),
    ],
)
def test_what_is_not_there_is_an_error(text: str, problem: str) -> None:
    assert evaluate(text) == Failure(f"expression '{text}' resulted in error: {problem}")


def test_variables_are_evaluated_once_and_only_if_they_are_needed() -> None:
    compiler = Compiler(composed=True)
    compiler.add_variable("one", "1 + 0", Needs(), stored=False)
    compiler.add_variable("bad", "object.nope", Needs(), stored=False)
    fine = compiler.compile("variables.one == 1 || variables.bad", CONDITION, Needs(), stored=False)
    activation = Activation(INPUTS, compiler.variables)
    value, first = activation.evaluate(fine, 1000)
    assert value is True
    _, second = activation.evaluate(fine, 1000)
    assert first < second


def test_variables_have_the_types_of_their_expressions() -> None:
    compiler = Compiler(composed=True)
    compiler.add_variable("text", "'a'", Needs(), stored=False)
    found = compiler.compile("variables.text == 1", CONDITION, Needs(), stored=False)
    assert "no matching overload for '_==_' applied to '(string, int)'" in found.error


def test_a_budget_ends_all() -> None:
    with pytest.raises(OutOfBudget):
        evaluate("[1, 2, 3].all(x, x > 0)", budget=3)


def test_objects_of_any_fields_are_made() -> None:
    made = evaluate("Object{spec: Object.spec{replicas: 1, ?none: optional.none()}}", PATCHING)
    assert isinstance(made, ObjectValue)
    assert native(made) == {"spec": {"replicas": 1}}
    assert misnamed(made) == ""


def test_a_type_s_name_is_the_path_to_where_it_stands() -> None:
    made = evaluate("Object{spec: Object.status{}}", PATCHING)
    assert misnamed(made) == (
        'unexpected type name "Object.status", expected "Object.spec", which matches field name '
        "path from root Object type"
    )


def test_without_patches_there_are_no_objects() -> None:
    found = Compiler(composed=False).compile("Object{}", (OBJECT,), Needs(), stored=False)
    assert "undeclared reference to 'Object'" in found.error


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Timestamp(0), "1970-01-01T00:00:00Z"),
        (Duration(1_500_000_000), "1.5s"),
        (2**60, str(2**60)),
        (b"ab", "YWI="),
        ([True, None, {"a": 1.5}], [True, None, {"a": 1.5}]),
    ],
)
def test_values_of_operations_are_json(value: Any, shown: Any) -> None:
    assert json_value(value) == shown


def test_keys_of_objects_are_texts() -> None:
    with pytest.raises(CelError, match=r'map key "1" is of type types\.Int, not string'):
        native({1: "a"})


def test_a_value_of_the_wrong_type_is_named() -> None:
    compiler = Compiler(composed=False)
    one = compiler.compile("1", CONDITION, Needs(), stored=False)
    assert one.error == "must evaluate to bool but got int"
    several = compiler.compile("1", (t.STRING, t.NULL), Needs(), stored=False)
    assert several.error == "must evaluate to one of [string null_type] but got int"
