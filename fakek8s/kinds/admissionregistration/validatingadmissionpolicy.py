"""ValidatingAdmissionPolicies: expressions that decide whether a write is allowed.

Upstream: pkg/registry/admissionregistration/validatingadmissionpolicy,
pkg/apis/admissionregistration/validation validateValidatingAdmissionPolicySpec.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.admissionregistration import matching
from fakek8s.kinds.admissionregistration.expressions import texts
from fakek8s.kinds.admissionregistration.policies import (
    default_policy,
    expressions_of,
    policy_cells,
    policy_rules,
)
from fakek8s.kinds.admissionregistration.rights import authorized, param_kind_rights
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal_list
from fakek8s.kinds.shared.status import status
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required
from fakek8s.machinery.jsonpath import JSONPathSyntaxError, compile_path
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.admissionregistration.expressions import Expressions
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_ANNOTATIONS = 20
_EXPRESSION_LENGTH = 5 * 1024
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ONE = "validations or auditAnnotations must contain at least one item"
_ANNOTATION: Fields = (("Key", "key", ""), ("ValueExpression", "valueExpression", ""))
_NOT_EMPTY = "must be non-empty if specified"


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateValidatingAdmissionPolicySpec."""
    spec = obj["spec"]
    before: Object = {} if op.old is None else op.old["spec"]
    expressions = expressions_of(spec, composed=bool(spec.get("variables")))
    yield from policy_rules(obj, op, expressions, mutating=False)
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        yield required("spec.validations", _ONE)
        yield required("spec.auditAnnotations", _ONE)
        return
    conditions = texts(before.get("validations"), "expression")
    messages = texts(before.get("validations"), "messageExpression")
    for number, validation in enumerate(validations):
        where = f"spec.validations[{number}]"
        yield from _validation_rules(validation, expressions, conditions, messages, where)
    path = "spec.auditAnnotations"
    if len(annotations) > _MOST_ANNOTATIONS:
        text = f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations"
        yield invalid(path, internal_list(annotations, _ANNOTATION), text)
    seen: set[str] = set()
    stored = texts(before.get("auditAnnotations"), "valueExpression")
    for number, annotation in enumerate(annotations):
        key = annotation.get("key", "")
        yield from _annotation_rules(obj, annotation, expressions, stored, f"{path}[{number}]")
        if key in seen:
            yield duplicate(f"{path}[{number}].key", key)
        seen.add(key)


def _validation_rules(
    validation: Object,
    expressions: Expressions,
    conditions: frozenset[str],
    messages: frozenset[str],
    path: str,
) -> Iterator[FieldError]:
    """validateValidation. conditions, messages: expressions that were there before."""
    text = validation.get("expression", "")
    if not text.strip():
        yield required(f"{path}.expression", "expression is not specified")
    else:
        yield from expressions.condition(text, f"{path}.expression", stored=text in conditions)
    for name in ("messageExpression", "message"):
        text = validation.get(name, "")
        if text and not text.strip():
            yield invalid(f"{path}.{name}", text, _NOT_EMPTY)
        elif text and name == "messageExpression":
            yield from expressions.message(text, f"{path}.{name}", stored=text in messages)
        elif name == "message" and re.search("[\n\r]", text.strip()):
            yield invalid(f"{path}.message", text, "must not contain line breaks")
    reason = validation.get("reason")
    if reason is not None and reason not in _REASONS:
        yield not_supported(f"{path}.reason", reason, _REASONS)


def _annotation_rules(
    obj: Object,
    annotation: Object,
    expressions: Expressions,
    stored: frozenset[str],
    path: str,
) -> Iterator[FieldError]:
    """validateAuditAnnotation."""
    name, key = obj["metadata"].get("name", ""), annotation.get("key", "")
    if name:
        for message in names.is_qualified_name(f"{name}/{key}"):
            yield invalid(f"{path}.key", f"{name}/{key}", message)
    else:
        yield invalid(f"{path}.key", key, "requires metadata.name be non-empty")
    expression = annotation.get("valueExpression", "").strip()
    if not expression:
        yield required(f"{path}.valueExpression", "valueExpression is not specified")
    elif names.byte_length(expression) > _EXPRESSION_LENGTH:
        text = f"must not exceed {_EXPRESSION_LENGTH} bytes in length"
        yield required(f"{path}.valueExpression", text)
    else:
        text = annotation["valueExpression"]
        yield from expressions.annotation(text, f"{path}.valueExpression", stored=text in stored)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateValidatingAdmissionPolicyStatus."""
    found = obj.get("status") or {}
    warnings = (found.get("typeChecking") or {}).get("expressionWarnings") or ()
    for number, warning in enumerate(warnings):
        path = f"status.typeChecking.expressionWarnings[{number}]"
        if not warning.get("warning"):
            yield required(f"{path}.warning")
        yield from _field_ref_rules(warning.get("fieldRef", "").strip(), f"{path}.fieldRef")
    yield from condition_list_rules(found.get("conditions"), "status.conditions")


def _field_ref_rules(text: str, path: str) -> Iterator[FieldError]:
    """validateFieldRef."""
    if not text:
        yield required(path)
        return
    try:
        compile_path(text)
    except JSONPathSyntaxError as error:
        yield invalid(path, text, f"invalid JSONPath: {error}")


KIND = Behaviour(
    group=matching.GROUP,
    plural="validatingadmissionpolicies",
    defaults=(default_policy,),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation,),
        rules=(authorized(spec_rules, param_kind_rights), matching.static_name_rules),
        warnings=(matching.static_name_warnings,),
    ),
    status=status(rules=(status_rules,), warn=(matching.static_name_warnings,)),
    cells=policy_cells("validations"),
    status_apply_creates=True,
    allow_unconditional_update=False,
)
