"""x-kubernetes-validations: compiling the rules of a place, evaluating those of a whole schema.

Upstream: apiextensions pkg/apiserver/schema/cel (compilation.go, validation.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel.decl import MAX_REQUEST, Decl, named, of_schema
from fakek8s.machinery.cel.environment import CompileError, Environment, Expression
from fakek8s.machinery.cel.fieldpath import FieldPathError, resolve
from fakek8s.machinery.cel.types import BOOL, STRING, optional_of
from fakek8s.machinery.structural.rules import CompiledRule, UntypedSchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.machinery.cel.evaluation import Evaluator

__all__ = ["Rule", "Rules", "compile_rule", "environments"]

Object = dict[str, Any]

VALIDATIONS: Final = "x-kubernetes-validations"
#: What a place's own type is called in errors; upstream's ends in a number that changes.
_SELF_TYPE: Final = "selfType1"


class Rule:
    """One rule, compiled. error: why it can't be evaluated; empty: there is no expression."""

    __slots__ = (
        "empty", "error", "expression", "field_path", "message", "message_error", "optional_old",
        "reason", "text", "uses_old",
    )  # fmt: skip

    def __init__(self, source: Object) -> None:
        text = source.get("rule", "")
        self.text: str = text.strip()
        self.empty = not self.text
        self.error = ""
        self.expression: Expression | None = None
        self.message: Expression | None = None
        self.message_error = ""
        self.optional_old = bool(source.get("optionalOldSelf"))
        self.uses_old = False
        self.reason: str | None = source.get("reason")
        self.field_path = ""


class Environments:
    """The environments of one place: oldSelf as a value and as an optional."""

    def __init__(self, decl: Decl, *, stored: bool) -> None:
        structs: dict[str, Decl] = {}
        self.decl = named(decl, _SELF_TYPE, structs)
        self._structs = structs
        self._stored = stored
        self._made: dict[bool, Environment] = {}

    def get(self, *, optional_old: bool) -> Environment:
        found = self._made.get(optional_old)
        if found is None:
            old = self.decl
            if optional_old:
                # Sizes are looked up by path, which goes through the optional unseen.
                old = Decl(
                    optional_of(old.type), old.max_elements, old.min_size, old.fields, old.key,
                    old.element,
                )  # fmt: skip
            variables = {"self": self.decl, "oldSelf": old}
            found = Environment(variables, self._structs, stored=self._stored)
            self._made[optional_old] = found
        return found


def environments(decl: Decl, *, stored: bool = False) -> Environments:
    """The environments of a place of that type."""
    return Environments(decl, stored=stored)


def compile_rule(source: Object, schema: Object, places: Environments) -> Rule:
    """One rule of a place (compileRule)."""
    rule = Rule(source)
    if rule.empty:
        return rule
    environment = places.get(optional_old=rule.optional_old)
    try:
        expression = environment.compile(source["rule"])
    except CompileError as error:
        rule.error = f"compilation failed: {error}"
        return rule
    if expression.type != BOOL:
        rule.error = "cel expression must evaluate to a bool"
        return rule
    rule.uses_old = expression.uses("oldSelf")
    if broken := expression.planning_error():
        rule.error = f"program instantiation failed: {broken}"
        return rule
    rule.expression = expression
    if source.get("messageExpression"):
        _compile_message(rule, source["messageExpression"], environment)
        if rule.message_error:
            return rule
    if source.get("fieldPath"):
        try:
            rule.field_path, _ = resolve(source["fieldPath"], schema)
        except FieldPathError:
            rule.field_path = ""
    return rule


def _compile_message(rule: Rule, text: str, environment: Environment) -> None:
    try:
        message = environment.compile(text)
    except CompileError as error:
        rule.message_error = f"messageExpression compilation failed: {error}"
        return
    if message.type != STRING:
        rule.message_error = "messageExpression must evaluate to a string"
        return
    if broken := message.planning_error():
        rule.message_error = f"messageExpression instantiation failed: {broken}"
        return
    rule.message = message


class Rules:
    """RuleCompiler and RuleEvaluators of structural/rules.py."""

    def compile(
        self, schema: Object, *, resource_root: bool, known: frozenset[str] = frozenset()
    ) -> Sequence[CompiledRule]:
        """What is to say about each rule of a place, in order. Raises UntypedSchemaError."""
        decl = of_schema(schema, root=resource_root)
        if decl is None:
            raise UntypedSchemaError("unable to convert structural schema to CEL declarations")
        new = environments(decl)
        before = environments(decl, stored=True) if known else new
        cardinality = MAX_REQUEST // (decl.min_size + 1)
        found: list[CompiledRule] = []
        for source in schema.get(VALIDATIONS) or ():
            places = before if source.get("rule") in known else new
            rule = compile_rule(source, schema, places)
            message = rule.message
            found.append(
                CompiledRule(
                    error=rule.error,
                    message_error=rule.message_error,
                    cost=0 if rule.expression is None else rule.expression.max_cost(),
                    message_cost=None if message is None else message.max_cost(),
                    cardinality=cardinality,
                    uses_old_self=rule.uses_old,
                )
            )
        return found

    def evaluator(self, schema: Object, *, resource_root: bool = True) -> Evaluator | None:
        """The evaluator of a schema's rules, None if it has none."""
        from fakek8s.machinery.cel.evaluation import Evaluator
        from fakek8s.machinery.cel.places import plan

        root = plan(schema, of_schema(schema, root=resource_root), resource_root=resource_root)
        return None if root is None else Evaluator(schema, root)

    __call__ = evaluator
