"""When a job fails or succeeds before all its pods have: pod failure and success policies.

Upstream: pkg/apis/batch/validation validatePodFailurePolicy, validateSuccessPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.batch import indexes
from fakek8s.kinds.shared.podtemplate.selectors import label_key_rules
from fakek8s.machinery.causes import (
    FieldError,
    duplicate,
    invalid,
    invalid_unshown,
    not_supported,
    required,
    too_long,
    too_many,
)
from fakek8s.machinery.printing import quote
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Object = dict[str, Any]

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_MAX_RULES = 20
_MAX_VALUES = 255
_MAX_INDEXES_LENGTH = 64 * 1024


def _valid_values(values: Sequence[str]) -> str:
    return f"valid values: [{' '.join(map(quote, values))}]"


def failure_policy_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validatePodFailurePolicy; `path` is the policy's."""
    rules = spec["podFailurePolicy"].get("rules") or ()
    if len(rules) > _MAX_RULES:
        yield too_many(f"{path}.rules", len(rules), _MAX_RULES)
    pod = spec["template"].get("spec") or {}
    names = {
        container.get("name", "")
        for kind in ("containers", "initContainers")
        for container in pod.get(kind) or ()
    }
    for number, rule in enumerate(rules):
        yield from _failure_rule_rules(spec, rule, f"{path}.rules[{number}]", names)


def _failure_rule_rules(
    spec: Object, rule: Object, path: str, names: Collection[str]
) -> Iterator[FieldError]:
    action = rule.get("action", "")
    if not action:
        yield required(f"{path}.action", _valid_values(_ACTIONS))
    elif action == "FailIndex":
        if spec.get("backoffLimitPerIndex") is None:
            yield invalid(f"{path}.action", action, "requires the backoffLimitPerIndex to be set")
    elif action not in _ACTIONS:
        yield not_supported(f"{path}.action", action, _ACTIONS)
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if codes is not None:
        yield from _exit_code_rules(codes, f"{path}.onExitCodes", names)
    yield from _condition_rules(conditions, f"{path}.onPodConditions")
    if codes is not None and conditions:
        detail = "specifying both OnExitCodes and OnPodConditions is not supported"
        yield invalid_unshown(path, detail)
    if codes is None and not conditions:
        detail = "specifying one of OnExitCodes and OnPodConditions is required"
        yield invalid_unshown(path, detail)


def _condition_rules(patterns: list[Object], path: str) -> Iterator[FieldError]:
    if len(patterns) > _MAX_RULES:
        yield too_many(path, len(patterns), _MAX_RULES)
    for number, pattern in enumerate(patterns):
        where = f"{path}[{number}]"
        yield from label_key_rules(pattern.get("type", ""), f"{where}.type")
        status = pattern.get("status", "")
        if not status:
            yield required(f"{where}.status", _valid_values(_STATUSES))
        elif status not in _STATUSES:
            yield not_supported(f"{where}.status", status, _STATUSES)


def _exit_code_rules(codes: Object, path: str, names: Collection[str]) -> Iterator[FieldError]:
    operator = codes.get("operator", "")
    if not operator:
        yield required(f"{path}.operator", _valid_values(_OPERATORS))
    elif operator not in _OPERATORS:
        yield not_supported(f"{path}.operator", operator, _OPERATORS)
    name = codes.get("containerName")
    if name is not None and name not in names:
        detail = "must be one of the container or initContainer names in the pod template"
        yield invalid(f"{path}.containerName", name, detail)
    values: list[int] | None = codes.get("values")
    where = f"{path}.values"
    if not values:
        yield invalid(where, values, "at least one value is required")
        return
    if len(values) > _MAX_VALUES:
        yield too_many(where, len(values), _MAX_VALUES)
    seen: set[int] = set()
    for number, value in enumerate(values):
        if operator == "In" and value == 0:
            yield invalid(f"{where}[{number}]", value, "must not be 0 for the In operator")
        if value in seen:
            yield duplicate(f"{where}[{number}]", value)
        seen.add(value)
    if sorted(values) != values:
        yield invalid(where, values, "must be ordered")


def success_policy_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateSuccessPolicy of an indexed job; `path` is the policy's."""
    rules = spec["successPolicy"].get("rules") or ()
    if not rules:
        detail = "at least one rules must be specified when the successPolicy is specified"
        yield required(f"{path}.rules", detail)
    if len(rules) > _MAX_RULES:
        yield too_many(f"{path}.rules", len(rules), _MAX_RULES)
    for number, rule in enumerate(rules):
        # Without completions, which is an error of its own, upstream's own check would fail.
        yield from _success_rule_rules(
            rule, f"{path}.rules[{number}]", spec.get("completions") or 0
        )


def _success_rule_rules(rule: Object, path: str, completions: int) -> Iterator[FieldError]:
    named, wanted = rule.get("succeededIndexes"), rule.get("succeededCount")
    if named is None and wanted is None:
        detail = "at least one of succeededCount or succeededIndexes must be specified"
        yield required(path, detail)
    total = 0
    if named is not None:
        where = f"{path}.succeededIndexes"
        if len(named.encode()) > _MAX_INDEXES_LENGTH:
            yield too_long(where, _MAX_INDEXES_LENGTH)
        try:
            total = indexes.count(named, completions)
        except indexes.IndexesError as error:
            yield invalid(where, named, f"error parsing succeededIndexes: {error}")
    if wanted is None:
        return
    where, most = f"{path}.succeededCount", "must be less than or equal to"
    yield from non_negative(wanted, where)
    if wanted > completions:
        detail = f"{most} {completions} (the number of specified completions)"
        yield invalid(where, wanted, detail)
    if named is not None and wanted > total:
        reason = "(the number of indexes in the specified succeededIndexes field)"
        yield invalid(where, wanted, f"{most} {total} {reason}")
