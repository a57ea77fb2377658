"""The openAPIV3Schema of a CRD: forbidden and misplaced keywords, list and map types, rules.

Upstream: apiextensions validateCustomResourceDefinitionValidation and
ValidateCustomResourceDefinitionOpenAPISchema (pkg/apis/apiextensions/validation).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.causes import child, forbidden, index, invalid, key, not_supported, required
from fakek8s.machinery.structural.check_defaults import default_errors
from fakek8s.machinery.structural.check_lists import list_key_errors, type_errors
from fakek8s.machinery.structural.check_structural import conversion_error, structural_errors
from fakek8s.machinery.structural.failure import shown
from fakek8s.machinery.structural.fieldpath import FieldPathError, follow
from fakek8s.machinery.structural.internal import FIELDS, schema_shown
from fakek8s.machinery.structural.rules import RuleScope, TotalCost, rule_errors
from fakek8s.machinery.structural.walk import PLACES, TYPES

if TYPE_CHECKING:
    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.structural.rules import RuleCompiler, RuleEvaluators
    from fakek8s.machinery.wire.types import WireType

__all__ = ["SchemaOptions", "schema_errors"]

Object = dict[str, Any]

#: What the root may hold if `status` is a subresource, since its schema is taken out alone.
_AT_ROOT: Final = (
    "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength "
    "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties "
    "ExternalDocs Example XPreserveUnknownFields XValidations"
)
_META_FIELDS: Final = frozenset(("metadata", "kind", "apiVersion"))
_REASONS: Final = (
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
)
_NEWLINES: Final = re.compile("[\n\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """What is asked of a schema; an update asks less where the old object was already wrong.

    known: CEL expressions of the old object. ignore_cost: this schema is unchanged.
    """

    object_meta: WireType
    compiler: RuleCompiler | None = None
    evaluators: RuleEvaluators | None = None
    valid_types: bool = True
    structural: bool = True
    pruned_defaults: bool = True
    atomic_sets: bool = True
    list_keys: bool = True
    known: frozenset[str] = frozenset()
    ignore_cost: bool = False


def schema_errors(
    validation: Object | None, path: str, options: SchemaOptions, *, status: bool
) -> list[FieldError]:
    """The causes of `schema` (an object with openAPIV3Schema) at `path`.

    status: the version has the status subresource.
    """
    schema = None if validation is None else validation.get("openAPIV3Schema")
    if schema is None:
        return []
    where = child(path, "openAPIV3Schema")
    found = _root_errors(schema, where) if status else []
    if schema.get("nullable"):
        found.append(forbidden(child(where, "nullable"), "nullable cannot be true at the root"))
    unreadable, scope = "", None
    if options.structural:
        unreadable = conversion_error(schema)
        if not unreadable:
            problems = structural_errors(schema, where) or default_errors(
                schema,
                where,
                options.object_meta,
                options.evaluators,
                pruned=options.pruned_defaults,
            )
            found += problems
            if not problems:
                scope = RuleScope(TotalCost())
    walk = _Walk(options)
    walk.visit(schema, where, _Context(), scope, is_root=True)
    found += walk.found + walk.rules
    if not found and unreadable:
        found.append(invalid(where, "", unreadable))
    if scope is not None:
        found += scope.total.errors(where)
    return found


def _root_errors(schema: Object, path: str) -> list[FieldError]:
    for name, keyword, zero, _ in FIELDS:
        value = schema.get(keyword)
        if value is None or value == zero:
            continue
        if name == "Type":
            if value != "object":
                detail = (
                    'only "object" is allowed as the type at the root of the schema if the status '
                    "subresource is enabled"
                )
                return [invalid(child(path, "type"), value, detail)]
        elif name not in _AT_ROOT.split():
            detail = (
                f"only [{_AT_ROOT}] fields are allowed at the root of the schema if the status "
                "subresource is enabled"
            )
            return [invalid(path, schema_shown(schema), detail)]
    return []


@dataclass(frozen=True, slots=True)
class _Context:
    """no_default: why there may be no default, None if there may. in_meta: within apiVersion,
    kind or metadata. uncorrelated: the outermost place within which old and new can't be matched.
    """

    no_default: str | None = None
    in_meta: bool = False
    uncorrelated: str | None = None

    def outside(self, path: str) -> _Context:
        return self if self.uncorrelated is not None else replace(self, uncorrelated=path)


class _Walk:
    """found: what is wrong with schemas; rules: what is wrong with CEL rules, told after."""

    def __init__(self, options: SchemaOptions) -> None:
        self.options = options
        self.found: list[FieldError] = []
        self.rules: list[FieldError] = []

    def visit(
        self,
        s: Any,
        path: str,
        context: _Context,
        scope: RuleScope | None,
        *,
        is_root: bool = False,
    ) -> None:
        if not isinstance(s, dict):
            return
        before = len(self.found)
        self.found += _keyword_errors(s, path, context, valid_types=self.options.valid_types)
        self.inside(s, path, context, scope, is_root=is_root)
        self.found += type_errors(s, path, atomic_sets=self.options.atomic_sets)
        if self.options.list_keys:
            self.found += list_key_errors(s, path)
        rules = s.get("x-kubernetes-validations")
        if rules:
            for number, rule in enumerate(rules):
                at = index(child(path, "x-kubernetes-validations"), number)
                self.found += _rule_errors(s, rule, at)
            self.compile(s, path, context, scope, clean=len(self.found) == before, root=is_root)

    def compile(
        self,
        s: Object,
        path: str,
        context: _Context,
        scope: RuleScope | None,
        *,
        clean: bool,
        root: bool,
    ) -> None:
        if not clean or scope is None or self.options.compiler is None:
            return
        self.rules += rule_errors(
            s,
            path,
            scope,
            self.options.compiler,
            resource_root=root or bool(s.get("x-kubernetes-embedded-resource")),
            known=self.options.known,
            uncorrelated=context.uncorrelated,
            ignore_cost=self.options.ignore_cost,
        )

    def inside(
        self, s: Object, path: str, context: _Context, scope: RuleScope | None, *, is_root: bool
    ) -> None:
        if PLACES.isdisjoint(s):
            return
        below = None if scope is None else scope.below(s)
        others = s.get("additionalProperties")
        if others is not None:
            where = child(path, "additionalProperties")
            if s.get("properties") and others is not True:
                detail = "additionalProperties and properties are mutual exclusive"
                self.found.append(forbidden(where, detail))
            inner = context
            if context.in_meta:
                reason = "inside additionalProperties applying to object metadata"
                inner = replace(context, no_default=reason)
            self.visit(others, where, inner, below)
        if s.get("properties"):
            self.properties(s, child(path, "properties"), context, below, is_root=is_root)
        self.visit(s.get("not"), child(path, "not"), context, None)
        for name in ("allOf", "oneOf", "anyOf"):
            for number, held in enumerate(s.get(name) or ()):
                self.visit(held, index(child(path, name), number), context, None)
        for name, held in (s.get("definitions") or {}).items():
            self.visit(held, key(child(path, "definitions"), name), context, None)
        items = s.get("items")
        if items is not None:
            inner = context
            if s.get("x-kubernetes-list-type") != "map":
                inner = context.outside(path)
            where = child(path, "items")
            self.visit(items, where, inner, below)
            for number, held in enumerate(items if isinstance(items, list) else ()):
                self.visit(held, index(where, number), inner, below)
        for name, held in (s.get("dependencies") or {}).items():
            self.visit(held, key(child(path, "dependencies"), name), context, None)

    def properties(
        self, s: Object, path: str, context: _Context, scope: RuleScope | None, *, is_root: bool
    ) -> None:
        if s.get("x-kubernetes-map-type", "granular") not in ("granular", "atomic"):
            context = context.outside(path.removesuffix(".properties"))
        of_object = is_root or bool(s.get("x-kubernetes-embedded-resource"))
        for name, held in s["properties"].items():
            inner = context
            if of_object and name in _META_FIELDS:
                inner = replace(context, in_meta=True)
                if is_root:
                    inner = replace(inner, no_default=f"in top-level {name}")
            self.visit(held, f"{path}[{name}]", inner, scope)


#: Keyword, what it is called, whether it counts when empty or false.
_UNSUPPORTED: Final = (
    ("id", False),
    ("additionalItems", True),
    ("patternProperties", False),
    ("definitions", False),
    ("dependencies", True),
    ("$ref", True),
)


def _keyword_errors(
    s: Object, path: str, context: _Context, *, valid_types: bool
) -> list[FieldError]:
    found: list[FieldError] = []
    kind = s.get("type", "")
    if valid_types and kind and kind not in TYPES:
        found.append(not_supported(child(path, "type"), kind, TYPES))
    if s.get("default") is not None and context.no_default is not None:
        detail = f"must not be set {context.no_default}"
        found.append(forbidden(child(path, "default"), detail))
    for keyword, even_empty in _UNSUPPORTED:
        value = s.get(keyword)
        if value or (even_empty and value is not None):
            found.append(forbidden(child(path, keyword), f"{keyword} is not supported"))
    if kind == "null":
        detail = "type cannot be set to null, use nullable as an alternative"
        found.append(forbidden(child(path, "type"), detail))
    if isinstance(s.get("items"), list) and s["items"]:
        detail = "items must be a schema object and not an array"
        found.append(forbidden(child(path, "items"), detail))
    if context.in_meta and s.get("x-kubernetes-embedded-resource"):
        where = child(path, "x-kubernetes-embedded-resource")
        found.append(forbidden(where, "must not be used inside of resource meta"))
    if s.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        found.append(forbidden(child(path, "uniqueItems"), detail))
    return found


def _rule_errors(s: Object, rule: Object, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    text, message = rule.get("rule", ""), rule.get("message", "")
    trimmed, trimmed_message = text.strip(), message.strip()
    if not trimmed:
        found.append(required(child(path, "rule"), "rule is not specified"))
    elif message and not trimmed_message:
        found.append(invalid(child(path, "message"), message, "must be non-empty if specified"))
    elif _NEWLINES.search(trimmed_message):
        found.append(invalid(child(path, "message"), message, "must not contain line breaks"))
    elif _NEWLINES.search(trimmed) and not trimmed_message:
        detail = "message must be specified if rule contains line breaks"
        found.append(required(child(path, "message"), detail))
    expression = rule.get("messageExpression", "")
    if expression and not expression.strip():
        detail = "messageExpression must be non-empty if specified"
        found.append(required(child(path, "messageExpression"), detail))
    reason = rule.get("reason")
    if reason is not None and reason not in _REASONS:
        found.append(not_supported(child(path, "reason"), reason, _REASONS))
    return found + _rule_path_errors(s, rule.get("fieldPath", ""), child(path, "fieldPath"))


def _rule_path_errors(s: Object, text: str, path: str) -> list[FieldError]:
    if not text:
        return []
    found: list[FieldError] = []
    if not text.strip():
        found.append(invalid(path, text, "must be non-empty if specified"))
    if _NEWLINES.search(text):
        found.append(invalid(path, text, "must not contain line breaks"))
    if not conversion_error(s):
        try:
            follow(text, s)
        except FieldPathError:
            found.append(invalid(path, shown(text), "must be a valid path"))
    return found
