"""What this package needs of CEL, which lives elsewhere: a compiler of rules and their evaluator.

The compiler judges the rules of one place in a schema; how errors and costs become causes is
here. Upstream: apiextensions pkg/apis/apiextensions/validation (cel_validation.go and the end of
ValidateCustomResourceDefinitionOpenAPISchema).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from fakek8s.machinery.causes import (
    FieldError,
    child,
    forbidden,
    index,
    internal,
    invalid,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CompiledRule",
    "RuleCompiler",
    "RuleEvaluator",
    "RuleEvaluators",
    "RuleScope",
    "TotalCost",
    "UntypedSchemaError",
    "rule_errors",
    "rule_shown",
]

Object = dict[str, Any]

#: Upstream's limits on estimated costs, of one expression and of a whole schema.
EXPRESSION_LIMIT: Final = 10_000_000
SCHEMA_LIMIT: Final = 100_000_000
_MAX_UINT: Final = 2**64 - 1
_ADVICE: Final = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, "
    "maps, and strings are declared)"
)


class UntypedSchemaError(ValueError):
    """The schema can't be given a CEL type; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """What compiling one x-kubernetes-validations rule found (cel.CompilationResult).

    error: the text of what is wrong with `rule`, "" if nothing; missing: the error is that there
    is no rule. message_error: the same for `messageExpression`. cost, message_cost: the most that
    one evaluation may cost (units of CEL cost; message_cost None without an expression).
    cardinality: how often the place may occur in an object as far as its own type tells, used
    where the schema around it sets no bound. uses_old_self: `oldSelf` occurs in the rule.
    """

    error: str = ""
    missing: bool = False
    message_error: str = ""
    cost: int = 0
    message_cost: int | None = None
    cardinality: int = 1
    uses_old_self: bool = False


class RuleCompiler(Protocol):
    """Compiles the rules of one place in a schema."""

    def compile(
        self, schema: Object, *, resource_root: bool, known: frozenset[str]
    ) -> Sequence[CompiledRule]:
        """One result per entry of `schema["x-kubernetes-validations"]`, in order.

        schema: a JSONSchemaProps in JSON form. resource_root: it is that of a whole object (the
        root, an embedded resource), so apiVersion, kind and metadata.name are there. known:
        expressions that the old object already had, which may use what new ones may not.
        Raises UntypedSchemaError.
        """


class RuleEvaluator(Protocol):
    """Evaluates all rules of a schema on one object (cel.Validator)."""

    def evaluate(
        self, value: Any, old: Any, path: str, *, warnings: list[str] | None = None
    ) -> list[FieldError]:
        """The causes of rules that fail, for the schema this evaluator was made for.

        old: the value before (None on create), with which transition rules and ratcheting work.
        path: where the value stands, "" for a whole object. warnings: takes what is wrong with
        values that the update left alone.
        """


class RuleEvaluators(Protocol):
    """Makes evaluators; kept apart from compiling since only defaults and objects need them."""

    def __call__(self, schema: Object, *, resource_root: bool) -> RuleEvaluator | None:
        """The evaluator of a schema's rules, None if it has none."""


@dataclass(slots=True)
class TotalCost:
    """The sum for a whole schema and its most expensive expressions (at most four)."""

    total: int = 0
    most: list[tuple[int, str]] = field(default_factory=list)

    def observe(self, path: str, cost: int) -> None:
        """Counts one expression."""
        self.total = min(self.total + cost, _MAX_UINT)
        if cost >= SCHEMA_LIMIT // 100:
            self.most.append((cost, path))
            self.most.sort(key=lambda entry: -entry[0])
            del self.most[4:]

    def errors(self, path: str) -> list[FieldError]:
        """What a schema at `path` draws that is too expensive as a whole."""
        if self.total <= SCHEMA_LIMIT:
            return []
        share = (
            "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 "
            "schema"
        )
        found = [forbidden(where, share) for _, where in self.most]
        what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        return [*found, forbidden(path, _too_expensive(what, self.total, SCHEMA_LIMIT))]


