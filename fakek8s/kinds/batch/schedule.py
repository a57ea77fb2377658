"""Which cron schedules are well-formed: five fields or a descriptor, as robfig/cron reads them.

Upstream: github.com/robfig/cron/v3 ParseStandard, pkg/util/parsers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fakek8s.kinds.batch.timezone import location_problem
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import DurationError, parse_duration

_INTEGER = re.compile("[+-]?[0-9]+")
_DESCRIPTORS = frozenset(
    ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
)
_EVERY = "@every "


class ScheduleError(ValueError):
    """The schedule can't be read; the message is upstream's."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    low: int
    high: int
    names: dict[str, int] = field(default_factory=dict)


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    _Bounds(0, 59),
    _Bounds(0, 23),
    _Bounds(1, 31),
    _Bounds(1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Bounds(0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


def check(text: str) -> None:
    """Raises ScheduleError with what is wrong."""
    if not text:
        raise ScheduleError("empty spec string")
    if text.startswith(("TZ=", "CRON_TZ=")):
        text = _without_zone(text)
    if text.startswith("@"):
        _check_descriptor(text)
        return
    fields = text.split()
    if len(fields) != len(_FIELDS):
        shown = f"[{' '.join(fields)}]"
        raise ScheduleError(f"expected exactly 5 fields, found {len(fields)}: {shown}")
    for part, bounds in zip(fields, _FIELDS, strict=True):
        for expression in part.split(","):
            if expression:
                _check_range(expression, bounds)


def _without_zone(text: str) -> str:
    end, start = text.find(" "), text.index("=") + 1
    if end < 0:
        # Upstream slices with -1 and reports the panic that follows.
        raise ScheduleError(
            f"invalid schedule format: runtime error: slice bounds out of range [:{end}]"
        )
    zone = text[start:end]
    if problem := location_problem(zone):
        raise ScheduleError(f"provided bad location {zone}: {problem}")
    return text[end:].strip()


def _check_descriptor(text: str) -> None:
    if text in _DESCRIPTORS:
        return
    if not text.startswith(_EVERY):
        raise ScheduleError(f"unrecognized descriptor: {text}")
    try:
        parse_duration(text.removeprefix(_EVERY))
    except DurationError as error:
        raise ScheduleError(f"failed to parse duration {text}: {error}") from None


def _check_range(text: str, bounds: _Bounds) -> None:
    range_text, *steps = text.split("/")
    low, *high = range_text.split("-")
    if low in ("*", "?"):
        start, end = bounds.low, bounds.high
    else:
        start = _number(low, bounds)
        if len(high) > 1:
            raise ScheduleError(f"too many hyphens: {text}")
        end = _number(high[0], bounds) if high else start
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {text}")
    step = 1
    if steps:
        step = _integer(steps[0])
        if not high:
            end = bounds.high
    if start < bounds.low:
        raise ScheduleError(f"beginning of range ({start}) below minimum ({bounds.low}): {text}")
    if end > bounds.high:
        raise ScheduleError(f"end of range ({end}) above maximum ({bounds.high}): {text}")
    if start > end:
        raise ScheduleError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")


def _number(text: str, bounds: _Bounds) -> int:
    known = bounds.names.get(text.lower())
    return _integer(text) if known is None else known


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        reason = f"strconv.Atoi: parsing {quote(text)}: invalid syntax"
        raise ScheduleError(f"failed to parse int from {text}: {reason}")
    number = int(text)
    if not -(2**63) <= number < 2**63:
        reason = f"strconv.Atoi: parsing {quote(text)}: value out of range"
        raise ScheduleError(f"failed to parse int from {text}: {reason}")
    if number < 0:
        raise ScheduleError(f"negative number ({number}) not allowed: {text}")
    return number
