"""What a claim got: allocated devices, who uses them, how the devices are.

Upstream: pkg/apis/resource/validation validateResourceClaimStatusUpdate. Whether the writer
may bind claims or speak for a driver is not asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.resource.claims import (
    DECLARED_CONFIGURATION,
    DECLARED_REFERENCES,
    RequestNames,
    configuration_rules,
    itself,
    limited,
    namespace_rules,
    raw_rules,
    reference_list_rules,
    reference_rules,
    request_names,
)
from fakek8s.kinds.resource.naming import POOL_NAME, UUID, driver_rules, label_rules, pool_rules
from fakek8s.kinds.resource.taints import DECLARED_TOLERATION, toleration_rules
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.declarative import (
    LONG_NAME_CASELESS,
    OPTIONAL,
    OPTIONAL_POINTER,
    REQUIRED,
    Check,
    Marked,
    all_covered,
    by,
    covered,
    each,
    enum,
    equal,
    field,
    fields,
    max_bytes,
    max_items,
    max_length,
    unique,
)
from fakek8s.kinds.shared.podtemplate.scheduling import node_selector_rules
from fakek8s.kinds.storage.names import driver_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.addresses import is_interface_address
from fakek8s.machinery.causes import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
    too_many,
)
from fakek8s.machinery.meta import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.declarative import Node
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_USERS = 256
_MOST_RESULTS = 32
_MOST_CONFIGS = 64
_MOST_BINDING_CONDITIONS = 4
_MOST_CONDITIONS = 8
_MOST_ADDRESSES = 16
_DATA_LENGTH = 10 * 1024
_INTERFACE_LENGTH, _HARDWARE_LENGTH = 256, 128
_SOURCES = ("FromClaim", "FromClass")


def identity(device: Object) -> Object:
    """Which device, or share of one, as upstream prints its SharedDeviceID."""
    return {
        "Driver": device.get("driver", ""),
        "Pool": device.get("pool", ""),
        "Device": device.get("device", ""),
        "ShareID": device.get("shareID") or "",
    }


def results(status: Object) -> list[Object]:
    """The allocated devices."""
    allocation = status.get("allocation") or {}
    return (allocation.get("devices") or {}).get("results") or []


def drop_deallocated(obj: Object, op: Operation) -> None:
    """dropDeallocatedStatusDevices: what is given back has no status any more."""
    assert op.old is not None
    status = obj.get("status") or {}
    still = [*map(identity, results(status))]
    before = map(identity, results(op.old.get("status") or {}))
    gone = [device for device in before if device not in still]
    kept = [device for device in status.get("devices") or () if identity(device) not in gone]
    if kept:
        status["devices"] = kept
    else:
        status.pop("devices", None)


def drop_disabled(obj: Object, op: Operation) -> None:
    """dropDisabledStatusFields: skipping node operations is off in 1.37."""
    for result in results(obj.get("status") or {}):
        result.pop("skipNodeOperations", None)


def admin_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """AuthorizedForAdminStatus."""
    assert op.old is not None
    if any(result.get("adminAccess") for result in results(op.old.get("status") or {})):
        return
    for number, result in enumerate(results(obj.get("status") or {})):
        if result.get("adminAccess"):
            path = f"status.allocation.devices.results[{number}].adminAccess"
            yield from namespace_rules(path, op)
            return


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateResourceClaimStatusUpdate."""
    assert op.old is not None
    new, old = obj.get("status") or {}, op.old.get("status") or {}
    users, known = new.get("reservedFor") or [], request_names(obj["spec"])
    where = "status.reservedFor"
    yield from limited(users, _MOST_USERS, _user_rules, where, lambda user: user.get("uid", ""))
    allocated = [*map(identity, results(new))]

    def device(item: Object, at: str) -> Iterator[FieldError]:
        yield from _device_rules(item, at, allocated)

    yield from limited(new.get("devices"), -1, device, "status.devices", identity)
    allocation, before = new.get("allocation"), old.get("allocation")
    if users and allocation is None:
        yield forbidden(where, "may not be specified when `allocated` is not set")
    elif obj["metadata"].get("deletionTimestamp") and any(
        user not in (old.get("reservedFor") or ()) for user in users
    ):
        text = "new entries may not be added while `deallocationRequested` or "
        yield forbidden(where, f"{text}`deletionTimestamp` are set")
    if allocation is None:
        return
    if before is None:
        yield from _allocation_rules(allocation, "status.allocation", known)
    elif allocation != before:
        yield covered(invalid("status.allocation", None, IMMUTABLE), "update")


