"""Pods under quota: what they ask for, until they have ended, and the scopes they are in.

Source: kubernetes pkg/quota/v1/evaluator/core/pods.go.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fakek8s.admission.podresources import has_pod_level, pod_limits, pod_requests
from fakek8s.admission.quota import amounts
from fakek8s.admission.quota.amounts import ONE, Amounts
from fakek8s.admission.quota.evaluator import Evaluator
from fakek8s.admission.quota.scopes import matches
from fakek8s.kinds.core.pod.qos import BEST_EFFORT, qos_class
from fakek8s.kinds.shared.podtemplate.quantities import is_extended, is_huge_page, is_native
from fakek8s.machinery.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]

_COUNT = "count/pods"
DEVICE_CLASS = "deviceclass.resource.kubernetes.io/"
_REQUESTS = "requests."
#: What is charged under its own name and as requests., and as limits.
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_NAMES = frozenset(
    {
        _COUNT,
        "pods",
        *_COMPUTE,
        *(f"{kind}.{name}" for kind in ("requests", "limits") for name in _COMPUTE),
    }
)
#: A quota on these requires that every container names them.
_REQUIRED = frozenset(
    {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
)


def is_extended_for_quota(name: str) -> bool:
    """isExtendedResourceNameForQuota: `requests.example.com/gpu`."""
    own = not is_native(name) or name.startswith(_REQUESTS + DEVICE_CLASS)
    return own and name.startswith(_REQUESTS)


def _measures(names: Iterable[str], reader: Reader) -> list[str]:
    given = list(names)
    found = sorted(_NAMES.intersection(given))
    huge = [name for name in given if is_huge_page(name.removeprefix(_REQUESTS))]
    return [*found, *huge, *filter(is_extended_for_quota, given)]


def _handles(pod: Object, op: Operation) -> bool:
    if op.subresource == "resize":
        return op.verb == "update"
    if op.subresource:
        return False
    if op.verb == "update" and op.old is not None:
        return _is_terminating(op.old) != _is_terminating(pod)
    return op.verb == "create"


def _usage(pod: Object, op: Operation) -> Amounts:
    counted = {_COUNT: ONE}
    if not _is_charged(pod, op):
        return counted
    requests, limits = pod_requests(pod, status=True), pod_limits(pod, status=True)
    return amounts.add(counted, _compute(requests, limits))


def _is_charged(pod: Object, op: Operation) -> bool:
    """QuotaV1Pod: not once it has ended, nor when it should be gone already."""
    if (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
        return False
    metadata = pod["metadata"]
    grace = metadata.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" not in metadata or grace is None:
        return True
    return op.now <= parse_time(metadata["deletionTimestamp"]) + timedelta(seconds=grace)


def _compute(requests: Object, limits: Object) -> Amounts:
    """podComputeUsageHelper."""
    wanted, bounds = amounts.of(requests), amounts.of(limits)
    found = {"pods": ONE}
    for name, amount in wanted.items():
        if name in _COMPUTE or is_huge_page(name):
            found[name] = amount
            found[_REQUESTS + name] = amount
        elif is_extended(name) or name.startswith(DEVICE_CLASS):
            found[_REQUESTS + name] = amount
    found.update({f"limits.{name}": bounds[name] for name in _COMPUTE if name in bounds})
    return found


def _missing(pod: Object, names: list[str]) -> str:
    """Constraints: compute resources under quota are named by every container."""
    spec = pod["spec"]
    required = _REQUIRED.intersection(names)
    if not required or has_pod_level(spec):
        return ""
    lacking: dict[str, set[str]] = {}
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            resources = container.get("resources") or {}
            found = _compute(resources.get("requests") or {}, resources.get("limits") or {})
            for name in required.difference(found):
                lacking.setdefault(name, set()).add(container.get("name", ""))
    if not lacking:
        return ""
    told = (f"{name} for: {','.join(sorted(lacking[name]))}" for name in sorted(lacking))
    return f"must specify {'; '.join(told)}"


def _is_terminating(pod: Object) -> bool:
    seconds = (pod.get("spec") or {}).get("activeDeadlineSeconds")
    return seconds is not None and seconds >= 0


def _is_best_effort(pod: Object) -> bool:
    found = (pod.get("status") or {}).get("qosClass") or qos_class(pod["spec"])
    return bool(found == BEST_EFFORT)


def _in_scope(pod: Object, scope: Object) -> bool:
    match scope.get("scopeName"):
        case "Terminating":
            return _is_terminating(pod)
        case "NotTerminating":
            return not _is_terminating(pod)
        case "BestEffort":
            return _is_best_effort(pod)
        case "NotBestEffort":
            return not _is_best_effort(pod)
        case "PriorityClass":
            return matches(scope, pod["spec"].get("priorityClassName") or None)
        case "CrossNamespacePodAffinity":
            return _reaches_out(pod["spec"].get("affinity") or {})
        case _:
            return False


def _reaches_out(affinity: Object) -> bool:
    """usesCrossNamespacePodAffinity."""
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(kind) or {}
        preferred = terms.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        every = [
            *(terms.get("requiredDuringSchedulingIgnoredDuringExecution") or ()),
            *(one.get("podAffinityTerm") or {} for one in preferred),
        ]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in every):
            return True
    return False


PODS = Evaluator(
    measures=_measures, usage=_usage, handles=_handles, in_scope=_in_scope, missing=_missing
)
