"""PriorityClasses: how important pods are.

Upstream: pkg/registry/scheduling/priorityclass, pkg/apis/scheduling/validation
ValidatePriorityClass, pkg/apis/scheduling/v1 helpers.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.machinery.causes import forbidden, not_supported, required
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

GROUP = "scheduling.k8s.io"
_PREFIX = "system-"
_HIGHEST = 1_000_000_000
SYSTEM_CLASSES = {
    "system-node-critical": 2 * _HIGHEST + 1000,
    "system-cluster-critical": 2 * _HIGHEST,
}
_POLICIES = ("PreemptLowerPriority", "Never")


def default_policy(obj: Object) -> None:
    """SetDefaults_PriorityClass."""
    if obj.get("preemptionPolicy") is None:
        obj["preemptionPolicy"] = "PreemptLowerPriority"


def class_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePriorityClass, asked of new ones only."""
    if op.old is not None:
        return
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    if name.startswith(_PREFIX):
        if problem := _not_a_system_class(name, value, bool(obj.get("globalDefault"))):
            text = "priority class names with 'system-' prefix are reserved for system use only"
            yield forbidden("metadata.name", f"{text}. error: {problem}")
    elif value > _HIGHEST:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        yield forbidden("value", text)
    policy = obj.get("preemptionPolicy")
    if policy == "":
        yield required("preemptionPolicy")
    elif policy is not None and policy not in _POLICIES:
        yield not_supported("preemptionPolicy", policy, _POLICIES)


def _not_a_system_class(name: str, value: int, default: bool) -> str:
    """IsKnownSystemPriorityClass."""
    known = SYSTEM_CLASSES.get(name)
    if known is None:
        return f"{name} is not a known system priority class"
    if value != known:
        return f"value of {name} PriorityClass must be {known}"
    return f"globalDefault of {name} PriorityClass must be false" if default else ""


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePriorityClassUpdate."""
    if op.old is not None:
        if obj.get("value", 0) != op.old.get("value", 0):
            yield forbidden("value", "may not be changed in an update.")
        policy = obj.get("preemptionPolicy")
        yield from immutable(policy, op.old.get("preemptionPolicy"), "preemptionPolicy")


def keep_system_classes(obj: Object, op: Operation) -> bool:
    """The system's own classes stay; raises APIError 403."""
    name = obj["metadata"]["name"]
    if name in SYSTEM_CLASSES:
        why = "this is a system priority class and cannot be deleted"
        raise errors.forbidden("priorityclasses", GROUP, name, why)
    return False


def class_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Value, Global-Default, Age, PreemptionPolicy."""
    return [
        obj["metadata"].get("name", ""),
        obj.get("value", 0),
        obj.get("globalDefault", False),
        cells.age(obj, now),
        obj.get("preemptionPolicy", ""),
    ]


KIND = Behaviour(
    group=GROUP,
    plural="priorityclasses",
    defaults=(default_policy,),
    name=subdomain_name,
    main=Strategy(prepare=(first_generation,), rules=(finalizer_names, class_rules, fixed_rules)),
    cells=class_cells,
    before_delete=keep_system_classes,
)
