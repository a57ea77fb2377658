"""PodResizeValidator: a pod grows no further than its node could ever give.

Source: kubernetes plugin/pkg/admission/podresize.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.admission.podresources import pod_requests
from fakek8s.machinery.printing import quote
from fakek8s.machinery.quantity import Quantity, parse

if TYPE_CHECKING:
    from fakek8s import errors
    from fakek8s.kind import Operation

Object = dict[str, Any]

_OS = "kubernetes.io/os"
_ZERO = Quantity(0)


def spec_changed(pod: Object, op: Operation) -> bool:
    """Whether this update of an assigned pod changes its spec (the generation tells)."""
    if op.old is None or not pod["spec"].get("nodeName"):
        return False
    old = op.old["metadata"].get("generation", 0)
    return bool(pod["metadata"].get("generation", 0) != old)


def _validate(pod: Object, op: Operation) -> None:
    if not spec_changed(pod, op):
        return
    name = pod["spec"]["nodeName"]
    node = op.reader.get("nodes", "", name)
    if node is None:
        raise refuse(op, pod, f"node {quote(name)} not found")
    system = (node["metadata"].get("labels") or {}).get(_OS, "linux")
    if system != "linux":
        why = f"pod resize is only supported on linux nodes, node {quote(name)} is {quote(system)}"
        raise _with_cause(refuse(op, pod, why), "UnsupportedPlatform")
    lacking = _lacking(pod, (node.get("status") or {}).get("allocatable") or {})
    if lacking:
        why = f"node didn't have enough allocatable resources: {'; '.join(lacking)}"
        raise _with_cause(refuse(op, pod, why), "NodeCapacity")


def _with_cause(error: errors.APIError, reason: str) -> errors.APIError:
    assert error.details is not None
    error.details["causes"] = [{"reason": reason}]
    return error


def _lacking(pod: Object, allocatable: Object) -> list[str]:
    requests = pod_requests(pod)
    found = []
    for name, measure in (("cpu", Quantity.milli_value), ("memory", Quantity.value)):
        wanted = parse(requests[name]) if name in requests else _ZERO
        given = parse(allocatable[name]) if name in allocatable else _ZERO
        if wanted > given:
            found.append(f"{name}, requested: {measure(wanted)}, allocatable: {measure(given)}")
    return found


PLUGIN = Plugin(
    name="PodResizeValidator",
    resources=frozenset({"pods"}),
    subresources=frozenset({"resize"}),
    verbs=frozenset({"update"}),
    validate=_validate,
)
