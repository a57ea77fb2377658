"""Conditions in a pod's status.

Upstream: pkg/api/pod UpdatePodCondition, IsPodReady.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from datetime import datetime

Object = dict[str, Any]


def find_condition(status: Object, kind: str) -> Object | None:
    """The condition of a type, or None."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind:
            found: Object = condition
            return found
    return None


def is_true(status: Object, kind: str) -> bool:
    """Whether the condition of a type is there and `True`."""
    condition = find_condition(status, kind)
    return condition is not None and condition.get("status") == "True"


def set_condition(
    status: Object, kind: str, value: str, now: datetime, reason: str = "", message: str = ""
) -> None:
    """Adds or replaces a condition in place; its time moves only with its value."""
    condition: Object = {
        "type": kind,
        "status": value,
        "lastProbeTime": None,
        "lastTransitionTime": format_time(now),
    }
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    conditions = list(status.get("conditions") or ())
    for number, old in enumerate(conditions):
        if old.get("type") == kind:
            if old.get("status") == value:
                condition["lastTransitionTime"] = old.get("lastTransitionTime")
            conditions[number] = condition
            break
    else:
        conditions.append(condition)
    status["conditions"] = conditions
