"""What validating and mutating policies and their bindings share.

Upstream: pkg/apis/admissionregistration/validation. Whether the writer may read what a policy
takes its parameters from is not asked here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.admissionregistration import matching
from fakek8s.kinds.admissionregistration.expressions import Expressions, texts
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Cells, Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED = re.compile(
    "true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|"
    "namespace|return|var|void|while"
)
_NOT_FOUND_ACTIONS = ("Deny", "Allow")
_EXCLUSIVE = "name and selector are mutually exclusive"
_UNSET = "<unset>"


def default_policy(obj: Object) -> None:
    """SetDefaults_ValidatingAdmissionPolicySpec and its mutating twin."""
    spec = obj.setdefault("spec", {})
    matching.fill(spec, (("failurePolicy", "Fail"),))
    matching.default_match(spec.get("matchConstraints"))


def default_binding(obj: Object) -> None:
    """SetDefaults_MatchResources of a binding."""
    matching.default_match(obj.setdefault("spec", {}).get("matchResources"))


def expressions_of(spec: Object, *, composed: bool) -> Expressions:
    """What the policy's expressions, but for its conditions, are checked with."""
    return Expressions(params=spec.get("paramKind") is not None, composed=composed)


def policy_rules(
    obj: Object, op: Operation, expressions: Expressions, *, mutating: bool
) -> Iterator[FieldError]:
    """The head of both policies' specs, variables included."""
    spec = obj["spec"]
    before: Object = {} if op.old is None else op.old["spec"]
    policy = spec.get("failurePolicy")
    if policy is None:
        yield required("spec.failurePolicy")
    elif policy not in matching.FAILURE_POLICIES:
        yield not_supported("spec.failurePolicy", policy, matching.FAILURE_POLICIES)
    if spec.get("paramKind") is not None:
        yield from _param_kind_rules(spec["paramKind"], "spec.paramKind")
    match, path = spec.get("matchConstraints"), "spec.matchConstraints"
    if match is None:
        yield required(path)
    else:
        yield from matching.match_rules(match, path)
        if not match.get("resourceRules"):
            yield required(f"{path}.resourceRules")
        if mutating:
            yield from matching.mutating_operation_rules(match, path)
    if op.old is None or _compiled_with(spec) != _compiled_with(op.old["spec"]):
        yield from matching.condition_rules(
            spec.get("matchConditions"),
            "spec.matchConditions",
            params=spec.get("paramKind") is not None,
            stored=texts(before.get("matchConditions"), "expression"),
        )
    for number, variable in enumerate(spec.get("variables") or ()):
        yield from _variable_rules(variable, expressions, f"spec.variables[{number}]")


def _compiled_with(spec: Object) -> tuple[Any, Any]:
    return spec.get("paramKind"), spec.get("matchConditions")


def _param_kind_rules(kind: Object, path: str) -> Iterator[FieldError]:
    """validateParamKind."""
    text, name = kind.get("apiVersion", ""), kind.get("kind", "")
    where = f"{path}.apiVersion"
    if not text:
        yield required(where)
    elif text.count("/") > 1:
        yield invalid(where, text, f"unexpected GroupVersion string: {text}")
    else:
        group, _, version = text.rpartition("/")
        if group and (wrong := names.is_dns1123_subdomain(group)):
            yield invalid(where, group, ",".join(wrong))
        if not version:
            yield invalid(where, text, "version must be specified")
        elif wrong := names.is_dns1035_label(version):
            yield invalid(where, version, ",".join(wrong))
    if not name:
        yield required(f"{path}.kind")
    elif wrong := names.is_dns1035_label(name.lower()):
        text = "may have mixed case, but should otherwise match: " + ",".join(wrong)
        yield invalid(f"{path}.kind", name, text)


def _variable_rules(variable: Object, expressions: Expressions, path: str) -> Iterator[FieldError]:
    """validateVariable."""
    name = variable.get("name", "")
    if not name.strip():
        yield required(f"{path}.name", "name is not specified")
    elif not _IDENTIFIER.fullmatch(name) or _RESERVED.fullmatch(name):
        yield invalid(f"{path}.name", name, "must be a valid CEL identifier")
    if not variable.get("expression", "").strip():
        yield required(f"{path}.expression", "expression is not specified")
    else:
        yield from expressions.variable(name, variable["expression"], f"{path}.expression")


def policy_name_rules(spec: Object) -> Iterator[FieldError]:
    """The policy that a binding is about."""
    name = spec.get("policyName", "")
    if not name:
        yield required("spec.policyName")
    for message in subdomain_name(name, False) if name else ():
        yield invalid("spec.policyName", name, message)


def param_rules(reference: Object | None, path: str) -> Iterator[FieldError]:
    """validateParamRef."""
    if reference is None:
        return
    name, selector = reference.get("name", ""), reference.get("selector")
    if name:
        for message in names.is_path_segment_name(name):
            yield invalid(f"{path}.name", name, message)
        if selector is not None:
            yield forbidden(f"{path}.name", _EXCLUSIVE)
    if selector is not None:
        yield from label_selector_rules(selector, f"{path}.selector")
        if name:
            yield forbidden(f"{path}.selector", _EXCLUSIVE)
    elif not name:
        yield required(path, "one of name or selector must be specified")
    action = reference.get("parameterNotFoundAction")
    if not action:
        yield required(f"{path}.parameterNotFoundAction")
    elif action not in _NOT_FOUND_ACTIONS:
        yield not_supported(f"{path}.parameterNotFoundAction", action, _NOT_FOUND_ACTIONS)


def policy_cells(counted: str) -> Cells:
    """Name, how many of what it does, ParamKind, Age."""

    def param_kind(obj: Object) -> str:
        kind = obj["spec"].get("paramKind")
        if kind is None:
            return _UNSET
        return f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}"

    return cells.row(lambda obj: len(obj["spec"].get(counted) or ()), param_kind)


def _param_cell(obj: Object) -> str:
    reference = obj["spec"].get("paramRef")
    if reference is None:
        return _UNSET
    if reference.get("name"):
        return f"{reference.get('namespace') or '*'}/{reference['name']}"
    selector = reference.get("selector")
    return _UNSET if selector is None else _go_selector(selector)


def _go_selector(selector: Object) -> str:
    """The String method that gogo generates for LabelSelector."""
    labels: Object = selector.get("matchLabels") or {}
    pairs = "".join(f"{key}: {labels[key]}," for key in sorted(labels))
    requirements = "".join(
        f"LabelSelectorRequirement{{Key:{each.get('key', '')},Operator:{each.get('operator', '')},"
        f"Values:[{' '.join(each.get('values') or ())}],}},"
        for each in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
    )


binding_cells: Cells = cells.row(lambda obj: obj["spec"].get("policyName", ""), _param_cell)
