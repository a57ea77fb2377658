"""Resource quantities: parsing, canonical text and arithmetic, exact (apimachinery api/resource).

A quantity is an integer, a power of ten and the notation it was written in:

    "1.5Gi" -> 1610612736 x 10^0, BinarySI      "100m" -> 100 x 10^-3, DecimalSI

Two ways lead through upstream's parser, and they differ in what they keep: short numbers take a
fast way that may keep the text as written ("1.500" stays), long ones are rounded up to nano and,
in binary notation, capped at 2^63-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, total_ordering
from typing import Any, Literal

from fakek8s.machinery.printing import json_float

Format = Literal["DecimalExponent", "BinarySI", "DecimalSI"]

FORMAT_ERROR = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
NUMERIC_ERROR = "unable to parse numeric part of quantity"
SUFFIX_ERROR = "unable to parse quantity's suffix"

_SPLIT = re.compile(
    r"(?P<sign>[+-]?)0*(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?"
    r"(?P<suffix>[eEinumkKMGTP]*[-+]?[0-9]*)"
)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")
_PLAIN_INTEGER = re.compile("[1-9][0-9]{0,17}")
_DECIMAL_SUFFIXES = {
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX_OF = {exponent: suffix for suffix, exponent in _DECIMAL_SUFFIXES.items()}
_BINARY_SUFFIX_OF = {exponent // 10: suffix for suffix, exponent in _BINARY_SUFFIXES.items()}
_MAX_INT64 = 2**63 - 1
_NANO = -9
_ALIGNED_AT_MOST = 1000  # powers of ten beyond which numbers are compared by magnitude only


class QuantityError(ValueError):
    """The text is no quantity; the message is upstream's."""


def _round_up(unscaled: int, power: int) -> int:
    """unscaled / 10^power, rounded away from zero."""
    if power > len(str(unscaled)):
        return (unscaled > 0) - (unscaled < 0)
    divisor: int = 10**power
    quotient, remainder = divmod(abs(unscaled), divisor)
    rounded = quotient + (remainder > 0)
    return rounded if unscaled >= 0 else -rounded


