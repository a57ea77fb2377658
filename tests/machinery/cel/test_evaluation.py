"""Rules of whole schemas: transitions, ratcheting, paths, budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.cel.rules import Rules
from tests.machinery.cel.recorded import inside, read, with_rules

if TYPE_CHECKING:
    from fakek8s.machinery.cel.evaluation import Evaluator

UPDATES = read("recorded_updates.json")


def evaluator(schema: dict[str, Any]) -> Evaluator:
    found = Rules().evaluator(schema)
    assert found is not None
    return found


RECORDED = evaluator(UPDATES["schema"])


@pytest.mark.parametrize(
    ("old", "spec", "causes", "warnings", "on_create"), UPDATES["entries"], ids=str
)
def test_an_update_draws_the_causes_and_warnings_of_a_real_server(
    old: dict[str, Any],
    spec: dict[str, Any],
    causes: list[list[str]],
    warnings: list[str],
    on_create: list[list[str]],
) -> None:
    said: list[str] = []
    found = RECORDED.evaluate({**old, "spec": spec}, old, warnings=said)
    assert sorted([e.field, e.reason, e.body] for e in found) == causes
    assert sorted(said) == warnings
    created = RECORDED.evaluate({**old, "spec": spec}, None)
    assert sorted([e.field, e.reason, e.body] for e in created) == on_create


def test_a_schema_without_rules_needs_no_evaluator() -> None:
    assert Rules().evaluator(inside({"type": "string"})) is None


def test_a_rule_at_the_root_sees_name_and_kind_even_if_the_schema_says_nothing() -> None:
    schema = with_rules(
        {"type": "object"}, "self.metadata.name.startsWith('a') && self.kind == 'K'"
    )
    root = evaluator(schema)
    assert root.evaluate({"kind": "K", "metadata": {"name": "abc"}}, None) == []
    (cause,) = root.evaluate({"kind": "K", "metadata": {"name": "b"}}, None)
    assert cause.field == "<nil>"


SQUARE = with_rules(
    {"type": "array", "maxItems": 2000, "items": {"type": "integer"}},
    "self.all(x, self.all(y, x + y >= 0))",
    "self.size() > 0",
)


def test_a_rule_that_costs_too_much_ends_the_evaluation() -> None:
    (cause,) = evaluator(inside(SQUARE)).evaluate({"spec": list(range(1000))}, None)
    assert cause.text == (
        "spec: Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no "
        "further validation rules will be run due to call cost exceeds limit for rule: "
        "self.all(x, self.all(y, x + y >= 0))"
    )


def test_the_same_rule_passes_where_it_is_cheap() -> None:
    assert evaluator(inside(SQUARE)).evaluate({"spec": list(range(100))}, None) == []


def test_rules_share_a_budget() -> None:
    cheap = with_rules({"type": "string"}, "self.size() < 5")
    schema = inside({"type": "array", "items": cheap})
    (cause,) = evaluator(schema).evaluate({"spec": ["a"] * 10}, None, budget=17)
    assert cause.text == (
        'spec[5]: Invalid value: "string": validation failed due to running out of cost budget, no '
        "further validation rules will be run"
    )


@pytest.mark.parametrize(
    ("field_path", "field"),
    [
        (".a", "spec.a"),
        ("['a']", "spec.a"),
        (".m['k.x']", "spec.m[k.x]"),
        (".m.k", "spec.m[k]"),
        ("", "spec"),
    ],
)
def test_a_rule_points_where_its_field_path_says(field_path: str, field: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "m": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    rule = {"rule": "has(self.a)", "fieldPath": field_path}
    (cause,) = evaluator(inside(with_rules(schema, rule))).evaluate({"spec": {}}, None)
    assert cause.field == field
