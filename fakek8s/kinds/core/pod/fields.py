"""The names of a pod's fields: those that lists select by, those of its spec.

Upstream: pkg/registry/core/pod ToSelectableFields, pkg/apis/core/v1 addConversionFuncs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


def _spec(name: str) -> Callable[[Object], str]:
    def read(pod: Object) -> str:
        found: str = pod["spec"].get(name) or ""
        return found

    return read


def _status(name: str) -> Callable[[Object], str]:
    def read(pod: Object) -> str:
        found: str = (pod.get("status") or {}).get(name) or ""
        return found

    return read


def _host_network(pod: Object) -> str:
    return "true" if pod["spec"].get("hostNetwork") else "false"


def _pod_ip(pod: Object) -> str:
    ips = (pod.get("status") or {}).get("podIPs")
    return str(ips[0].get("ip", "")) if ips else ""


def _nothing(pod: Object) -> str:
    return ""


#: Field labels that a fieldSelector may name. `status.podIPs` is known and never has a value;
#: `spec.host` is the old name of `spec.nodeName`.
SELECTABLE: dict[str, Callable[[Object], str]] = {
    "spec.nodeName": _spec("nodeName"),
    "spec.host": _spec("nodeName"),
    "spec.restartPolicy": _spec("restartPolicy"),
    "spec.schedulerName": _spec("schedulerName"),
    "spec.serviceAccountName": _spec("serviceAccountName"),
    "spec.hostNetwork": _host_network,
    "status.phase": _status("phase"),
    "status.podIP": _pod_ip,
    "status.podIPs": _nothing,
    "status.nominatedNodeName": _status("nominatedNodeName"),
}
