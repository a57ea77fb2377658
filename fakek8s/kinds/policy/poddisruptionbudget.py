"""PodDisruptionBudgets: how many pods of a group may be missing when somebody evicts some.

Upstream: pkg/registry/policy/poddisruptionbudget, pkg/apis/policy/validation,
pkg/printers/internalversion printPodDisruptionBudget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.rollout import not_above_100_percent, number_or_percent
from fakek8s.machinery.causes import invalid, not_supported
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


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
    yield from condition_list_rules(status.get("conditions"), "status.conditions")
    for name in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"):
        yield from non_negative(status.get(name), f"status.{name}")


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
