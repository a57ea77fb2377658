"""The example in CONTRIBUTING is code that works."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fakek8s.kind import Behaviour

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def example() -> Behaviour:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    module: dict[str, Any] = {"__name__": "example"}
    exec(compile(found[1], "CONTRIBUTING.md", "exec"), module)
    kind = module["KIND"]
    assert isinstance(kind, Behaviour)
    return kind


def test_the_default_of_the_example_fills_only_what_is_empty() -> None:
    (defaults,) = example().defaults
    empty: dict[str, Any] = {}
    given = {"preemptionPolicy": "Never"}
    defaults(empty)
    defaults(given)
    assert (empty["preemptionPolicy"], given["preemptionPolicy"]) == (
        "PreemptLowerPriority",
        "Never",
    )


def test_the_rule_of_the_example_holds_on_updates_alone() -> None:
    (rule,) = example().main.rules
    created: Any = SimpleNamespace(old=None)
    updated: Any = SimpleNamespace(old={"value": 1})
    assert list(rule({"value": 2}, created)) == []
    assert [error.text for error in rule({"value": 2}, updated)] == [
        "value: Forbidden: may not be changed in an update."
    ]
