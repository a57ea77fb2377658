"""What a pod asks of a node's resources.

Source: k8s.io/component-helpers resource/helpers.go (PodRequests). Amounts are integers: cpu in
thousandths, all else in units.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

Object = dict[str, Any]
Amounts = dict[str, int]

#: What a pod without requests counts as where nodes are compared (GetNonzeroRequests).
_ASSUMED = {"cpu": 100, "memory": 200 * 1024 * 1024}
#: Resources that may be set for a pod as a whole (IsSupportedPodLevelResource), and hugepages.
_POD_LEVEL = ("cpu", "memory")


@lru_cache(maxsize=4096)
def _parsed(name: str, text: str) -> int:
    amount = quantity.parse(text)
    return amount.milli_value() if name == "cpu" else amount.value()


def amounts(resources: Mapping[str, Any] | None) -> Amounts:
    """A resource list as integers."""
    return {name: _parsed(name, str(text)) for name, text in (resources or {}).items()}


def pod_requests(pod: Object) -> Amounts:
    """The sum of all that runs together, or what an init container needs, if that is more."""
    spec = pod["spec"]
    statuses = _allocated(pod)
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _container(container, statuses))
    sidecars: Amounts = {}
    initial: Amounts = {}
    for container in spec.get("initContainers") or ():
        wanted = _container(container, statuses)
        if container.get("restartPolicy") == "Always":
            _add(total, wanted)
            _add(sidecars, wanted)
            wanted = dict(sidecars)
        else:
            _add(wanted, sidecars)
        _raise(initial, wanted)
    _raise(total, initial)
    for name, amount in amounts((spec.get("resources") or {}).get("requests")).items():
        if name in _POD_LEVEL or name.startswith("hugepages-"):
            total[name] = amount
    _add(total, amounts(spec.get("overhead")))
    return total


def nonzero(requests: Amounts) -> Amounts:
    """cpu and memory of a pod as they count where nodes are compared."""
    return {name: requests.get(name) or assumed for name, assumed in _ASSUMED.items()}


def _allocated(pod: Object) -> dict[str, Object]:
    status = pod.get("status") or {}
    return {
        entry["name"]: entry["allocatedResources"]
        for field in ("containerStatuses", "initContainerStatuses")
        for entry in status.get(field) or ()
        if entry.get("allocatedResources")
    }


def _container(container: Object, allocated: dict[str, Object]) -> Amounts:
    """The larger of what is wanted and what is given, while a resize is under way."""
    wanted = amounts((container.get("resources") or {}).get("requests"))
    _raise(wanted, amounts(allocated.get(container["name"])))
    return wanted


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise(total: Amounts, other: Amounts) -> None:
    for name, amount in other.items():
        total[name] = max(total.get(name, 0), amount)
