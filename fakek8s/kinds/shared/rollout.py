"""Numbers or percentages that limit a rollout (maxUnavailable, maxSurge).

Upstream: pkg/apis/apps/validation ValidatePositiveIntOrPercent, IsNotMoreThan100Percent,
getIntOrPercentValue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.intstr import int_value
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.internal import Fields
    from fakek8s.machinery.causes import FieldError

#: How the strategy of a Deployment or DaemonSet is printed whole.
STRATEGY: Fields = (
    ("Type", "type", ""),
    (
        "RollingUpdate",
        "rollingUpdate",
        (("MaxUnavailable", "maxUnavailable", 0), ("MaxSurge", "maxSurge", 0)),
    ),
)


def number_or_percent(value: int | str, path: str) -> Iterator[FieldError]:
    """ValidatePositiveIntOrPercent."""
    if isinstance(value, int):
        yield from non_negative(value, path)
    else:
        for message in names.is_percent(value):
            yield invalid(path, value, message)


def not_above_100_percent(value: int | str, path: str) -> Iterator[FieldError]:
    """IsNotMoreThan100Percent."""
    if isinstance(value, str) and not names.is_percent(value) and int(value[:-1]) > 100:
        yield invalid(path, value, "must not be greater than 100%")


def value_of(value: int | str) -> int:
    """The number, or the figure in front of the percent sign (getIntOrPercentValue)."""
    if isinstance(value, str) and not names.is_percent(value):
        return int(value[:-1])
    return int_value(value)