def _user_rules(user: Object, path: str) -> Iterator[FieldError]:
    """validateResourceClaimUserReference."""
    for name in ("resource", "name", "uid"):
        if not user.get(name):
            yield required(f"{path}.{name}")


def _allocation_rules(allocation: Object, path: str, known: RequestNames) -> Iterator[FieldError]:
    """validateAllocationResult."""
    devices = allocation.get("devices") or {}

    def result(item: Object, at: str) -> Iterator[FieldError]:
        yield from _result_rules(item, at, known)

    def configuration(item: Object, at: str) -> Iterator[FieldError]:
        source = item.get("source", "")
        if not source:
            yield covered(required(f"{at}.source"))
        elif source not in _SOURCES:
            shown = ("FromClaim", "FromClass")
            yield covered(not_supported(f"{at}.source", source, shown))
        yield from reference_list_rules(item.get("requests"), f"{at}.requests", known)
        yield from configuration_rules(item, at)

    found, configs = devices.get("results"), devices.get("config")
    yield from limited(found, _MOST_RESULTS, result, f"{path}.devices.results")
    yield from limited(configs, _MOST_CONFIGS, configuration, f"{path}.devices.config")
    if allocation.get("nodeSelector") is not None:
        yield from node_selector_rules(allocation["nodeSelector"], f"{path}.nodeSelector")


def _result_rules(result: Object, path: str, known: RequestNames) -> Iterator[FieldError]:
    """validateDeviceRequestAllocationResult."""
    yield from reference_rules(result.get("request", ""), f"{path}.request", known)
    yield from driver_name_rules(result.get("driver", ""), f"{path}.driver")
    for error in pool_rules(result.get("pool", ""), f"{path}.pool"):
        yield covered(error, error.origin if isinstance(error, Marked) else "")
    yield from label_rules(result.get("device", ""), f"{path}.device")
    yield from binding_rules(result, path)
    yield from toleration_rules(result.get("tolerations"), f"{path}.tolerations")
    yield from _share_rules(result, path)


def _share_rules(device: Object, path: str) -> Iterator[FieldError]:
    """validateUID, all of it covered."""
    share = device.get("shareID")
    if share is not None:
        yield from all_covered(UUID(share, None, f"{path}.shareID", False), "format=k8s-uuid")