def _without_factors(number: int, factor: int) -> tuple[int, int]:
    times = 0
    while number and number % factor == 0:
        number //= factor
        times += 1
    return number, times


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """unscaled x 10^scale; equal and ordered by value whatever the format."""

    unscaled: int
    scale: int = 0
    format: Format = "DecimalSI"
    text: str | None = field(default=None, compare=False, repr=False)

    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.unscaled > 0) - (self.unscaled < 0)

    def scaled_value(self, scale: int) -> int:
        """The value in units of 10^scale, rounded away from zero (ScaledValue).

        Where upstream's int64 overflows this stays exact, but for absurd powers of ten, which
        give 0 as upstream's do.
        """
        if self.scale - scale > _ALIGNED_AT_MOST:
            return 0
        if self.scale >= scale:
            return int(self.unscaled * 10 ** (self.scale - scale))
        return _round_up(self.unscaled, scale - self.scale)

    def value(self) -> int:
        """The value rounded up to a whole number (Value)."""
        return self.scaled_value(0)

    def milli_value(self) -> int:
        """The value in thousandths, rounded up (MilliValue)."""
        return self.scaled_value(-3)

    def compare(self, other: Quantity) -> int:
        """-1, 0 or 1 as this is less than, equal to or greater than the other (Cmp)."""
        if self.scale == other.scale:
            left, right = self.unscaled, other.unscaled
        elif abs(self.scale - other.scale) < _ALIGNED_AT_MOST:
            scale = min(self.scale, other.scale)
            left = self.unscaled * 10 ** (self.scale - scale)
            right = other.unscaled * 10 ** (other.scale - scale)
        else:
            exact, other_exact = self._decimal(), other._decimal()
            return (exact > other_exact) - (exact < other_exact)
        return (left > right) - (left < right)

    def _decimal(self) -> Decimal:
        return Decimal(
            (int(self.unscaled < 0), tuple(map(int, str(abs(self.unscaled)))), self.scale)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.compare(other) == 0

    def __lt__(self, other: Quantity) -> bool:
        return self.compare(other) < 0

    def __hash__(self) -> int:
        number, times = _without_factors(self.unscaled, 10)
        return hash((number, self.scale + times if number else 0))

    def __add__(self, other: Quantity) -> Quantity:
        """Sum in this one's format, or the other's if this is zero (Add).

        Raises OverflowError if the powers of ten are absurdly far apart.
        """
        if not other.unscaled:
            return Quantity(
                self.unscaled, self.scale, self.format if self.unscaled else other.format
            )
        if not self.unscaled:
            return Quantity(other.unscaled, other.scale, other.format)
        if abs(self.scale - other.scale) > _ALIGNED_AT_MOST:
            raise OverflowError("quantities too far apart to add")
        scale = min(self.scale, other.scale)
        total = self.unscaled * 10 ** (self.scale - scale)
        total += other.unscaled * 10 ** (other.scale - scale)
        return Quantity(total, scale, self.format)

    def __neg__(self) -> Quantity:
        return Quantity(-self.unscaled, self.scale, self.format)

    def __sub__(self, other: Quantity) -> Quantity:
        """Difference in this one's format, or the other's if this is zero (Sub)."""
        return self + -other

    def __str__(self) -> str:
        """The canonical text (CanonicalizeBytes), or the text as written where that is kept."""
        return self._canonical() if self.text is None else self.text

    def _canonical(self) -> str:
        if not self.unscaled:
            return "0"
        if self.format == "BinarySI" and (whole := self._whole_binary()) is not None:
            number, times = _without_factors(whole, 1024)
            return f"{number}{_BINARY_SUFFIX_OF.get(times, '')}"
        number, times = _without_factors(self.unscaled, 10)
        exponent = self.scale + times
        number *= 10 ** (exponent % 3)
        exponent -= exponent % 3
        if self.format == "DecimalExponent":
            return f"{number}e{exponent}" if exponent else str(number)
        # A power without a suffix prints none: upstream writes 1000E as "1".
        return f"{number}{_DECIMAL_SUFFIX_OF.get(exponent, '')}"

    def _whole_binary(self) -> int | None:
        """The whole number to print in binary notation; None if decimal notation is due."""
        scale = self.scale
        if scale >= 0:
            whole = self.unscaled * 10**scale
        else:
            number, times = _without_factors(self.unscaled, 10)
            if times < -scale:
                return None
            whole = number * 10 ** (times + scale)
        return whole if abs(whole) >= 1024 else None


@lru_cache(maxsize=8192)
def parse(text: str) -> Quantity:
    """Read a quantity (ParseQuantity).

    Raises QuantityError.

    >>> str(parse("0.1")), str(parse("67108864")), str(parse("1024Mi")), str(parse("1e3"))
    ('100m', '67108864', '1Gi', '1e3')
    """
    match = _SPLIT.fullmatch(text)
    if not text or match is None:
        raise QuantityError(FORMAT_ERROR)
    sign, whole, fraction, suffix = match.group("sign", "whole", "fraction", "suffix")
    whole, fraction = whole or "0", fraction or ""
    if (power := _BINARY_SUFFIXES.get(suffix)) is not None:
        return _parse_binary(text, sign, whole, fraction, power)
    exponent, notation = _decimal_exponent(suffix)
    digits = whole + fraction
    scale = exponent - len(fraction)
    unscaled = int(digits)
    if len(digits) <= 18 and scale >= _NANO:
        keep = scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
        kept = ("0" if text == "0" else text) if keep or text == "0" else None
        return Quantity(-unscaled if sign == "-" else unscaled, scale, notation, kept)
    _check_numeric(match)
    if unscaled and scale < _NANO:
        unscaled, scale = _round_up(unscaled, _NANO - scale), _NANO
    return Quantity(-unscaled if sign == "-" else unscaled, scale, notation)


def _decimal_exponent(suffix: str) -> tuple[int, Format]:
    exponent = _DECIMAL_SUFFIXES.get(suffix)
    if exponent is not None:
        return exponent, "DecimalSI"
    match = _EXPONENT.fullmatch(suffix)
    if match is None or not -(2**63) <= (number := int(match[1])) < 2**63:
        raise QuantityError(SUFFIX_ERROR)
    return (number + 2**31) % 2**32 - 2**31, "DecimalExponent"  # upstream keeps 32 bits of it


def _check_numeric(match: re.Match[str]) -> None:
    """The slow way wants a digit somewhere in front of the suffix; the fast one doesn't."""
    if not any(map(str.isdigit, match.string[: match.start("suffix")])):
        raise QuantityError(NUMERIC_ERROR)


def _parse_binary(text: str, sign: str, whole: str, fraction: str, power: int) -> Quantity:
    if not fraction and 15 - len(whole) - power * 3 // 10 - 1 >= 0:
        number = int(whole) << power
        kept = text if int(whole) & 7 else None
        return Quantity(-number if sign == "-" else number, 0, "BinarySI", kept)
    if not any(map(str.isdigit, text)):
        raise QuantityError(NUMERIC_ERROR)
    unscaled, scale = int(whole + fraction) << power, -len(fraction)
    if unscaled and scale < _NANO:
        unscaled, scale = _round_up(unscaled, _NANO - scale), _NANO
    if unscaled > _MAX_INT64 * 10**-scale:
        unscaled, scale = _MAX_INT64, 0
    below_one = 0 < unscaled < 10**-scale
    notation: Format = "DecimalSI" if below_one else "BinarySI"
    return Quantity(-unscaled if sign == "-" else unscaled, scale, notation)


@lru_cache(maxsize=1024)
def canonical(text: str) -> str:
    """The text that upstream writes back for a quantity it read.

    Raises QuantityError.
    """
    return text if _PLAIN_INTEGER.fullmatch(text) and text[-3:] != "000" else str(parse(text))


def from_json(value: Any) -> Quantity:
    """Read a quantity from decoded JSON: a string or a number (Quantity.UnmarshalJSON).

    A float has lost the text it was written with. Raises QuantityError.
    """
    if value is None:
        return Quantity(0, 0, "DecimalExponent")
    if isinstance(value, str):
        return parse(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        return parse(str(value))
    if isinstance(value, float):
        return parse(json_float(value))
    raise QuantityError(FORMAT_ERROR)
