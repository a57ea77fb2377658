"""The strategic merge patch from one pod status to another, as kubelets send it."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def status_patch(old: Object, new: Object) -> Object:
    """What differs; empty if nothing does. Conditions merge by type, all else is replaced."""
    patch: Object = {}
    for field, value in new.items():
        if old.get(field) == value:
            continue
        if field == "conditions":
            patch |= _conditions(old.get(field) or [], value)
        else:
            patch[field] = value
    return patch


def _conditions(old: list[Object], new: list[Object]) -> Object:
    known = {condition["type"]: condition for condition in old}
    changed: list[Object] = []
    for condition in new:
        before = known.get(condition["type"], {})
        if before == condition:
            continue
        entry = {key: value for key, value in condition.items() if value is not None}
        entry |= {key: None for key in before if key not in condition}
        changed.append(entry)
    order = [{"type": condition["type"]} for condition in new]
    return {"$setElementOrder/conditions": order, "conditions": changed}
