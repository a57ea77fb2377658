"""What a pod asks for as a whole, as resource lists: by its spec, or while it is resized.

Source: k8s.io/component-helpers resource/helpers.go (PodRequests, PodLimits). A resource list maps
a resource's name to a quantity in its canonical text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.quantities import (
    add_list,
    aggregate,
    is_supported_for_pods,
    max_list,
)
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


def pod_requests(pod: Object, *, status: bool = False) -> Object:
    """PodRequests; `status`: also what is allocated and in use (UseStatusResources)."""
    spec = pod["spec"]
    total = _highest(pod, "requests", (_allocated, _actuated)) if status else _spec(pod, "requests")
    if has_pod_level(spec, ("requests",)):
        _override(total, spec["resources"]["requests"])
    add_list(total, spec.get("overhead"))
    return total


def pod_limits(pod: Object, *, status: bool = False) -> Object:
    """PodLimits; `status` as for requests. Overhead counts where there is a limit at all."""
    spec = pod["spec"]
    total = _highest(pod, "limits", (_limited,)) if status else _spec(pod, "limits")
    if has_pod_level(spec):
        _override(total, spec["resources"].get("limits") or {})
    overhead = spec.get("overhead") or {}
    add_list(total, {n: q for n, q in overhead.items() if n in total and parse(total[n]).sign()})
    return total


def has_pod_level(spec: Object, kinds: tuple[str, ...] = ("requests", "limits")) -> bool:
    """IsPodLevelResourcesSet: the pod as a whole names something that it may."""
    own = spec.get("resources") or {}
    return any(is_supported_for_pods(name) for kind in kinds for name in own.get(kind) or ())


def _override(total: Object, own: Object) -> None:
    total.update({name: text for name, text in own.items() if is_supported_for_pods(name)})


def _spec(pod: Object, kind: str) -> Object:
    return aggregate(pod["spec"], kind)


def _highest(
    pod: Object, kind: str, views: tuple[Callable[[Object, Object], Object], ...]
) -> Object:
    """The greatest of the spec and what the kubelet says; without the spec if that can't be."""
    statuses = _statuses(pod)
    if not statuses:
        return _spec(pod, kind)
    infeasible = _is_infeasible(pod)
    total = {} if infeasible else _spec(pod, kind)
    for view in views:
        seen: Object = {}
        for field in ("containers", "initContainers"):
            seen[field] = [
                {
                    **container,
                    "resources": {
                        kind: view(
                            {}
                            if infeasible
                            else (container.get("resources") or {}).get(kind) or {},
                            statuses.get(container.get("name", ""), {}),
                        )
                    },
                }
                for container in pod["spec"].get(field) or ()
            ]
        max_list(total, aggregate(seen, kind))
    return total


def _statuses(pod: Object) -> dict[str, Object]:
    status = pod.get("status") or {}
    found: dict[str, Object] = {}
    for field in ("containerStatuses", "initContainerStatuses"):
        for entry in status.get(field) or ():
            found.setdefault(entry.get("name", ""), entry)
    return found


def _allocated(wanted: Object, status: Object) -> Object:
    found: Object | None = status.get("allocatedResources")
    return wanted if found is None else found


def _actuated(wanted: Object, status: Object) -> Object:
    found: Object | None = (status.get("resources") or {}).get("requests")
    return _allocated(wanted, status) if found is None else found


def _limited(wanted: Object, status: Object) -> Object:
    found: Object | None = (status.get("resources") or {}).get("limits")
    return wanted if found is None else found


def _is_infeasible(pod: Object) -> bool:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "PodResizePending":
            return bool(condition.get("reason") == "Infeasible")
    return False
