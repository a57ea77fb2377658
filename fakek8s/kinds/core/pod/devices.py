"""Devices in a pod's status: allocated resources, their health, claims made for them.

Upstream: pkg/apis/core/validation validateContainerStatusAllocatedResourcesStatus,
validatePodExtendedResourceClaimStatus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_CLAIM = "claim:"
_HEALTHS = ("Healthy", "Unhealthy", "Unknown")
_MESSAGE_LENGTH = 1024
_CLAIM_TEXT = (
    "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when "
    "container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty"
)


def device_status_rules(status: Object, spec: Object) -> Iterator[FieldError]:
    """allocatedResourcesStatus of all container statuses."""
    extended = status.get("extendedResourceClaimStatus")
    for kind, source in (
        ("containerStatuses", "containers"),
        ("initContainerStatuses", "initContainers"),
    ):
        for number, container in enumerate(status.get(kind) or ()):
            for position, resource in enumerate(container.get("allocatedResourcesStatus") or ()):
                where = f"status.{kind}[{number}].allocatedResourcesStatus[{position}]"
                owner = _named(spec.get(source) or (), container.get("name", ""))
                if owner is not None:
                    yield from _name_rules(resource.get("name", ""), owner, extended, where)
                yield from _health_rules(resource.get("resources") or [], where)
    for number, container in enumerate(status.get("ephemeralContainerStatuses") or ()):
        if container.get("allocatedResourcesStatus"):
            where = f"status.ephemeralContainerStatuses[{number}].allocatedResourcesStatus"
            yield forbidden(where, "must not be specified in container status")


def _named(containers: Any, name: str) -> Object | None:
    for container in containers:
        if container.get("name", "") == name:
            found: Object = container
            return found
    return None


def _requests(container: Object) -> Object:
    found: Object = (container.get("resources") or {}).get("requests") or {}
    return found


def _name_rules(
    name: str, container: Object, extended: Object | None, path: str
) -> Iterator[FieldError]:
    if not name.startswith(_CLAIM):
        if name not in _requests(container):
            detail = "must match one of the container's resource requests"
            yield invalid(f"{path}.name", name, detail)
        return
    for claim in (container.get("resources") or {}).get("claims") or ():
        request = claim.get("request", "")
        suffix = f"/{request}" if request else ""
        if name == f"{_CLAIM}{claim.get('name', '')}{suffix}":
            return
    if not _is_extended(name, container, extended):
        yield invalid(f"{path}.name", name, _CLAIM_TEXT)


def _is_extended(name: str, container: Object, extended: Object | None) -> bool:
    """matchesExtendedResourceClaimStatus."""
    claim, _, request = name.removeprefix(_CLAIM).partition("/")
    if extended is None or not request or claim != extended.get("resourceClaimName", ""):
        return False
    for mapping in extended.get("requestMappings") or ():
        same_container = mapping.get("containerName", "") == container.get("name", "")
        if same_container and mapping.get("requestName", "") == request:
            quantity = _requests(container).get(mapping.get("resourceName", ""))
            if quantity is not None and parse(quantity).sign():
                return True
    return False


def _health_rules(resources: list[Object], path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for number, resource in enumerate(resources):
        where = f"{path}.resources[{number}]"
        health, message = resource.get("health", ""), resource.get("message")
        if health not in _HEALTHS:
            yield not_supported(f"{where}.health", health, _HEALTHS)
        if message is not None:
            if not message:
                yield required(f"{where}.message", "must be non-empty if specified")
            elif names.byte_length(message) > _MESSAGE_LENGTH:
                yield too_long(f"{where}.message", _MESSAGE_LENGTH)
        identity = resource.get("resourceID", "")
        if identity in seen:
            yield duplicate(f"{where}.resourceID", identity)
        seen.add(identity)


def extended_claim_rules(status: Object | None, spec: Object) -> Iterator[FieldError]:
    """validatePodExtendedResourceClaimStatus."""
    if status is None:
        return
    path = "status.extendedResourceClaimStatus"
    containers = {
        container.get("name", ""): container
        for kind in ("initContainers", "containers")
        for container in spec.get(kind) or ()
    }
    mappings = status.get("requestMappings") or []
    if not mappings:
        yield required(f"{path}.requestMappings", "at least one request mapping is required")
    seen: set[tuple[str, str, str]] = set()
    for number, mapping in enumerate(mappings):
        where = f"{path}.requestMappings[{number}]"
        name, resource = mapping.get("containerName", ""), mapping.get("resourceName", "")
        request = mapping.get("requestName", "")
        if name not in containers:
            detail = (
                "must match the name of an entry in spec.initContainers.name or "
                "spec.containers.name"
            )
            yield invalid(f"{where}.containerName", name, detail)
        elif resource not in _requests(containers[name]):
            yield invalid(
                f"{where}.resourceName",
                resource,
                "must match the extended resource name of an entry in "
                "spec.initContainers.resources.requests or spec.containers.resources.requests",
            )
        for message in names.is_dns1123_label(request):
            yield invalid(f"{path}.requestName", request, message)
        key = (name, resource, request)
        if key in seen:
            yield duplicate(f"{where}.containerName", name)
            yield duplicate(f"{where}.resourceName", resource)
            yield duplicate(f"{where}.requestName", request)
        seen.add(key)
    claim = status.get("resourceClaimName", "")
    if not claim:
        yield required(f"{path}.resourceClaimName")
    else:
        for message in names.is_dns1123_subdomain(claim):
            yield invalid(f"{path}.resourceClaimName", claim, message)
