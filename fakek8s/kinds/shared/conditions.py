"""Conditions of the common form (metav1.Condition).

Upstream: apimachinery pkg/apis/meta/v1/validation ValidateConditions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_STATUSES = ("False", "True", "Unknown")
_REASON_LENGTH, _MESSAGE_LENGTH = 1024, 32 * 1024
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON_MESSAGE = names.regex_error(
    "a condition reason must start with alphabetic character, optionally followed by a string of "
    "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
    _REASON,
    "my_name",
    "MY_NAME",
    "MyName",
    "ReasonA,ReasonB",
    "ReasonA:ReasonB",
)


def reason_problems(reason: str) -> list[str]:
    """IsValidConditionReason."""
    return [] if re.fullmatch(_REASON, reason) else [_REASON_MESSAGE]


def condition_list_rules(conditions: list[Object] | None, path: str) -> Iterator[FieldError]:
    """ValidateConditions."""
    seen: set[str] = set()
    for number, condition in enumerate(conditions or ()):
        kind = condition.get("type", "")
        if kind in seen:
            yield duplicate(f"{path}[{number}]", kind)
        seen.add(kind)
        yield from _condition_rules(condition, f"{path}[{number}]")


def _condition_rules(condition: Object, path: str) -> Iterator[FieldError]:
    """ValidateCondition."""
    kind, status, reason = (condition.get(name, "") for name in ("type", "status", "reason"))
    if not kind:
        yield required(f"{path}.type", "is required")
    for message in names.is_qualified_name(kind) if kind else ():
        yield invalid(f"{path}.type", kind, message)
    if not status:
        yield required(f"{path}.status")
    elif status not in _STATUSES:
        yield not_supported(f"{path}.status", status, _STATUSES)
    generation = condition.get("observedGeneration", 0)
    if generation < 0:
        text = "must be greater than or equal to zero"
        yield invalid(f"{path}.observedGeneration", generation, text)
    if not condition.get("lastTransitionTime"):
        yield required(f"{path}.lastTransitionTime")
    if not reason:
        yield required(f"{path}.reason")
    else:
        for message in reason_problems(reason):
            yield invalid(f"{path}.reason", reason, message)
        if names.byte_length(reason) > _REASON_LENGTH:
            yield too_long(f"{path}.reason", _REASON_LENGTH)
    if names.byte_length(condition.get("message", "")) > _MESSAGE_LENGTH:
        yield too_long(f"{path}.message", _MESSAGE_LENGTH)
