"""Priority: a pod's number from its priority class.

Source: kubernetes plugin/pkg/admission/priority.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_CLASSES = "priorityclasses.scheduling.k8s.io"
_NO_CLASS = {"value": 0, "preemptionPolicy": "PreemptLowerPriority"}


def _admit(obj: Object, op: Operation) -> None:
    if op.kind.resource != "pods":
        return
    spec = obj.setdefault("spec", {})
    if op.verb == "update":
        _keep(spec, (op.old or {}).get("spec", {}))
        return
    found = _class_of(spec, obj, op)
    value = found.get("value", 0)
    given = spec.get("priority")
    if given is not None and given != value:
        raise refuse(
            op,
            obj,
            f"the integer value of priority ({given}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name",
        )
    spec["priority"] = value
    policy = found.get("preemptionPolicy")
    if policy is None:
        return
    given = spec.get("preemptionPolicy")
    if given is not None and given != policy:
        raise refuse(
            op,
            obj,
            f"the string value of PreemptionPolicy ({given}) must not be provided in pod spec; "
            f"priority admission controller computed {policy} from the given PriorityClass name",
        )
    spec["preemptionPolicy"] = policy


def _keep(spec: Object, old: Object) -> None:
    """An update that leaves the computed fields out keeps them."""
    for name in ("priority", "preemptionPolicy"):
        if name not in spec and name in old:
            spec[name] = old[name]


def _class_of(spec: Object, obj: Object, op: Operation) -> Object:
    name = spec.get("priorityClassName", "")
    if name:
        found = op.reader.get(_CLASSES, "", name)
        if found is None:
            raise refuse(op, obj, f"no PriorityClass with name {name} was found")
        return found
    default = _default_class(op)
    if default is None:
        return _NO_CLASS
    spec["priorityClassName"] = default["metadata"]["name"]
    return default


def _default_class(op: Operation) -> Object | None:
    """Of several global defaults the lowest value counts."""
    found = [c for c in op.reader.list(_CLASSES) if c.get("globalDefault")]
    return min(found, key=lambda c: c.get("value", 0)) if found else None


def _validate(obj: Object, op: Operation) -> None:
    if op.kind.resource != _CLASSES or not obj.get("globalDefault"):
        return
    default = _default_class(op)
    if default is None:
        return
    name = default["metadata"]["name"]
    if op.verb == "create" or name != obj["metadata"]["name"]:
        raise refuse(
            op,
            obj,
            f"PriorityClass {name} is already marked as default. Only one default can exist",
        )


PLUGIN = Plugin(
    name="Priority",
    resources=frozenset({"pods", _CLASSES}),
    mutate=_admit,
    validate=_validate,
)
