"""Devices as a driver publishes them: attributes, capacity, counters, taints, where they are.

Upstream: pkg/apis/resource/validation validateDevice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.resource.allocation import DECLARED_BINDINGS, binding_rules
from fakek8s.kinds.resource.capacity import capacity_rules
from fakek8s.kinds.resource.claims import limited
from fakek8s.kinds.resource.naming import (
    KEY_LENGTH,
    label_rules,
    qualified_name_rules,
    truncated,
)
from fakek8s.kinds.resource.taints import DECLARED_TAINT, taint_rules
from fakek8s.kinds.shared.declarative import (
    OPTIONAL,
    REQUIRED,
    SHORT_NAME,
    Marked,
    all_covered,
    by,
    covered,
    each,
    field,
    fields,
    max_items,
    same,
    unique,
)
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal
from fakek8s.kinds.shared.podtemplate.scheduling import node_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required, too_long, too_many
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.declarative import Node
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_ENTRIES = 32
_MOST_VALUES = 48
_MOST_TAINTS = 16
_MOST_COUNTERS = 32
_MOST_COUNTER_SETS_USED = 2
_VALUE_LENGTH = 64
_IDENTIFIER = "(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_NUMBER = "(0|[1-9][0-9]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(\.{_IDENTIFIER})*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)
_SCALARS = ("int", "bool", "string", "version")
_LISTS = ("ints", "bools", "strings", "versions")
_ONE_VALUE = "exactly one value must be specified"
_ONE_PLACE = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
    "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
)
_PLACES = ("nodeName", "nodeSelector", "allNodes")
_ATTRIBUTE: Fields = (
    ("IntValue", "int", None),
    ("BoolValue", "bool", None),
    ("StringValue", "string", None),
    ("VersionValue", "version", None),
    ("IntValues", "ints", None),
    ("BoolValues", "bools", None),
    ("StringValues", "strings", None),
    ("VersionValues", "versions", None),
)


def device_rules(
    device: Object, old: Object | None, path: str, *, placed: bool
) -> Iterator[FieldError]:
    """validateDevice; `placed` when each device says where it is. Old parts pass unchecked."""
    yield from label_rules(device.get("name", ""), f"{path}.name")
    attributes: Object = device.get("attributes") or {}
    capacity: Object = device.get("capacity") or {}
    entries = len(attributes) + len(capacity)
    if entries > _MOST_ENTRIES:
        text = f"the total number of attributes and capacities must not exceed {_MOST_ENTRIES}"
        yield invalid(path, entries, text)
    if len(attributes) > _MOST_VALUES:
        text = f"the total number of attribute values must not exceed {_MOST_VALUES}"
        yield invalid(path, len(attributes), text)
    for name, attribute in attributes.items():
        where = f"{path}.attributes"
        yield from qualified_name_rules(name, where)
        yield from _attribute_rules(attribute, f"{where}[{truncated(name, KEY_LENGTH)}]")
    if old is None or not same(old.get("capacity"), capacity):
        shared = bool(device.get("allowMultipleAllocations"))
        for name, entry in capacity.items():
            where = f"{path}.capacity"
            yield from qualified_name_rules(name, where)
            key = truncated(name, KEY_LENGTH)
            yield from capacity_rules(entry, f"{where}[{key}]", shared=shared)
    if old is None or not same(old.get("taints"), device.get("taints")):
        taints, where = device.get("taints"), f"{path}.taints"
        yield from limited(taints, _MOST_TAINTS, _taint_rules, where, declared=False)
    consumed, where = device.get("consumesCounters"), f"{path}.consumesCounters"
    key_of = by_counter_set
    yield from limited(consumed, _MOST_COUNTER_SETS_USED, _consumption_rules, where, key_of)
    yield from _place_rules(device, path, placed=placed)
    yield from binding_rules(device, path)


def by_counter_set(consumption: Object) -> str:
    """The key of consumed counters."""
    return str(consumption.get("counterSet", ""))


def _taint_rules(taint: Object, path: str) -> Iterator[FieldError]:
    return taint_rules(taint, None, path)


def _attribute_rules(attribute: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceAttribute."""
    given = [name for name in (*_SCALARS, *_LISTS) if attribute.get(name) is not None]
    for name in given:
        where, value = f"{path}.{name}", attribute[name]
        if name in ("string", "version"):
            yield from _text_rules(name, value, where)
    if not given:
        yield covered(invalid(path, "", _ONE_VALUE), "union")
    elif len(given) > 1:
        yield covered(invalid(path, internal(attribute, _ATTRIBUTE), _ONE_VALUE), "union")


