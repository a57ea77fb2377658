"""LimitRanges: how little and how much the pods and claims of a namespace may ask for.

Upstream: pkg/registry/core/limitrange, pkg/apis/core/validation ValidateLimitRange,
pkg/apis/core/v1 SetDefaults_LimitRangeItem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.quantities import (
    is_overcommit_allowed,
    round_up_list,
)
from fakek8s.kinds.shared.podtemplate.resources import container_name_rules, resource_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, forbidden, invalid, required
from fakek8s.machinery.quantity import Quantity, parse
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_LISTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_MAX_MILLI_VALUE = (2**63 - 1) // 1000
_NO_STORAGE = "either minimum or maximum storage value is required, but neither was provided"


def default_limits(obj: Object) -> None:
    """SetDefaults_LimitRangeItem: limits from the maximum, requests from limits and minimum."""
    for limit in obj["spec"].get("limits") or ():
        if limit.get("type") == "Container":
            default = limit["default"] = limit.get("default") or {}
            request = limit["defaultRequest"] = limit.get("defaultRequest") or {}
            for target, source in ((default, "max"), (request, "default"), (request, "min")):
                for name, text in (limit.get(source) or {}).items():
                    target.setdefault(name, text)
        for field in _LISTS:
            if limit.get(field):
                round_up_list(limit[field])


def prepare(obj: Object, op: Operation) -> None:
    """PrepareForCreate: a range without a name gets one."""
    if not obj["spec"].get("limits"):
        obj["spec"]["limits"] = None  # the store of upstream tells no empty list from none
    if op.old is None and not obj["metadata"].get("name"):
        obj["metadata"]["name"] = op.ids.uid()


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateLimitRange."""
    seen: set[str] = set()
    for number, limit in enumerate(obj["spec"].get("limits") or ()):
        path = f"spec.limits[{number}]"
        kind = limit.get("type", "")
        yield from _type_rules(kind, f"{path}.type")
        if kind in seen:
            yield duplicate(f"{path}.type", kind)
        seen.add(kind)
        yield from _limit_rules(limit, kind, path)


def _type_rules(kind: str, path: str) -> Iterator[FieldError]:
    messages = names.is_qualified_name(kind)
    for message in messages:
        yield invalid(path, kind, message)
    if not messages and "/" not in kind and kind not in _TYPES:
        yield invalid(path, kind, "must be a standard limit type or fully qualified")


def _limit_rules(limit: Object, kind: str, path: str) -> Iterator[FieldError]:
    given: dict[str, Object] = {field: limit.get(field) or {} for field in _LISTS}
    for field in ("max", "min"):
        yield from _name_rules(given[field], kind, f"{path}.{field}")
    for field in ("default", "defaultRequest"):
        if kind != "Pod":
            yield from _name_rules(given[field], kind, f"{path}.{field}")
        elif given[field]:
            yield forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
            given[field] = {}
    if kind == "PersistentVolumeClaim" and not {"storage"} & (given["min"].keys() | given["max"]):
        yield required(f"{path}.limits", _NO_STORAGE)
    ratio = "maxLimitRequestRatio"
    yield from _name_rules(given[ratio], kind, f"{path}.{ratio}")
    for name in dict.fromkeys(name for field in _LISTS for name in given[field]):
        found = {field: parse(given[field][name]) for field in _LISTS if name in given[field]}
        yield from _order_rules(found, name, path)
        yield from _ratio_rules(found, name, path)
        if not is_overcommit_allowed(name):
            yield from _equal_rules(found, name, path)


def _name_rules(quantities: Object, kind: str, path: str) -> Iterator[FieldError]:
    """validateLimitRangeResourceName."""
    for name in quantities:
        where = f"{path}[{name}]"
        if kind in ("Pod", "Container"):
            yield from container_name_rules(name, where)
        else:
            yield from resource_name_rules(name, where)


#: What must not be greater than what: both fields with their words, the field that is reported
#: and the one whose value is shown.
_ORDER = (
    ("min", "min value", "max", "max value", "min", "min"),
    (
        "min",
        "min value",
        "defaultRequest",
        "default request value",
        "defaultRequest",
        "defaultRequest",
    ),
    (
        "defaultRequest",
        "default request value",
        "max",
        "max value",
        "defaultRequest",
        "defaultRequest",
    ),
    (
        "defaultRequest",
        "default request value",
        "default",
        "default limit value",
        "defaultRequest",
        "defaultRequest",
    ),
    ("min", "min value", "default", "default value", "default", "min"),
    ("default", "default value", "max", "max value", "default", "max"),
)


def _order_rules(found: dict[str, Quantity], name: str, path: str) -> Iterator[FieldError]:
    for low, low_words, high, high_words, field, shown in _ORDER:
        if low in found and high in found and found[low] > found[high]:
            detail = f"{low_words} {found[low]} is greater than {high_words} {found[high]}"
            yield invalid(f"{path}.{field}[{name}]", str(found[shown]), detail)


def _ratio_rules(found: dict[str, Quantity], name: str, path: str) -> Iterator[FieldError]:
    ratio = found.get("maxLimitRequestRatio")
    if ratio is None:
        return
    where = f"{path}.maxLimitRequestRatio[{name}]"
    if ratio < Quantity(1):
        yield invalid(where, str(ratio), f"ratio {ratio} is less than 1")
    if "min" not in found or "max" not in found:
        return
    low, high = found["min"], found["max"]
    values = [float(quantity.value()) for quantity in (ratio, low, high)]
    if all(value < _MAX_MILLI_VALUE for value in values):
        values = [ratio.milli_value() / 1000, low.milli_value(), high.milli_value()]
    limit = values[2] / values[1] if values[1] else float("inf") if values[2] else float("nan")
    if values[0] > limit:
        detail = f"ratio {ratio} is greater than max/min = {limit:f}"
        yield invalid(where, str(ratio), detail)


def _equal_rules(found: dict[str, Quantity], name: str, path: str) -> Iterator[FieldError]:
    default, request = found.get("default"), found.get("defaultRequest")
    if default is not None and request is not None and default != request:
        detail = f"default value {default} must equal to defaultRequest value {request} in {name}"
        yield invalid(f"{path}.defaultRequest[{name}]", str(request), detail)


KIND = Behaviour(
    group="",
    plural="limitranges",
    defaults=(default_limits,),
    name=subdomain_name,
    main=Strategy(prepare=(prepare,), rules=(finalizer_names, rules)),
    allow_create_on_update=True,
)
