"""What a pod gets beyond what templates get.

Upstream: pkg/apis/core/v1 SetDefaults_Pod, SetDefaults_PodStatus.
"""

from __future__ import annotations

from typing import Any

from fakek8s.kinds.shared.podtemplate.defaults import default_pod_spec, round_up_resources
from fakek8s.kinds.shared.podtemplate.quantities import round_up_list

Object = dict[str, Any]

_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


def default_pod(pod: Object) -> None:
    """SetObjectDefaults_Pod, in place."""
    spec = pod.setdefault("spec", {})
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        spec["terminationGracePeriodSeconds"] = 1
    containers = spec.get("containers") or ()
    init = spec.get("initContainers") or ()
    for container in containers:
        _requests_from_limits(container)
    for container in init:
        _requests_from_limits(container)
    if spec.get("enableServiceLinks") is None:
        spec["enableServiceLinks"] = True
    if spec.get("hostNetwork"):
        for container in (*containers, *init):
            for port in container.get("ports") or ():
                if not port.get("hostPort"):
                    port["hostPort"] = port.get("containerPort", 0)
    default_pod_spec(spec)
    if status := pod.get("status"):
        _default_status(status)


def _requests_from_limits(container: Object) -> None:
    resources = container.get("resources")
    if not resources or not (limits := resources.get("limits")):
        return
    requests = resources.get("requests") or {}
    if missing := {name: text for name, text in limits.items() if name not in requests}:
        resources["requests"] = {**requests, **missing}


def _default_status(status: Object) -> None:
    ip, ips = status.get("podIP"), status.get("podIPs")
    if ip and (not ips or ips[0].get("ip") != ip):
        status["podIPs"] = [{"ip": ip}]
    elif ips and not ip:
        status["podIP"] = ips[0].get("ip", "")
    for kind in _STATUSES:
        for container in status.get(kind) or ():
            _round_up_allocated(container)
    _round_up_allocated(status)


def _round_up_allocated(status: Object) -> None:
    if allocated := status.get("allocatedResources"):
        round_up_list(allocated)
    if resources := status.get("resources"):
        round_up_resources(resources)