def _text_rules(name: str, value: str, path: str) -> Iterator[FieldError]:
    if name == "version" and not _SEMVER.fullmatch(value):
        yield invalid(path, value, "must be a string compatible with semver.org spec 2.0.0")
    if names.byte_length(value) > _VALUE_LENGTH:
        yield too_long(path, _VALUE_LENGTH)


def _consumption_rules(consumption: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceCounterConsumption."""
    yield from named_counter_rules(consumption, "counterSet", path)


def counter_set_rules(counters: Object, path: str) -> Iterator[FieldError]:
    """validateCounterSet."""
    yield from named_counter_rules(counters, "name", path)


def named_counter_rules(counters: Object, name: str, path: str) -> Iterator[FieldError]:
    """Counters under a name."""
    value = counters.get(name, "")
    if not value:
        yield covered(required(f"{path}.{name}"))
    else:
        found = label_rules(value, f"{path}.{name}")
        yield from all_covered(found, "format=k8s-short-name")
    entries, where = counters.get("counters") or {}, f"{path}.counters"
    if not entries:
        yield covered(required(where))
    elif len(entries) > _MOST_COUNTERS:
        yield too_many(where, len(entries), _MOST_COUNTERS)
    else:
        for key in entries:
            yield from all_covered(label_rules(key, where), "format=k8s-short-name")


def _place_rules(device: Object, path: str, *, placed: bool) -> Iterator[FieldError]:
    """Where the device is, if devices of this slice say so each."""
    name, selector, everywhere = (device.get(place) for place in _PLACES)
    if not placed:
        if not name is selector is everywhere is None:
            text = (
                "`nodeName`, `nodeSelector` and `allNodes` can only be set if "
                "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
            )
            yield invalid(path, None, text)
        return
    given = []
    if name:
        given.append("`nodeName`")
        for message in subdomain_name(name, False):
            yield invalid(f"{path}.nodeName", name, message)
    elif name is not None:
        yield invalid(f"{path}.nodeName", name, "must not be empty")
    if selector is not None:
        given.append("`nodeSelector`")
        yield from node_selector_rules(selector, f"{path}.nodeSelector")
    if everywhere:
        given.append("`allNodes`")
    elif everywhere is not None:
        yield invalid(f"{path}.allNodes", everywhere, "must be either unset or set to true")
    if not given:
        yield required(path, _ONE_PLACE)
    elif len(given) > 1:
        yield invalid(path, f"{{{', '.join(given)}}}", _ONE_PLACE)


def _one_value(new: Object, old: Object | None, path: str, update: bool) -> Iterator[FieldError]:
    """Union."""
    order = (*_SCALARS, *_LISTS)
    given = [name for name in order if new.get(name) not in (None, [])]
    if update and old is not None:
        before = [name for name in order if old.get(name) not in (None, [])]
        if before == given:
            return
    shown = ", ".join(f"`{name}`" for name in order)
    if not given:
        error = invalid(path, "", f"must specify one of: {shown}")
    elif len(given) > 1:
        error = invalid(path, f"{{{', '.join(given)}}}", f"must specify exactly one of: {shown}")
    else:
        return
    yield Marked(error.reason, error.field, error.body, "union")


def _each_attribute(
    new: Object, old: Object | None, path: str, update: bool
) -> Iterator[FieldError]:
    """EachMapVal."""
    for key, attribute in (new or {}).items():
        before = (old or {}).get(key)
        if not (update and before is not None and before == attribute):
            yield from _one_value(attribute, before, f"{path}[{key}]", update)


def _keys(new: Object, old: Object | None, path: str, update: bool) -> Iterator[FieldError]:
    """EachMapKey with ShortName; the path is the map's."""
    for key in new or {}:
        if not (update and key in (old or {})):
            yield from SHORT_NAME(key, None, path, update)


def _counters(name: str) -> Node:
    return fields(field(name, REQUIRED, SHORT_NAME), field("counters", REQUIRED, _keys))


#: Validate_CounterSet.
DECLARED_COUNTER_SET: Node = _counters("name")
#: Validate_Device.
DECLARED_DEVICE: Node = fields(
    field("attributes", OPTIONAL, _each_attribute),
    field(
        "consumesCounters",
        OPTIONAL,
        max_items(_MOST_COUNTER_SETS_USED),
        unique(by("counterSet")),
        each(_counters("counterSet"), by("counterSet")),
    ),
    field("taints", OPTIONAL, each(DECLARED_TAINT)),
    DECLARED_BINDINGS,
)