def binding_rules(device: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceBindingParameters."""
    wanted = device.get("bindingConditions") or []
    failing = device.get("bindingFailureConditions") or []
    kinds = (("bindingConditions", wanted), ("bindingFailureConditions", failing))
    for name, conditions in kinds:
        yield from limited(conditions, _MOST_BINDING_CONDITIONS, _label_rules, f"{path}.{name}")
    for name, conditions in kinds:
        for number, condition in enumerate(conditions):
            where = f"{path}.{name}[{number}]"
            if condition in conditions[:number]:
                yield duplicate(where, condition)
            if conditions is failing and condition in wanted:
                text = "bindingFailureConditions must not overlap with bindingConditions"
                yield invalid(where, condition, text)
    if failing and not wanted:
        text = "bindingConditions are required to use bindingFailureConditions"
        yield invalid(f"{path}.bindingConditions", device.get("bindingConditions"), text)
    if wanted and not failing:
        text, name = (
            "bindingFailureConditions are required to use bindingConditions",
            "bindingFailureConditions",
        )
        yield invalid(f"{path}.{name}", device.get(name), text)


def _label_rules(condition: str, path: str) -> Iterator[FieldError]:
    for message in names.is_qualified_name(condition):
        yield invalid(path, condition, message)


def _device_rules(device: Object, path: str, allocated: list[Object]) -> Iterator[FieldError]:
    """validateDeviceStatus."""
    yield from driver_rules(device.get("driver", ""), f"{path}.driver")
    yield from pool_rules(device.get("pool", ""), f"{path}.pool")
    yield from label_rules(device.get("device", ""), f"{path}.device")
    yield from _share_rules(device, path)
    if identity(device) not in allocated:
        yield invalid(path, identity(device), "must be an allocated device in the claim")
    conditions = device.get("conditions") or []
    if len(conditions) > _MOST_CONDITIONS:
        yield too_many(f"{path}.conditions", len(conditions), _MOST_CONDITIONS)
    yield from condition_list_rules(conditions, f"{path}.conditions")
    if device.get("data") is not None:
        yield from raw_rules(device["data"], f"{path}.data", _DATA_LENGTH)
    network, where = device.get("networkData") or {}, f"{path}.networkData"
    for name, most in (("interfaceName", _INTERFACE_LENGTH), ("hardwareAddress", _HARDWARE_LENGTH)):
        if names.byte_length(network.get(name, "")) > most:
            yield covered(too_long(f"{where}.{name}", most), "maxBytes")
    yield from limited(network.get("ips"), _MOST_ADDRESSES, _ip_rules, f"{where}.ips", itself)


def _ip_rules(address: str, path: str) -> Iterator[FieldError]:
    for message in is_interface_address(address):
        yield invalid(path, address, message)


def _no_modify(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    """UpdatePointer with NoModify."""
    if update and old is not None and new is not None:
        error = invalid(path, None, "field cannot be modified once set")
        yield Marked(error.reason, error.field, error.body, "update")


_BINDINGS: Node = fields(
    field("bindingConditions", OPTIONAL, max_items(_MOST_BINDING_CONDITIONS)),
    field("bindingFailureConditions", OPTIONAL, max_items(_MOST_BINDING_CONDITIONS)),
)
DECLARED_BINDINGS = _BINDINGS
_SHARE: Node = field("shareID", OPTIONAL_POINTER, UUID)
_RESULT: Node = fields(
    field("driver", REQUIRED, LONG_NAME_CASELESS, max_length(63)),
    field("pool", REQUIRED, POOL_NAME),
    field("tolerations", OPTIONAL, each(DECLARED_TOLERATION)),
    _BINDINGS,
    _SHARE,
)
_CONFIG: Node = fields(
    field("source", REQUIRED, enum(*_SOURCES)), DECLARED_REFERENCES, DECLARED_CONFIGURATION
)
_NETWORK: Node = fields(
    field("interfaceName", OPTIONAL, max_bytes(_INTERFACE_LENGTH)),
    field("ips", OPTIONAL, max_items(_MOST_ADDRESSES), unique(equal)),
    field("hardwareAddress", OPTIONAL, max_bytes(_HARDWARE_LENGTH)),
)
_DEVICE_KEYS = ("driver", "pool", "device", "shareID")
#: Validate_ResourceClaimStatus.
DECLARED_STATUS: Node = fields(
    field(
        "allocation",
        OPTIONAL_POINTER,
        Check(_no_modify, stops=True),
        field(
            "devices",
            fields(
                field("results", OPTIONAL, max_items(_MOST_RESULTS), each(_RESULT)),
                field("config", OPTIONAL, max_items(_MOST_CONFIGS), each(_CONFIG)),
            ),
        ),
    ),
    field("reservedFor", OPTIONAL, max_items(_MOST_USERS), unique(by("uid"))),
    field(
        "devices",
        OPTIONAL,
        unique(by(*_DEVICE_KEYS)),
        each(fields(_SHARE, field("networkData", OPTIONAL_POINTER, _NETWORK)), by(*_DEVICE_KEYS)),
    ),
)
