"""Services as what requests are proxied to: which port, and whether anything is behind it.

Upstream: pkg/registry/core/service/storage (ResourceLocation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.service import shape
from fakek8s.kinds.shared.reaching import split_name

if TYPE_CHECKING:
    from fakek8s.kind import Reader

Object = dict[str, Any]

_SLICES = "endpointslices.discovery.k8s.io"
_OWNER = "kubernetes.io/service-name"


def locate_proxied(namespace: str, name: str, reader: Reader) -> Object:
    """The service of a proxied request, which counts by its endpoints alone. Raises APIError."""
    name, port = split_name(name, "service")
    service = reader.get("services", namespace, name)
    if port.isascii() and port.isdigit():
        if service is None:
            raise errors.not_found("services", "", name)
        if all(item.get("port") != int(port) for item in shape.ports_of(service)):
            text = f'no service port {int(port)} found for service "{name}"'
            raise errors.service_unavailable(text)
    slices = reader.list(_SLICES, namespace)
    if not any((s["metadata"].get("labels") or {}).get(_OWNER) == name for s in slices):
        raise errors.service_unavailable(f'no endpoints available for service "{name}"')
    return service or {}
