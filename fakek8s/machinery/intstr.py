"""Values that are a number or a string, mostly a percentage (apimachinery util/intstr)."""

from __future__ import annotations

import re

from fakek8s.machinery.printing import quote

_INTEGER = re.compile("[+-]?[0-9]+")


class IntOrStringError(ValueError):
    """The value is neither a number nor a percentage; the message is upstream's."""


def parse(text: str) -> int | str:
    """A number if the text is one that fits 32 bits, else the text (intstr.Parse)."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return text if number is None or not -(2**31) <= number < 2**31 else number


def int_value(value: int | str) -> int:
    """The number, or the text read as one, 0 if it is none (IntValue)."""
    if isinstance(value, int):
        return value
    return int(value) if _INTEGER.fullmatch(value) else 0


def scaled_value(value: int | str | None, total: int, *, round_up: bool) -> int:
    """A number as it is, a percentage as its part of total (GetScaledValueFromIntOrPercent).

    Raises IntOrStringError.

    >>> scaled_value("25%", 10, round_up=True), scaled_value("25%", 10, round_up=False)
    (3, 2)
    """
    if value is None:
        raise IntOrStringError("nil value for IntOrString")
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        raise IntOrStringError(
            "invalid value for IntOrString: invalid type: string is not a percentage"
        )
    digits = value[:-1]
    if not _INTEGER.fullmatch(digits):
        raise IntOrStringError(
            f"invalid value for IntOrString: invalid value {quote(value)}:"
            f" strconv.Atoi: parsing {quote(digits)}: invalid syntax"
        )
    product = int(digits) * total
    return -(-product // 100) if round_up else product // 100
