"""Lists of indexes as indexed jobs write them: `1,3-5,7`.

Upstream: pkg/apis/batch/validation validateIndexesFormat, parseIndexInterval,
validateFailedIndexesNotOverlapCompleted.
"""

from __future__ import annotations

import re

from fakek8s.machinery.printing import quote

_INTEGER = re.compile("[+-]?[0-9]+")


class IndexesError(ValueError):
    """The list can't be read; the message is upstream's."""


def count(text: str, completions: int) -> int:
    """How many indexes below `completions` the list names; raises IndexesError.

    >>> count("1,3-5", 9)
    4
    """
    if not text:
        return 0
    last: int | None = None
    total = 0
    for part in text.split(","):
        first, end = interval(part, completions)
        if last is not None and last >= first:
            raise IndexesError(f"non-increasing order, previous: {last}, current: {first}")
        total += end - first + 1
        last = end
    return total


def interval(text: str, completions: int) -> tuple[int, int]:
    """The first and the last index of one part; raises IndexesError."""
    limits = text.split("-")
    if len(limits) > 2:
        raise IndexesError(
            f"the fragment {quote(text)} violates the requirement that an index interval can have "
            "at most two parts separated by '-'"
        )
    first = _index(limits[0], completions)
    if len(limits) == 1:
        return first, first
    last = _index(limits[1], completions)
    if first >= last:
        raise IndexesError(f"non-increasing order, previous: {first}, current: {last}")
    return first, last


def _index(text: str, completions: int) -> int:
    if not _INTEGER.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
        raise IndexesError(f"cannot convert string to integer for index: {quote(text)}")
    if int(text) >= completions:
        raise IndexesError(f"too large index: {quote(text)}")
    return int(text)


def overlap(completed: str, failed: str, completions: int) -> int | None:
    """The first index that both lists name, if their readable parts have one in common.

    The lists are walked like two sorted ones, as upstream does, whether they are or not.
    """
    if not completed or not failed:
        return None
    left, right = _readable(completed, completions), _readable(failed, completions)
    while left and right:
        (start, end), (from_, to) = left[0], right[0]
        if start <= to and from_ <= end:
            return max(start, from_)
        (left if start <= from_ else right).pop(0)
    return None


def _readable(text: str, completions: int) -> list[tuple[int, int]]:
    found = []
    for part in text.split(","):
        try:
            found.append(interval(part, completions))
        except IndexesError:
            continue
    return found
