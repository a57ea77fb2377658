"""Resource lists: rounding, sums and the names that resources may have.

A resource list maps a resource's name to a quantity in its canonical text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fakek8s.machinery import names
from fakek8s.machinery.quantity import Quantity, QuantityError, parse

Object = dict[str, Any]

HUGE_PAGES = "hugepages-"
_MILLI = -3
_STANDARD = frozenset(
    (
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "storage",
        "requests.storage",
        "services.nodeports",
        "services.loadbalancers",
    )
)
_STANDARD_CONTAINER = frozenset(("cpu", "memory", "ephemeral-storage"))
_INTEGER = frozenset(
    (
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    )
)


@lru_cache(maxsize=8192)
def rounded_up(text: str) -> str:
    """A quantity rounded up to thousandths, in canonical text (Quantity.RoundUp)."""
    quantity = parse(text)
    if quantity.scale >= _MILLI:
        return text
    return str(Quantity(quantity.milli_value(), _MILLI, quantity.format))


def round_up_list(resources: Object) -> None:
    """SetDefaults_ResourceList, in place."""
    for name, text in resources.items():
        resources[name] = rounded_up(text)


def is_fractional(text: str) -> bool:
    """Whether a quantity is no whole number (MilliValue() % 1000)."""
    return parse(text).milli_value() % 1000 != 0


def add_list(total: Object, more: Object | None) -> None:
    """addResourceList: sums, in place."""
    for name, text in (more or {}).items():
        total[name] = str(parse(total[name]) + parse(text)) if name in total else text


def max_list(total: Object, other: Object | None) -> None:
    """maxResourceList: the greater of each, in place."""
    for name, text in (other or {}).items():
        if name not in total or parse(text) > parse(total[name]):
            total[name] = text


def is_huge_page(name: str) -> bool:
    """IsHugePageResourceName."""
    return name.startswith(HUGE_PAGES)


def is_native(name: str) -> bool:
    """IsNativeResource: in the kubernetes.io namespace, by prefix or without any."""
    return "/" not in name or "kubernetes.io/" in name


def is_overcommit_allowed(name: str) -> bool:
    """IsOvercommitAllowed."""
    return is_native(name) and not is_huge_page(name)


def is_extended(name: str) -> bool:
    """IsExtendedResourceName."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.is_qualified_name(f"requests.{name}")


def is_standard(name: str) -> bool:
    """IsStandardResourceName."""
    return name in _STANDARD or name.startswith((HUGE_PAGES, "requests.hugepages-"))


def is_standard_for_containers(name: str) -> bool:
    """IsStandardContainerResourceName."""
    return name in _STANDARD_CONTAINER or is_huge_page(name)


def is_integer(name: str) -> bool:
    """IsIntegerResourceName."""
    return name in _INTEGER or is_extended(name)


def is_divisible_by_page(name: str, quantity: Quantity) -> bool:
    """IsHugePageResourceValueDivisible: whole pages of the size that the name tells."""
    try:
        page = parse(name.removeprefix(HUGE_PAGES))
    except QuantityError:
        return False
    if page.sign() <= 0 or page.milli_value() % 1000:
        return False
    return quantity.value() % page.value() == 0


def is_supported_for_pods(name: str) -> bool:
    """IsSupportedPodLevelResource."""
    return name in ("cpu", "memory") or is_huge_page(name)


def is_restartable(container: Object) -> bool:
    """isRestartableInitContainer: an init container that is a sidecar."""
    return container.get("restartPolicy") == "Always"


def aggregate(spec: Object, kind: str) -> Object:
    """What a pod's containers need together; `kind` is `requests` or `limits`.

    AggregateContainerRequests and AggregateContainerLimits (component-helpers/resource): the sum
    of containers and sidecars, or what an init container needs with the sidecars before it.
    """
    result: Object = {}
    for container in spec.get("containers") or ():
        add_list(result, _resources(container, kind))
    sidecars: Object = {}
    initial: Object = {}
    for container in spec.get("initContainers") or ():
        resources = _resources(container, kind)
        if is_restartable(container):
            add_list(result, resources)
            add_list(sidecars, resources)
            max_list(initial, sidecars)
        else:
            combined = dict(resources)
            add_list(combined, sidecars)
            max_list(initial, combined)
    max_list(result, initial)
    return result


def _resources(container: Object, kind: str) -> Object:
    found: Object = (container.get("resources") or {}).get(kind) or {}
    return found
