"""Resources of the pod as a whole: what follows from those of its containers.

Upstream: pkg/api/pod DefaultPodLevelResources.
"""

from __future__ import annotations

from typing import Any

from fakek8s.kinds.shared.podtemplate.options import containers_of
from fakek8s.kinds.shared.podtemplate.quantities import (
    aggregate,
    is_huge_page,
    is_overcommit_allowed,
    is_supported_for_pods,
)
from fakek8s.machinery.quantity import parse

Object = dict[str, Any]


def default_pod_resources(spec: Object) -> None:
    """Fills spec.resources where something is asked for the pod, in place (its own copy)."""
    given = spec.get("resources") or {}
    requests: Object = dict(given.get("requests") or {})
    limits: Object = dict(given.get("limits") or {})
    if not requests and not limits:
        return
    needed, most = aggregate(spec, "requests"), aggregate(spec, "limits")
    for name, text in most.items():
        if is_huge_page(name) and name not in requests:
            limits.setdefault(name, text)
    for name, text in needed.items():
        if is_supported_for_pods(name) and is_overcommit_allowed(name):
            requests.setdefault(name, text)
    for name, text in limits.items():
        if is_supported_for_pods(name):
            requests.setdefault(name, text)
    for name, request in requests.items():
        if name in limits or not is_supported_for_pods(name) or name not in most:
            continue
        if all(name in _limits(container) for container in containers_of(spec)):
            limit = most[name]
            limits[name] = request if parse(request) > parse(limit) else limit
    resources = {**given}
    for name, found in (("limits", limits), ("requests", requests)):
        if found:
            resources[name] = dict(sorted(found.items()))
    spec["resources"] = resources


def _limits(container: Object) -> Object:
    found: Object = (container.get("resources") or {}).get("limits") or {}
    return found
