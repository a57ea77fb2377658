"""PodDisruptionBudgets: how many pods of a group may be missing when somebody evicts some.

Upstream: pkg/registry/policy/poddisruptionbudget, pkg/apis/policy/validation,
apimachinery pkg/apis/meta/v1/validation ValidateConditions,
pkg/printers/internalversion printPodDisruptionBudget.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.batch.internalform import internal_form
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.podtemplate.selectors import label_key_rules
from fakek8s.kinds.shared.rollout import not_above_100_percent, number_or_percent
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required, too_long
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_STATUSES = ("False", "True", "Unknown")
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_MAX_REASON = 1024
_MAX_MESSAGE = 32 * 1024
_reason = re.compile(_REASON).fullmatch
_REASON_MESSAGE = names.regex_error(
    "a condition reason must start with alphabetic character, optionally followed by a string of "
    "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
    _REASON,
    "my_name",
    "MY_NAME",
    "MyName",
    "ReasonA,ReasonB",
    "ReasonA:ReasonB",
)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodDisruptionBudgetSpec."""
    spec = obj["spec"]
    limits = ("minAvailable", "maxUnavailable")
    if all(spec.get(name) is not None for name in limits):
        detail = "minAvailable and maxUnavailable cannot be both set"
        yield invalid("spec", internal_form(spec, op.kind, "spec"), detail)
    for name in limits:
        if (value := spec.get(name)) is not None:
            yield from number_or_percent(value, f"spec.{name}")
            yield from not_above_100_percent(value, f"spec.{name}")
    old = None if op.old is None else op.old["spec"].get("selector")
    any_value = any(label_selector_rules(old, ""))
    yield from label_selector_rules(spec.get("selector"), "spec.selector", any_value=any_value)
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _POLICIES:
        yield not_supported("spec.unhealthyPodEvictionPolicy", policy, _POLICIES)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodDisruptionBudgetStatusUpdate."""
    status = obj["status"]
    yield from condition_rules(status.get("conditions") or [], "status.conditions")
    for name in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"):
        yield from non_negative(status.get(name), f"status.{name}")


def condition_rules(conditions: list[Object], path: str) -> Iterator[FieldError]:
    """ValidateConditions."""
    seen: set[str] = set()
    for number, condition in enumerate(conditions):
        kind = condition.get("type", "")
        if kind in seen:
            yield duplicate(f"{path}[{number}]", kind)
        seen.add(kind)
        yield from _condition_rules(condition, f"{path}[{number}]")


def _condition_rules(condition: Object, path: str) -> Iterator[FieldError]:
    kind, status = condition.get("type", ""), condition.get("status", "")
    if not kind:
        yield required(f"{path}.type", "is required")
    else:
        yield from label_key_rules(kind, f"{path}.type")
    if not status:
        yield required(f"{path}.status")
    elif status not in _STATUSES:
        yield not_supported(f"{path}.status", status, _STATUSES)
    generation = condition.get("observedGeneration", 0)
    if generation < 0:
        detail = "must be greater than or equal to zero"
        yield invalid(f"{path}.observedGeneration", generation, detail)
    if not condition.get("lastTransitionTime"):
        yield required(f"{path}.lastTransitionTime")
    reason = condition.get("reason", "")
    if not reason:
        yield required(f"{path}.reason")
    else:
        if not _reason(reason):
            yield invalid(f"{path}.reason", reason, _REASON_MESSAGE)
        if names.byte_length(reason) > _MAX_REASON:
            yield too_long(f"{path}.reason", _MAX_REASON)
    if names.byte_length(condition.get("message", "")) > _MAX_MESSAGE:
        yield too_long(f"{path}.message", _MAX_MESSAGE)


def budget_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Min Available, Max Unavailable, Allowed Disruptions, Age."""
    spec = obj["spec"]
    limits = (spec.get(name) for name in ("minAvailable", "maxUnavailable"))
    return [
        obj["metadata"].get("name", ""),
        *("N/A" if limit is None else str(limit) for limit in limits),
        obj["status"].get("disruptionsAllowed", 0),
        cells.age(obj, now),
    ]


KIND = Behaviour(
    group="policy",
    plural="poddisruptionbudgets",
    generation=True,
    main=doors.main(prepare=(first_generation,), rules=(rules,)),
    status=doors.status(rules=(status_rules,)),
    cells=budget_cells,
    allow_unconditional_update=False,
    checks_metadata=False,
)
