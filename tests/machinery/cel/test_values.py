"""What expressions evaluate to, against what a real server answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery.cel.counting import CostExceededError
from fakek8s.machinery.cel.decl import Decl, of_schema
from fakek8s.machinery.cel.environment import Environment, Expression
from fakek8s.machinery.cel.rules import Rules
from fakek8s.machinery.cel.types import DYN
from fakek8s.machinery.cel.values import CelError
from tests.machinery.cel.recorded import inside, read, with_rules

VALUES = read("recorded_values.json")


@pytest.mark.parametrize(("expression", "message"), VALUES["entries"])
def test_an_expression_has_the_value_or_the_error_that_a_real_server_gives_it(
    expression: str, message: str
) -> None:
    rule = {
        "rule": f"[{expression}].size() == 0",
        "messageExpression": f"'%s'.format([{expression}])",
        "message": "MSG",
    }
    if Rules().compile(with_rules(VALUES["schema"], rule), resource_root=False)[0].message_error:
        del rule["messageExpression"]
    evaluator = Rules().evaluator(inside(with_rules(VALUES["schema"], rule)))
    assert evaluator is not None
    assert [e.body for e in evaluator.evaluate({"spec": VALUES["data"]}, None)] == [message]


def expression(text: str, **variables: Decl) -> Expression:
    """Compiled with variables of any type."""
    return Environment(variables or {"x": Decl(DYN), "y": Decl(DYN)}).compile(text)


@pytest.mark.parametrize("text", [entry[0] for entry in VALUES["entries"]])
def test_counting_costs_changes_no_value(text: str) -> None:
    decl = of_schema(VALUES["schema"])
    assert decl is not None
    from fakek8s.machinery.cel.rules import environments

    compiled = environments(decl).get(optional_old=False).compile(f"[{text}].size()")
    data = [VALUES["data"], VALUES["data"]]
    try:
        fast = compiled.evaluate(data)
    except CelError as error:
        fast = str(error)
    slow, cost = compiled.evaluate_counting(data, 10**9)
    assert (str(slow) if isinstance(slow, CelError) else slow) == fast
    assert cost <= compiled.max_cost(1 << 16)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_sums_are_exact_or_overflow(left: int, right: int) -> None:
    total = left + right
    if -(2**63) <= total < 2**63:
        assert expression("x + y").evaluate([left, right]) == total
    else:
        with pytest.raises(CelError, match="integer overflow"):
            expression("x + y").evaluate([left, right])


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1).filter(bool))
def test_quotient_and_remainder_make_up_the_dividend(left: int, right: int) -> None:
    if (left, right) != (-(2**63), -1):
        quotient = expression("x / y").evaluate([left, right])
        remainder = expression("x % y").evaluate([left, right])
        assert quotient * right + remainder == left
        assert abs(remainder) < abs(right)


@given(st.lists(st.integers(-9, 9)))
def test_sorting_is_idempotent_and_keeps_the_elements(items: list[int]) -> None:
    twice = Environment({"x": _list_of_int()}).compile("x.sort().sort()").evaluate([items])
    assert twice == sorted(items)


@given(st.lists(st.integers(-3, 3)), st.integers(-3, 3))
def test_macros_agree_with_python(items: list[int], bound: int) -> None:
    environment = Environment({"x": _list_of_int(), "y": Decl(DYN)})
    values = [items, bound]
    for text, wanted in (
        ("x.all(i, i < y)", all(i < bound for i in items)),
        ("x.exists(i, i == y)", bound in items),
        ("x.exists_one(i, i == y)", items.count(bound) == 1),
        ("x.filter(i, i > y)", [i for i in items if i > bound]),
        ("x.map(i, i > 0, i * 2)", [i * 2 for i in items if i > 0]),
        ("x.transformList(n, i, n + i)", [n + i for n, i in enumerate(items)]),
        ("x.distinct()", list(dict.fromkeys(items))),
    ):
        compiled = environment.compile(text)
        assert compiled.evaluate(values) == wanted
        assert compiled.evaluate_counting(values, 10**9)[0] == wanted


def _list_of_int() -> Decl:
    found = of_schema({"type": "array", "items": {"type": "integer"}})
    assert found is not None
    return found


def test_an_evaluation_stops_at_its_limit() -> None:
    compiled = Environment({"x": _list_of_int()}).compile("x.all(i, x.all(j, i + j > -1))")
    value, cost = compiled.evaluate_counting([list(range(50))], 1000)
    assert isinstance(value, CostExceededError)
    assert 1000 < cost < 1020


def test_errors_are_absorbed_only_where_the_other_side_decides() -> None:
    assert expression("1 / x == 1 || y").evaluate([0, True]) is True
    assert expression("y && 1 / x == 1").evaluate([0, False]) is False
    with pytest.raises(CelError, match="division by zero"):
        expression("1 / x == 1 || y").evaluate([0, False])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('quantity("0.3").asApproximateFloat()', 0.30000000000000004),
        ("dyn(x).min()", 1),
        ("dyn(x).max()", 1),
        ("dyn(x).isSorted()", True),
        ('dyn(quantity("1")) != 0', True),
        ('dyn(ip("::1")) != "::1"', True),
        ('timestamp("2023-12-31T23:59:59Z").getFullYear("Local")', 2023),
        ('["a"] in dyn({})', False),
    ],
)
def test_values_without_order_or_hash_and_rounded_twice_are_as_upstream_has_them(
    text: str, value: object
) -> None:
    assert expression(text).evaluate([[1, "a"], None]) == value
