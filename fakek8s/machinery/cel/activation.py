"""Evaluation of a policy's expressions for one request: values, variables, budgets.

Upstream: apiserver pkg/admission/plugin/cel (activation.go, composition.go).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import PER_CALL_LIMIT, RUNTIME_COST_BUDGET
from fakek8s.machinery.cel.counting import CostExceededError
from fakek8s.machinery.cel.policies import VariableReader
from fakek8s.machinery.cel.values import CelError, no_such_overload
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.machinery.cel.environment import Expression
    from fakek8s.machinery.cel.policies import Compiled, Needs

__all__ = ["MATCH_BUDGET", "Activation", "Failure", "Inputs", "OutOfBudget"]

#: RuntimeCELCostBudgetMatchConditions.
MATCH_BUDGET: Final = RUNTIME_COST_BUDGET // 4

Object = dict[str, Any]


class OutOfBudget(Exception):
    """Nothing more of this is evaluated."""

    def __init__(self) -> None:
        super().__init__(
            "validation failed due to running out of cost budget, no further validation rules "
            "will be run"
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """What stands for the value of an expression that has none."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The values that expressions see. authorizer: None where there is none."""

    object: Object | None
    old: Object | None
    request: Object
    namespace: Object | None = None
    params: Object | None = None
    authorizer: Any = None
    request_resource: Any = None


class Activation(VariableReader):
    """One evaluation of several expressions, which share the variables that they need."""

    __slots__ = ("_cost", "_inputs", "_known", "_variables")

    def __init__(self, inputs: Inputs, variables: Mapping[str, Compiled] | None = None) -> None:
        self._inputs = inputs
        self._variables = variables
        self._known: dict[str, Any] = {}
        self._cost = 0  # of variables since the last expression

    def evaluate(self, compiled: Compiled, budget: int) -> tuple[Any, int]:
        """(the value or a Failure, what is left of the budget); raises OutOfBudget."""
        if compiled.expression is None:
            return Failure(f"compilation error: {compiled.error}"), budget
        value, cost = self._run(compiled.expression, compiled.needs)
        cost, self._cost = cost + self._cost, 0
        if cost > budget:
            raise OutOfBudget
        if isinstance(value, CelError | CostExceededError):
            value = Failure(f"expression '{compiled.text}' resulted in error: {value}")
        return value, budget - cost

    def _run(self, expression: Expression, needs: Needs) -> tuple[Any, int]:
        try:
            return expression.evaluate_counting(self._values(needs), PER_CALL_LIMIT)
        except (AttributeError, TypeError):
            # A value of another type than declared: only dynamic ones can be.
            return no_such_overload(), 0

    def _values(self, needs: Needs) -> Sequence[Any]:
        inputs = self._inputs
        found: list[Any] = [inputs.object, inputs.old, inputs.namespace, inputs.request]
        if needs.params:
            found.append(inputs.params)
        if needs.authorizer:
            found += [inputs.authorizer, inputs.request_resource]
        if self._variables is not None:
            found.append(self)
        return found

    def read(self, name: str) -> Any:
        """A variable's value, evaluated when it is first asked for; raises CelError."""
        if name not in self._known:
            self._known[name] = CelError(f"variable {quote(name)} refers to itself")
            self._known[name] = self._variable(name)
        value = self._known[name]
        if isinstance(value, CelError):
            raise value
        return value

    def _variable(self, name: str) -> Any:
        assert self._variables is not None
        compiled = self._variables[name]
        if compiled.expression is None:
            return CelError(f"composited variable {quote(name)} fails to compile: {compiled.error}")
        if self._inputs.authorizer is None and compiled.expression.uses("authorizer"):
            value: Any = CelError("no such attribute(s): authorizer")
        else:
            value, cost = self._run(compiled.expression, compiled.needs)
            self._cost += cost
        if isinstance(value, CelError | CostExceededError):
            return CelError(f"composited variable {quote(name)} fails to evaluate: {value}")
        return value
