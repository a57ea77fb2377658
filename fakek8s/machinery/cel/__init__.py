"""CEL as Kubernetes has it: the protocols that schemas and policies compile and evaluate through.

Nothing heavy is imported here. `rule_compiler()` gives the implementation, on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.machinery.causes import FieldError

__all__ = [
    "Correlation",
    "CostBudget",
    "RuleCompiler",
    "RuleSet",
    "SchemaContext",
    "rule_compiler",
]

Object = dict[str, Any]

#: Cost units that the rules of one object may spend (apis/cel RuntimeCELCostBudget).
RUNTIME_COST_BUDGET = 10_000_000


class Correlation(Protocol):
    """A new value beside the old one it came from (pkg/cel/common CorrelatedObject)."""

    def member(self, name: str) -> Correlation | None:
        """The field or map entry of that name, None where it can't be correlated."""
        ...

    def item(self, number: int) -> Correlation | None:
        """The item of a list map, None where it can't be correlated."""
        ...

    def unchanged(self) -> bool:
        """Whether new and old are equal."""
        ...


class CostBudget(Protocol):
    """What is left of a cost budget; several rule sets may share one."""

    left: int


class RuleSet(Protocol):
    """The x-kubernetes-validations of a whole schema, compiled."""

    def evaluate(
        self,
        obj: Any,
        old: Any = None,
        *,
        path: str = "",
        correlation: Correlation | None = None,
        warnings: list[str] | None = None,
        budget: CostBudget | None = None,
    ) -> list[FieldError]:
        """The causes, in upstream's order (schema/cel Validator.Validate).

        old: None at creation. path: "" for the root, whose causes say `<nil>`.
        correlation: set on update, errors of unchanged values then go to `warnings`.
        """
        ...


class SchemaContext(Protocol):
    """One place in a schema while a CustomResourceDefinition is checked (CELSchemaContext)."""

    def property(self, name: str, schema: Object) -> SchemaContext:
        """The place of a property."""
        ...

    def items(self, schema: Object) -> SchemaContext:
        """The place of a list's items."""
        ...

    def additional(self, schema: Object) -> SchemaContext:
        """The place of additionalProperties."""
        ...

    def check(
        self, path: str, *, uncorrelatable: str | None = None, suppress_cost: bool = False
    ) -> list[FieldError]:
        """Compile errors and costs of the rules here, if nothing is wrong here and below.

        uncorrelatable: the place above under which oldSelf can't be used, None if there's none.
        suppress_cost: leave out the limit per expression (schemas unchanged by an update).
        """
        ...

    def total(self, path: str) -> list[FieldError]:
        """After all checks, at the root: what exceeds the limit for the whole schema."""
        ...


class RuleCompiler(Protocol):
    """Everything a schema's owner asks of CEL."""

    def rule_errors(self, schema: Object, path: str) -> list[FieldError]:
        """What is wrong with the rules at one node without looking at their expressions."""
        ...

    def context(self, schema: Object) -> SchemaContext:
        """The root of a version's schema (RootCELContext)."""
        ...

    def compile(self, schema: Object, *, is_root: bool = True) -> RuleSet | None:
        """The rules of a schema and of everything below, None if there are none.

        is_root: of a custom resource (apiVersion, kind and metadata names are known then).
        """
        ...

    def field_path(self, schema: Object, path: str) -> tuple[str, Sequence[Any]] | None:
        """A rule's fieldPath as an error names it, None if it leads nowhere in the schema."""
        ...


def rule_compiler() -> RuleCompiler:
    """The implementation; importing it takes some milliseconds, so ask when there are rules."""
    from fakek8s.machinery.cel.crd import Compiler

    return Compiler()
