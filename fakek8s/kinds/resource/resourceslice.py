"""ResourceSlices: devices that a driver offers, all of a pool or a part of it.

Upstream: pkg/registry/resource/resourceslice, pkg/apis/resource/validation
ValidateResourceSlice*, pkg/printers/internalversion printResourceSlice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.resource.claims import limited
from fakek8s.kinds.resource.devices import (
    DECLARED_COUNTER_SET,
    DECLARED_DEVICE,
    counter_set_rules,
    device_rules,
)
from fakek8s.kinds.resource.naming import GROUP, driver_rules, plain, pool_rules
from fakek8s.kinds.resource.taints import default_time, fill_time
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    OPTIONAL,
    by,
    declaratively,
    each,
    field,
    fields,
    max_items,
    unique,
)
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate.internal import NODE_SELECTOR_TERM, internal_list
from fakek8s.kinds.shared.podtemplate.scheduling import node_selector_rules
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.printing import quote
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_DEVICES, _MOST_ADVANCED_DEVICES = 128, 64
_MOST_COUNTER_SETS = 8
_LISTS = ("ints", "bools", "strings", "versions")
_ONE_PLACE = (
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
)


def _devices(obj: Object) -> list[Object]:
    return obj["spec"].get("devices") or []


def default_taints(obj: Object) -> None:
    """SetDefaults_DeviceTaint of each."""
    obj.setdefault("spec", {})
    for device in _devices(obj):
        for taint in device.get("taints") or ():
            default_time(taint)


def fill(obj: Object, now: datetime) -> None:
    """The time of the write for taints that name none."""
    for device in _devices(obj):
        for taint in device.get("taints") or ():
            fill_time(taint, now)


def prepare(obj: Object, op: Operation) -> None:
    """Times of taints, and what is off in 1.37 (dropDisabledFields), yet counts as a change."""
    for name in ("partitionTypeAttribute", "skipNodeOperations"):
        if obj["spec"].pop(name, None) is not None and op.old is not None:
            obj["metadata"]["generation"] = op.old["metadata"].get("generation", 0) + 1
    fill(obj, op.now)
    for device in _devices(obj):
        for consumption in device.get("consumesCounters") or ():
            consumption.pop("compatibilityGroups", None)
        device.pop("nodeAllocatableResources", None)
        for attribute in (device.get("attributes") or {}).values():
            for name in _LISTS:
                attribute.pop(name, None)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateResourceSliceSpec."""
    spec, pool = obj["spec"], obj["spec"].get("pool") or {}
    yield from driver_rules(spec.get("driver", ""), "spec.driver")
    yield from plain(pool_rules(pool.get("name", ""), "spec.pool.name"))
    count, generation = pool.get("resourceSliceCount", 0), pool.get("generation", 0)
    if count <= 0:
        yield invalid("spec.pool.resourceSliceCount", count, "must be greater than zero")
    if generation < 0:
        text = "must be greater than or equal to zero"
        yield invalid("spec.pool.generation", generation, text)
    if op.old is not None:
        yield from _fixed_rules(spec, op.old["spec"])
    yield from _place_rules(spec)
    if spec.get("sharedCounters") is not None and spec.get("devices") is not None:
        yield invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed")
    yield from _device_list_rules(obj, op)
    counters, path = spec.get("sharedCounters"), "spec.sharedCounters"
    yield from limited(counters, _MOST_COUNTER_SETS, counter_set_rules, path, _name_of)


def _name_of(item: Object) -> str:
    return str(item.get("name", ""))


def _fixed_rules(new: Object, old: Object) -> Iterator[FieldError]:
    pool, before = (each.get("pool", {}).get("name", "") for each in (new, old))
    yield from immutable(pool, before, "spec.pool.name")
    yield from immutable(new.get("driver", ""), old.get("driver", ""), "spec.driver")
    yield from immutable(new.get("nodeName"), old.get("nodeName"), "spec.nodeName")


def _place_rules(spec: Object) -> Iterator[FieldError]:
    """Where the devices are: one answer."""
    given = []
    node, selector = spec.get("nodeName"), spec.get("nodeSelector")
    if node:
        given.append("`nodeName`")
        for message in subdomain_name(node, False):
            yield invalid("spec.nodeName", node, message)
    elif node is not None:
        text = "must be either unset or set to a non-empty string"
        yield invalid("spec.nodeName", node, text)
    if selector is not None:
        given.append("`nodeSelector`")
        yield from node_selector_rules(selector, "spec.nodeSelector")
        terms = selector.get("nodeSelectorTerms")
        if len(terms or ()) != 1:
            path, shown = "spec.nodeSelector.nodeSelectorTerms", NODE_SELECTOR_TERM
            text = "must have exactly one node selector term"
            yield invalid(path, internal_list(terms, shown), text)
    for name in ("allNodes", "perDeviceNodeSelection"):
        value = spec.get(name)
        if value:
            given.append(f"`{name}`")
        elif value is not None:
            yield invalid(f"spec.{name}", value, "must be either unset or set to true")
    if not given:
        yield required("spec", _ONE_PLACE)
    elif len(given) > 1:
        text = f"{_ONE_PLACE}, but multiple fields are set"
        yield invalid("spec", f"{{{', '.join(given)}}}", text)


def _device_list_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    devices = _devices(obj)
    old = {} if op.old is None else {_name_of(each): each for each in _devices(op.old)}
    placed = bool(obj["spec"].get("perDeviceNodeSelection"))
    advanced = any(each.get("taints") or each.get("consumesCounters") for each in devices)

    def check(device: Object, path: str) -> Iterator[FieldError]:
        yield from device_rules(device, old.get(_name_of(device)), path, placed=placed)

    most = _MOST_ADVANCED_DEVICES if advanced else _MOST_DEVICES
    yield from limited(devices, most, check, "spec.devices", _name_of, declared=False)


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate."""
    driver = obj["spec"].get("driver", "")
    if driver != driver.lower():
        text = f"driver names should be lowercase; {quote(driver)} contains uppercase characters"
        yield f"spec.driver: {text}"


#: Validate_ResourceSlice.
DECLARED = field(
    "spec",
    fields(
        field("devices", OPTIONAL, each(DECLARED_DEVICE)),
        field(
            "sharedCounters",
            OPTIONAL,
            max_items(_MOST_COUNTER_SETS),
            unique(by("name")),
            each(DECLARED_COUNTER_SET, by("name")),
        ),
    ),
)

KIND = Behaviour(
    group=GROUP,
    plural="resourceslices",
    defaults=(default_taints,),
    timed_default=fill,
    name=subdomain_name,
    generation=True,
    main=Strategy(
        prepare=(first_generation, prepare),
        rules=(declaratively(finalizer_names, spec_rules, node=DECLARED),),
        warnings=(warnings,),
    ),
    cells=cells.row(
        lambda obj: obj["spec"].get("nodeName") or "",
        lambda obj: obj["spec"].get("driver", ""),
        lambda obj: obj["spec"].get("pool", {}).get("name", ""),
    ),
    selectable={
        "spec.nodeName": lambda obj: str(obj["spec"].get("nodeName") or ""),
        "spec.driver": lambda obj: str(obj["spec"].get("driver", "")),
        "spec.pool.name": lambda obj: str((obj["spec"].get("pool") or {}).get("name", "")),
    },
    unselectable="field label not supported for {version}, Kind=ResourceSlice: {label}",
    returns_deleted=True,
)
