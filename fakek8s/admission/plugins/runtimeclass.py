"""RuntimeClass: a pod takes over the overhead and the scheduling of its runtime class.

Source: kubernetes plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission import tolerations
from fakek8s.admission.plugin import Plugin, name_problem, refuse
from fakek8s.machinery.printing import quote
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_CLASSES = "runtimeclasses.node.k8s.io"
_DIFFERS = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
_UNFOUNDED = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


def _admit(pod: Object, op: Operation) -> None:
    spec = pod.setdefault("spec", {})
    if spec.get("runtimeClassName") is None:
        return
    found = _class_of(pod, op)
    overhead = found.get("overhead")
    if overhead is not None:
        fixed = overhead.get("podFixed") or {}
        if spec.get("overhead") and not _same(fixed, spec["overhead"]):
            raise refuse(op, pod, _DIFFERS)
        if fixed:
            spec["overhead"] = dict(fixed)
    scheduling = found.get("scheduling")
    if scheduling is not None:
        _merge_selector(pod, spec, scheduling.get("nodeSelector") or {}, op)
        merged = tolerations.merge(
            spec.get("tolerations") or [], scheduling.get("tolerations") or []
        )
        if merged:
            spec["tolerations"] = merged


def _class_of(pod: Object, op: Operation) -> Object:
    name = pod["spec"]["runtimeClassName"]
    if problem := name_problem(name):
        raise errors.plain(500, problem)
    found = op.reader.get(_CLASSES, "", name)
    if found is None:
        raise refuse(op, pod, f"pod rejected: RuntimeClass {quote(name)} not found")
    return found


def _same(one: Object, other: Object) -> bool:
    return one.keys() == other.keys() and all(parse(one[k]) == parse(other[k]) for k in one)


def _merge_selector(pod: Object, spec: Object, wanted: Object, op: Operation) -> None:
    own = spec.get("nodeSelector") or {}
    for key, value in wanted.items():
        if own.get(key, value) != value:
            raise refuse(
                op,
                pod,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {own[key]}",
            )
    if wanted:
        spec["nodeSelector"] = {**own, **wanted}


def _validate(pod: Object, op: Operation) -> None:
    spec = pod["spec"]
    given = spec.get("overhead")
    if spec.get("runtimeClassName") is None:
        if given:
            raise refuse(op, pod, _UNFOUNDED)
        return
    overhead = _class_of(pod, op).get("overhead")
    if overhead is None and given:
        raise refuse(op, pod, _UNFOUNDED)
    if overhead is not None and not _same(overhead.get("podFixed") or {}, given or {}):
        raise refuse(op, pod, _DIFFERS)


PLUGIN = Plugin(
    name="RuntimeClass",
    resources=frozenset({"pods"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
    validate=_validate,
)
