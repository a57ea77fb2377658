"""Claims under quota: storage by class, and devices by class.

Source: kubernetes pkg/quota/v1/evaluator/core/{persistent_volume_claims,resource_claims}.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugins.storageclass import class_of
from fakek8s.admission.quota.amounts import ONE, Amounts
from fakek8s.admission.quota.evaluator import Evaluator, count_name, written
from fakek8s.admission.quota.pods import DEVICE_CLASS, is_extended_for_quota
from fakek8s.admission.quota.scopes import matches
from fakek8s.machinery.quantity import Quantity, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]

_COUNT = "count/persistentvolumeclaims"
_NAMES = ("persistentvolumeclaims", "requests.storage")
_BY_CLASS = ".storageclass.storage.k8s.io/"
_DEVICES = ".deviceclass.resource.k8s.io/devices"
_DEVICE_COUNT = count_name("resourceclaims", "resource.k8s.io")
_DEVICE_CLASSES = "deviceclasses.resource.k8s.io"
_IMPLICIT = f"requests.{DEVICE_CLASS}"
#: What a request for all devices of a class counts as (AllocationResultsMaxSize).
_MOST_DEVICES = 32


def _measures(names: Iterable[str], reader: Reader) -> list[str]:
    ends = tuple(_BY_CLASS + name for name in _NAMES)
    return [n for n in names if n == _COUNT or n in _NAMES or n.endswith(ends)]


def _usage(claim: Object, op: Operation) -> Amounts:
    found = dict.fromkeys(("persistentvolumeclaims", _COUNT), ONE)
    name, size = class_of(claim), _size(claim)
    if name:
        found[f"{name}{_BY_CLASS}persistentvolumeclaims"] = ONE
    if size is not None:
        found["requests.storage"] = size
        if name:
            found[f"{name}{_BY_CLASS}requests.storage"] = size
    return found


def _size(claim: Object) -> Quantity | None:
    """What is asked for, or what is allocated already if that is more; whole bytes."""
    text = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    if text is None:
        return None
    allocated = ((claim.get("status") or {}).get("allocatedResources") or {}).get("storage")
    size = parse(text)
    if allocated is not None:
        size = max(size, parse(allocated))
    return size if size.scale >= 0 else Quantity(size.value(), 0, size.format)


def _handles(claim: Object, op: Operation) -> bool:
    """Upstream compares pointers for the status, which always differ."""
    return op.subresource in ("", "status")


def _in_scope(claim: Object, scope: Object) -> bool:
    if scope.get("scopeName") != "VolumeAttributesClass":
        return False
    status = claim.get("status") or {}
    names = {
        claim["spec"].get("volumeAttributesClassName"),
        status.get("currentVolumeAttributesClassName"),
        (status.get("modifyVolumeStatus") or {}).get("targetVolumeAttributesClassName"),
    } - {None, ""}
    if not names:
        return matches(scope, None)
    return any(matches(scope, name) for name in names)


STORAGE = Evaluator(measures=_measures, usage=_usage, handles=_handles, in_scope=_in_scope)


def _extended_name(device_class: str, reader: Reader) -> str:
    found = reader.get(_DEVICE_CLASSES, "", device_class)
    return str(((found or {}).get("spec") or {}).get("extendedResourceName") or "")


def _measures_devices(names: Iterable[str], reader: Reader) -> list[str]:
    found = []
    for name in names:
        if name == _DEVICE_COUNT or name.endswith(_DEVICES):
            found.append(name)
        elif name.startswith(_IMPLICIT):
            if _extended_name(name.removeprefix(_IMPLICIT), reader):
                found.append(name)
        elif is_extended_for_quota(name):
            wanted = name.removeprefix("requests.")
            classes = reader.list(_DEVICE_CLASSES)
            if any((c.get("spec") or {}).get("extendedResourceName") == wanted for c in classes):
                found.append(name)
    return found


def _devices(claim: Object, op: Operation) -> Amounts:
    counts: dict[str, int] = {}
    for request in ((claim["spec"].get("devices") or {}).get("requests")) or ():
        for name, number in _requested(request).items():
            counts[name] = counts.get(name, 0) + number
    found: Amounts = {_DEVICE_COUNT: ONE}
    for name, number in counts.items():
        amount = Quantity(number)
        found[name + _DEVICES] = amount
        if number:
            found[_IMPLICIT + name] = amount
            if extended := _extended_name(name, op.reader):
                found[f"requests.{extended}"] = amount
    return found


def _requested(request: Object) -> dict[str, int]:
    """By device class: of several alternatives the most that each class may have to give."""
    if alternatives := request.get("firstAvailable"):
        found: dict[str, int] = {}
        for one in alternatives:
            name = one.get("deviceClassName", "")
            if number := max(found.get(name, 0), _number(one)):
                found[name] = number
        return found
    exactly = request.get("exactly")
    if exactly is None:
        return {}
    return {exactly.get("deviceClassName", ""): _number(exactly)}


def _number(request: Object) -> int:
    match request.get("allocationMode"):
        case "ExactCount":
            return int(request.get("count") or 0)
        case "All":
            return _MOST_DEVICES
        case _:
            return 0


DEVICES = Evaluator(measures=_measures_devices, usage=_devices, handles=written)
