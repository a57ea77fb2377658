"""The quality-of-service class of a pod.

Upstream: pkg/apis/core/helper/qos ComputePodQOS.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fakek8s.kinds.shared.podtemplate.quantities import is_supported_for_pods
from fakek8s.machinery.quantity import parse

Object = dict[str, Any]

GUARANTEED, BURSTABLE, BEST_EFFORT = "Guaranteed", "Burstable", "BestEffort"


def qos_class(spec: Object) -> str:
    """`Guaranteed`, `Burstable` or `BestEffort`, from a pod's spec."""
    own = spec.get("resources")
    if own and _sets_supported(own):
        return _class_of(own)
    found = ""
    for kind in ("initContainers", "containers"):
        for container in spec.get(kind) or ():
            resources = container.get("resources")
            one = _class_of(resources) if resources else BEST_EFFORT
            if one == BURSTABLE or (found and found != one):
                return BURSTABLE
            found = one
    return found or BEST_EFFORT


def _sets_supported(resources: Object) -> bool:
    names = (*(resources.get("requests") or ()), *(resources.get("limits") or ()))
    return any(map(is_supported_for_pods, names))


def _class_of(resources: Object) -> str:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    if not requests and not limits:
        return BEST_EFFORT
    by_cpu = _class_by(requests.get("cpu", "0"), limits.get("cpu", "0"))
    by_memory = _class_by(requests.get("memory", "0"), limits.get("memory", "0"))
    return by_cpu if by_cpu == by_memory else BURSTABLE


@lru_cache(maxsize=1024)
def _class_by(request: str, limit: str) -> str:
    """The class by one resource alone."""
    wanted = parse(request)
    if wanted != parse(limit):
        return BURSTABLE
    return GUARANTEED if wanted.sign() else BEST_EFFORT
