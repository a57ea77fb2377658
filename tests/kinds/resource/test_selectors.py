"""Expressions that select devices: which are taken, and what is said of the others."""

from __future__ import annotations

import pytest

from fakek8s.kinds.resource.selectors import expression_rules


@pytest.mark.parametrize(
    "text",
    [
        "device.driver == 'd.example.com'",
        "device.attributes['d.example.com'].model == 'a100'",
        "device.attributes['d.example.com'].healthy",
        "device.capacity['d.example.com'].memory.isGreaterThan(quantity('1Gi'))",
        "cel.bind(d, device.attributes['x'], d.a && d.b)",
        "device.allowMultipleAllocations",
    ],
)
def test_what_devices_have_can_be_asked_for(text: str) -> None:
    assert list(expression_rules(text, "cel")) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("device.nope", "undefined field 'nope'"),
        ("device.driver", "must evaluate to bool or the unknown type, not string"),
        ("1 +", "compilation failed: ERROR: <input>:1:4: Syntax error"),
        ("int('x') == 1", "Internal error: program instantiation failed: type conversion error"),
        ("x" * 10_241, "Too long: may not be more than 10240 bytes"),
        (
            (
                "device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, "
                "device.attributes.all(d, device.driver.matches('(a|b)*')))))"
            ),
            "Forbidden: too complex, exceeds cost limit",
        ),
    ],
)
def test_other_expressions_are_refused(text: str, problem: str) -> None:
    (cause,) = expression_rules(text, "cel")
    assert problem in cause.body
