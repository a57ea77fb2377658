"""Where a service's webhook is: one of its endpoints that is ready.

Upstream routes to the cluster IP, which leads nowhere here (apiserver pkg/util/proxy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.caller import CallError
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Reader

Object = dict[str, Any]

_ROUTED = ("ClusterIP", "LoadBalancer", "NodePort")
_SERVICE_NAME = "kubernetes.io/service-name"


def resolve(reader: Reader, namespace: str, name: str, port: int) -> tuple[str, int]:
    """(address, port) of a service's port. Raises CallError."""
    service = reader.get("services", namespace, name)
    if service is None:
        raise CallError(f"service {quote(name)} not found")
    spec = service["spec"]
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return spec.get("externalName", ""), port
    if kind not in _ROUTED:
        raise CallError(f"unsupported service type {quote(kind)}")
    found = next((p for p in spec.get("ports") or () if p.get("port") == port), None)
    if found is None:
        raise CallError(f"no service port {port} found for service {quote(name)}")
    wanted = found.get("name", "")
    for address in _addresses(reader, namespace, name, wanted):
        return address
    raise CallError(f"no endpoints available for service {quote(name)}")


def _addresses(reader: Reader, namespace: str, name: str, port: str) -> Iterator[tuple[str, int]]:
    for piece in reader.list("endpointslices.discovery.k8s.io", namespace):
        if (piece["metadata"].get("labels") or {}).get(_SERVICE_NAME) != name:
            continue
        number = _port(piece.get("ports"), port)
        for endpoint in piece.get("endpoints") or () if number else ():
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                yield endpoint["addresses"][0], number
    endpoints = reader.get("endpoints", namespace, name) or {}
    for subset in endpoints.get("subsets") or ():
        number = _port(subset.get("ports"), port)
        for address in subset.get("addresses") or () if number else ():
            yield address["ip"], number


def _port(ports: list[Object] | None, name: str) -> int:
    """The number of a named port, 0 if it is not there."""
    for port in ports or ():
        if (port.get("name") or "") == name:
            return port.get("port") or 0
    return 0
