"""CEL as Kubernetes has it: types, libraries, costs, rules of schemas, expressions of policies.

Nothing heavy is imported here. `rules.Rules` serves structural/rules.py (RuleCompiler and
RuleEvaluators); `environment.Environment` is what everything compiles in, policies too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fakek8s.machinery.cel.rules import Rules

__all__ = ["PER_CALL_LIMIT", "RUNTIME_COST_BUDGET", "schema_rules"]

#: Cost units that one evaluation may spend (apiserver pkg/apis/cel PerCallLimit).
PER_CALL_LIMIT: Final = 1_000_000
#: Cost units that the rules of one object may spend together (RuntimeCELCostBudget).
RUNTIME_COST_BUDGET: Final = 10_000_000


def schema_rules() -> Rules:
    """The compiler and the evaluators of x-kubernetes-validations, imported on first use."""
    from fakek8s.machinery.cel.rules import Rules

    return Rules()