@dataclass(frozen=True, slots=True)
class RuleScope:
    """Where in a schema one is: how often this place may occur (None = no bound)."""

    total: TotalCost
    cardinality: int | None = 1

    def below(self, schema: Object) -> RuleScope:
        """The scope of what is inside `schema`."""
        factor = _elements(schema)
        if self.cardinality is None or factor is None:
            return RuleScope(self.total, None)
        return RuleScope(self.total, _times(self.cardinality, factor))


def _elements(schema: Object) -> int | None:
    kind = schema.get("type", "")
    if kind == "object" and "additionalProperties" in schema:
        limit = schema.get("maxProperties")
    elif kind == "array":
        limit = schema.get("maxItems")
    else:
        return 1
    return None if limit is None else max(limit, 0)


def _times(cost: int, cardinality: int) -> int:
    return min(cost * cardinality, _MAX_UINT)


def _too_expensive(what: str, cost: int, limit: int) -> str:
    factor = cost / limit
    if factor > 100:
        times = "more than 100x"
    else:
        times = f"{factor:.6f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {times} {_ADVICE}"


def rule_shown(rule: Object) -> Object:
    """A rule as Go prints the internal type."""
    return {
        "Rule": rule.get("rule", ""),
        "Message": rule.get("message", ""),
        "MessageExpression": rule.get("messageExpression", ""),
        "Reason": rule.get("reason"),
        "FieldPath": rule.get("fieldPath", ""),
        "OptionalOldSelf": rule.get("optionalOldSelf"),
    }


def rule_errors(
    schema: Object,
    path: str,
    scope: RuleScope,
    compiler: RuleCompiler,
    *,
    resource_root: bool,
    known: frozenset[str],
    uncorrelated: str | None,
    ignore_cost: bool,
) -> list[FieldError]:
    """The causes that the rules of one place draw.

    uncorrelated: the path of the list or map within which old and new can't be matched, None if
    they can. ignore_cost: the schema is as it was, so single costs aren't judged again.
    """
    base = child(path, "x-kubernetes-validations")
    try:
        results = compiler.compile(schema, resource_root=resource_root, known=known)
    except UntypedSchemaError as error:
        what = "internal error: failed to construct type information for"
        return [internal(base, f"{what} x-kubernetes-validations rules: {error}")]
    found: list[FieldError] = []
    for number, (rule, result) in enumerate(
        zip(schema["x-kubernetes-validations"], results, strict=True)
    ):
        at = index(base, number)
        where = child(at, "rule")
        bound = result.cardinality if scope.cardinality is None else scope.cardinality
        cost = _times(result.cost, bound)
        if not ignore_cost and cost > EXPRESSION_LIMIT:
            text = _too_expensive("estimated rule cost", cost, EXPRESSION_LIMIT)
            found.append(forbidden(where, text))
        scope.total.observe(where, cost)
        if result.error:
            found.append(
                required(where, result.error)
                if result.missing
                else invalid(where, rule_shown(rule), result.error)
            )
        found += _message_errors(rule, result, at, scope, ignore_cost=ignore_cost)
        if result.uses_old_self:
            if uncorrelated is not None:
                text = "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                found.append(invalid(where, rule["rule"], text + uncorrelated))
        elif rule.get("optionalOldSelf") is not None:
            text = "may not be set if oldSelf is not used in rule"
            found.append(invalid(child(at, "optionalOldSelf"), rule["optionalOldSelf"], text))
    return found


def _message_errors(
    rule: Object, result: CompiledRule, at: str, scope: RuleScope, *, ignore_cost: bool
) -> list[FieldError]:
    where = child(at, "messageExpression")
    if result.message_error:
        return [invalid(where, rule_shown(rule), result.message_error)]
    cost = result.message_cost
    if cost is None:
        return []
    scope.total.observe(where, cost)
    if ignore_cost or cost <= EXPRESSION_LIMIT:
        return []
    text = _too_expensive("estimated messageExpression cost", cost, EXPRESSION_LIMIT)
    return [forbidden(where, text)]
