"""Compile errors and estimated costs, against what a real server said."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery.cel import antlr
from fakek8s.machinery.cel.parser import parse
from fakek8s.machinery.cel.report import CompileError
from fakek8s.machinery.cel.rules import Rules
from fakek8s.machinery.structural.rules import (
    CompiledRule,
    RuleScope,
    TotalCost,
    UntypedSchemaError,
    rule_errors,
)
from tests.machinery.cel.recorded import read, with_rules

COMPILED = read("recorded_compile.json")
COSTS = read("recorded_costs.json")


def compiled(schema: dict[str, Any], *rules: str | dict[str, Any]) -> CompiledRule:
    """The first rule's result."""
    return Rules().compile(with_rules(schema, *rules), resource_root=False)[0]


def complaints(schema: dict[str, Any], scope: RuleScope) -> list[str]:
    """All causes' texts of a place, without the rules they quote."""
    found = rule_errors(
        schema,
        "spec",
        scope,
        Rules(),
        resource_root=False,
        known=frozenset(),
        uncorrelated=None,
        ignore_cost=False,
    )
    return sorted(error.body.split('"OptionalOldSelf":null}: ')[-1] for error in found)


def is_said_by_the_generated_parser(messages: list[str]) -> bool:
    return any("Syntax error" in message for message in messages)


@pytest.mark.parametrize(("expression", "messages"), COMPILED["entries"])
def test_an_expression_draws_the_errors_of_a_real_server(
    expression: str, messages: list[str]
) -> None:
    schema = with_rules(COMPILED["schema"], {"rule": expression, "message": "m"})
    assert complaints(schema, RuleScope(TotalCost())) == messages


@pytest.mark.parametrize(
    "expression",
    [e[0] for e in COMPILED["entries"] if is_said_by_the_generated_parser(e[1])],
)
@pytest.mark.usefixtures("without_engine")
def test_what_cannot_be_parsed_is_a_syntax_error_even_if_nobody_else_can_be_asked(
    expression: str,
) -> None:
    assert compiled(COMPILED["schema"], expression).error.startswith(
        "compilation failed: ERROR: <input>:1:"
    )


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Google's CEL weren't installed."""
    monkeypatch.setattr(antlr, "_engine", lambda: None)


@pytest.mark.usefixtures("without_engine")
@pytest.mark.parametrize(
    "expression",
    [
        "self.a ==",
        "has(self.a) ? true",
        "self.s b",
        "[1,2",
        "self.s == 'x' &&",
        "{'a':1",
        "(1 == 2",
    ],
)
def test_ordinary_syntax_errors_are_reported_where_nobody_else_can_be_asked(
    expression: str,
) -> None:
    with pytest.raises(
        CompileError, match=r"Syntax error: (mismatched|extraneous|missing|no viable)"
    ):
        parse(expression)


@pytest.mark.usefixtures("without_engine")
def test_the_mark_of_an_error_is_below_its_place_in_wide_text_too() -> None:
    with pytest.raises(CompileError) as caught:
        parse("'ü' ==")
    assert str(caught.value).split("\n")[1:] == [" | 'ü' ==", " | .\uff0e....^"]


@pytest.mark.parametrize(("which", "expression", "cardinality", "factor"), COSTS["entries"])
def test_estimated_costs_are_those_of_a_real_server(
    which: str, expression: str, cardinality: int, factor: str
) -> None:
    schema = with_rules(COSTS[which], {"rule": expression, "message": "m"})
    found = [c for c in complaints(schema, RuleScope(TotalCost(), cardinality)) if "factor" in c]
    assert [c.split("factor of ")[1].split(" (")[0] for c in found] == ([factor] if factor else [])


def test_a_rule_knows_whether_it_compares_with_the_old_value() -> None:
    schema = {"type": "string", "maxLength": 5}
    assert compiled(schema, "self == oldSelf").uses_old_self
    assert not compiled(schema, "self != 'oldSelf'").uses_old_self
    optional = {"rule": "oldSelf.orValue('') != self", "optionalOldSelf": True}
    assert compiled(schema, optional).uses_old_self


def test_oldself_is_optional_only_where_the_rule_says_so() -> None:
    schema = {"type": "string", "maxLength": 5}
    assert (
        "found no matching overload for 'orValue'"
        in compiled(schema, "oldSelf.orValue('') != self").error
    )


def test_a_message_must_be_text() -> None:
    schema = {"type": "integer"}
    wrong = {"rule": "self > 1", "messageExpression": "self"}
    assert compiled(schema, wrong).message_error == "messageExpression must evaluate to a string"
    broken = {"rule": "self > 1", "messageExpression": "self + 'a'"}
    assert compiled(schema, broken).message_error.startswith(
        "messageExpression compilation failed: ERROR: <input>:1:6: found no matching overload"
    )


def test_values_without_a_type_cannot_have_rules() -> None:
    with pytest.raises(UntypedSchemaError, match="unable to convert structural schema"):
        compiled({"x-kubernetes-preserve-unknown-fields": True}, "true")


def test_only_known_expressions_use_what_is_too_new_for_others() -> None:
    schema = with_rules({"type": "array", "items": {"type": "integer"}}, "self.includes(1)")
    (new,) = Rules().compile(schema, resource_root=False)
    (known,) = Rules().compile(schema, resource_root=False, known=frozenset({"self.includes(1)"}))
    assert "undeclared reference to 'includes'" in new.error
    assert known.error == ""


def test_names_of_objects_are_never_long() -> None:
    schema = with_rules(
        {"type": "object"}, "self.metadata.name.contains(self.metadata.generateName)"
    )
    (result,) = Rules().compile(schema, resource_root=True)
    names = 102 * 101  # a tenth of four bytes for each of 253 and 252 characters, rounded up
    assert result.cost == names + 6


TOO_DEEP = "ERROR: <input>:-1:0: expression recursion limit exceeded: 250"
TOO_LONG = "ERROR: <input>:-1:0: max recursion depth exceeded"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(" * 249 + "true" + ")" * 249, ""),
        ("(" * 250 + "true" + ")" * 250, TOO_DEEP),
        ("[" * 251 + "]" * 251 + " == []", TOO_DEEP),
        (" + ".join(["1"] * 250) + " == 1", ""),
        (" + ".join(["1"] * 251) + " == 1", TOO_LONG),
        ("self" + ".trim()" * 249 + " == 'a'", ""),
        ("self" + ".trim()" * 250 + " == 'a'", TOO_LONG),
        (" && ".join(["self != 'x'"] * 2000), ""),
        ("!" * 501 + "true", ""),
    ],
    ids=lambda value: f"{value[:12]}x{len(value)}",
)
def test_expressions_nest_as_deep_as_upstream_allows(expression: str, message: str) -> None:
    found = compiled({"type": "string", "maxLength": 5}, expression).error
    assert found == (f"compilation failed: {message}" if message else "")


def test_deep_expressions_are_evaluated_too() -> None:
    text = " + ".join(["self.size()"] * 240) + " == 240"
    evaluator = Rules().evaluator(with_rules({"type": "string", "maxLength": 5}, text))
    assert evaluator is not None
    assert evaluator.evaluate("a", None, "spec") == []
    assert len(evaluator.evaluate("ab", None, "spec")) == 1


@pytest.mark.usefixtures("without_engine")
def test_where_there_is_no_text_there_is_no_first_column() -> None:
    with pytest.raises(CompileError) as caught:
        parse("")
    assert str(caught.value).startswith("ERROR: <input>:1:0: Syntax error: mismatched input")
    assert "\n" not in str(caught.value)
