"""Ranges of sizes and costs that never overflow: 64 bits, then they stay at the top."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

__all__ = ["MOST", "UNKNOWN", "ZERO", "Range", "fixed"]

#: The largest number; an unknown size may be this.
MOST: Final = 2**64 - 1


def _factor(number: int, by: float) -> int:
    product = float(number) * by
    return MOST if product >= 2.0**64 else min(math.ceil(product), MOST)


class Range(NamedTuple):
    """From the least to the most (checker SizeEstimate, CostEstimate)."""

    least: int
    most: int

    def plus(self, other: Range) -> Range:
        return Range(min(self.least + other.least, MOST), min(self.most + other.most, MOST))

    def times(self, other: Range) -> Range:
        return Range(min(self.least * other.least, MOST), min(self.most * other.most, MOST))

    def by(self, factor: float) -> Range:
        """Times a factor, rounded up."""
        return Range(_factor(self.least, factor), _factor(self.most, factor))

    def union(self, other: Range) -> Range:
        return Range(min(self.least, other.least), max(self.most, other.most))


def fixed(number: int) -> Range:
    """Exactly a number."""
    return Range(number, number)


ZERO: Final = fixed(0)
UNKNOWN: Final = Range(0, MOST)
