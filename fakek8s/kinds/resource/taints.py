"""Taints of devices and the tolerations that claims have.

Upstream: pkg/apis/resource/validation validateDeviceTaint and validateDeviceToleration,
pkg/apis/resource/v1 SetDefaults_DeviceTaint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.declarative import (
    LABEL_KEY,
    OPTIONAL,
    REQUIRED,
    all_covered,
    covered,
    enum,
    field,
    fields,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

EFFECTS = ("NoExecute", "NoSchedule", "None")
_OPERATORS = ("Equal", "Exists")
#: Stands for the time of the write until the write is prepared: defaults have no clock, but
#: the field must be there when managed fields are computed.
_NOW = "0001-01-02T03:04:05Z"


def default_time(taint: Object) -> None:
    """SetDefaults_DeviceTaint, first half."""
    if taint.get("timeAdded") is None:
        taint["timeAdded"] = _NOW


def fill_time(taint: Object, now: datetime) -> None:
    """SetDefaults_DeviceTaint, second half."""
    if taint.get("timeAdded") == _NOW:
        taint["timeAdded"] = format_time(now)


def taint_rules(taint: Object, old: Object | None, path: str) -> Iterator[FieldError]:
    """validateDeviceTaint; an effect that stays is not checked."""
    key, value = taint.get("key", ""), taint.get("value", "")
    effect = taint.get("effect", "")
    for message in names.is_qualified_name(key):
        yield invalid(f"{path}.key", key, message)
    for message in names.is_label_value(value) if value else ():
        yield invalid(f"{path}.value", value, message)
    if old is None or old.get("effect", "") != effect:
        if not effect:
            yield covered(required(f"{path}.effect"))
        elif effect not in EFFECTS:
            yield covered(not_supported(f"{path}.effect", effect, EFFECTS))


def toleration_rules(tolerations: list[Object] | None, path: str) -> Iterator[FieldError]:
    """validateDeviceToleration of each."""
    for number, toleration in enumerate(tolerations or ()):
        yield from _toleration_rules(toleration, f"{path}[{number}]")


def _toleration_rules(toleration: Object, path: str) -> Iterator[FieldError]:
    key, operator = toleration.get("key", ""), toleration.get("operator", "")
    value, effect = toleration.get("value", ""), toleration.get("effect", "")
    wrong = [invalid(f"{path}.key", key, text) for text in names.is_qualified_name(key)]
    if key:
        yield from all_covered(wrong, "format=k8s-label-key")
    if operator == "Exists":
        if value:
            yield invalid(f"{path}.value", value, "must be empty for operator `Exists`")
    elif operator == "Equal":
        for message in names.is_label_value(value):
            yield invalid(f"{path}.value", value, message)
    elif not operator:
        yield covered(required(f"{path}.operator"))
    else:
        yield covered(not_supported(f"{path}.operator", operator, _OPERATORS))
    if effect and effect not in EFFECTS:
        yield covered(not_supported(f"{path}.effect", effect, EFFECTS))


#: Validate_DeviceTaint.
DECLARED_TAINT = field("effect", REQUIRED, enum(*EFFECTS))
#: Validate_DeviceToleration.
DECLARED_TOLERATION = fields(
    field("key", OPTIONAL, LABEL_KEY),
    field("operator", REQUIRED, enum(*_OPERATORS)),
    field("effect", OPTIONAL, enum(*EFFECTS)),
)
