"""Times and durations as text: metav1.Time, metav1.MicroTime, Go durations, ages in tables.

Knows no clock. A datetime carries microseconds, so finer fractions are cut off.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_MICRO = "2006-01-02T15:04:05.000000Z07:00"

_FAST = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_TIME = "%04d-%02d-%02dT%02d:%02d:%02dZ"
_NUMBER = re.compile("[0-9]{1,2}")
_FRACTION = re.compile("[.,]([0-9]+)")
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DURATION_PART = re.compile(r"([0-9]*)(\.?)([0-9]*)([^0-9.]*)", re.ASCII)


class TimestampError(ValueError):
    """The text is no time; the message is Go's."""


class DurationError(ValueError):
    """The text is no duration; the message is Go's."""


def _quote(text: str) -> str:
    """Go's package time quotes by itself: control characters and what isn't ASCII as \\x.."""
    quoted = []
    for character in text:
        if character < " " or character > "\x7f":
            quoted += [f"\\x{byte:02x}" for byte in character.encode("utf-8", "replace")]
        else:
            quoted.append("\\" + character if character in '"\\' else character)
    return '"' + "".join(quoted) + '"'


@lru_cache(maxsize=16)  # a write asks for its time more than once
def format_time(moment: datetime) -> str:
    """As metav1.Time writes it: UTC, whole seconds, `2026-01-02T03:04:05Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # isoformat takes twice as long, and every write passes here.
    return _TIME % (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    )


def format_micro_time(moment: datetime) -> str:
    """As metav1.MicroTime writes it: UTC, six digits, `2026-01-02T03:04:05.000000Z`."""
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}Z"


def parse_time(text: str) -> datetime:
    """Read a metav1.Time: RFC 3339, any fraction of a second.

    Raises TimestampError with the message of Go's time.Parse.
    """
    match = _FAST.fullmatch(text)
    if match is not None:
        try:
            return _from_match(match)
        except ValueError:
            pass  # the exact reader knows the message
    return _Reader(text, RFC3339).read(micro=False)


def parse_micro_time(text: str) -> datetime:
    """Read a metav1.MicroTime: RFC 3339 with exactly six digits after the point.

    Raises TimestampError with the message of Go's time.Parse.
    """
    return _Reader(text, RFC3339_MICRO).read(micro=True)


def _from_match(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, sign = match[7], match[8]
    zone = UTC
    if sign:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
        zone = timezone(-offset if sign == "-" else offset)
    micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return datetime(year, month, day, hour, minute, second, micro, zone).astimezone(UTC)


class _Reader:
    """Go's time.Parse for the two layouts, piece by piece, for exact messages."""

    def __init__(self, text: str, layout: str) -> None:
        self.text = self.rest = text
        self.layout = layout

    def fail(self, element: str, rest: str, message: str = "") -> TimestampError:
        if message:
            return TimestampError(f"parsing time {_quote(self.text)}{message}")
        return TimestampError(
            f"parsing time {_quote(self.text)} as {_quote(self.layout)}:"
            f" cannot parse {_quote(rest)} as {_quote(element)}"
        )

    def out_of_range(self, what: str) -> TimestampError:
        return self.fail("", "", f": {what} out of range")

    def literal(self, expected: str) -> None:
        if not self.rest.startswith(expected):
            raise self.fail(expected, self.rest)
        self.rest = self.rest[1:]

    def number(self, element: str, name: str, limit: int, *, fixed: bool = True) -> int:
        match = _NUMBER.match(self.rest)
        if match is None or (fixed and len(match[0]) < 2):
            raise self.fail(element, self.rest)
        number = int(match[0])
        self.rest = self.rest[match.end() :]
        if number >= limit:
            raise self.out_of_range(name)
        return number

    def read(self, *, micro: bool) -> datetime:
        year = self.year()
        self.literal("-")
        month = self.number("01", "month", 13)
        if month == 0:
            raise self.out_of_range("month")
        self.literal("-")
        day = self.number("02", "day", 100)
        self.literal("T")
        hour = self.number("15", "hour", 24, fixed=False)
        self.literal(":")
        minute = self.number("04", "minute", 60)
        self.literal(":")
        second = self.number("05", "second", 60)
        microsecond = self.six_digits() if micro else self.fraction()
        offset = self.zone()
        if self.rest:
            raise self.fail("", "", f": extra text: {_quote(self.rest)}")
        leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if not 1 <= day <= _MONTH_DAYS[month - 1] + leap:
            raise self.out_of_range("day")
        try:
            moment = datetime(year, month, day, hour, minute, second, microsecond, UTC)
            return moment - offset
        except (ValueError, OverflowError):
            # Years that Go knows and a datetime doesn't: 0, and beyond 9999 by the offset.
            raise self.out_of_range("year") from None

    def year(self) -> int:
        digits = self.rest[:4]
        if len(digits) < 4 or not (digits.isascii() and digits.isdigit()):
            raise self.fail("2006", self.rest)
        self.rest = self.rest[4:]
        return int(digits)

    def fraction(self) -> int:
        match = _FRACTION.match(self.rest)
        if match is None:
            return 0
        self.rest = self.rest[match.end() :]
        return int(match[1][:6].ljust(6, "0"))

    def six_digits(self) -> int:
        piece = self.rest[:7]
        if len(piece) < 7 or piece[0] not in ".," or not re.fullmatch("[0-9]{6}", piece[1:]):
            raise self.fail(".000000", self.rest)
        self.rest = self.rest[7:]
        return int(piece[1:])

    def zone(self) -> timedelta:
        if self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            return timedelta()
        match = re.match(r"(.)(..):(..)", self.rest, re.DOTALL)
        if match is None:
            raise self.fail("Z07:00", self.rest)
        hours, minutes = match[2], match[3]
        numeric = bool(re.fullmatch("[0-9]{2}", hours))
        if numeric and int(hours) > 24:
            raise self.out_of_range("time zone offset hour")
        numeric = numeric and bool(re.fullmatch("[0-9]{2}", minutes))
        if numeric and int(minutes) > 60:
            raise self.out_of_range("time zone offset minute")
        if not numeric or match[1] not in "+-":
            raise self.fail("Z07:00", self.rest)
        self.rest = self.rest[6:]
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return -offset if match[1] == "-" else offset


def human_duration(seconds: float) -> str:
    """An age as kubectl's tables show it, two or three figures (duration.HumanDuration).

    >>> [human_duration(s) for s in (5, 125, 3700, 90000, 10**8)]
    ['5s', '2m5s', '61m', '25h', '3y62d']
    """
    whole = int(seconds)
    if whole < 0:
        return "0s" if whole == -1 else "<invalid>"
    if whole < 120:
        return f"{whole}s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if hours < 24 * 8:
        return _two(days, "d", hours % 24, "h")
    if hours < 24 * 365 * 2:
        return f"{days}d"
    if hours < 24 * 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(big: int, unit: str, small: int, small_unit: str) -> str:
    return f"{big}{unit}{small}{small_unit}" if small else f"{big}{unit}"


def short_human_duration(seconds: float) -> str:
    """An age in one figure (duration.ShortHumanDuration)."""
    whole = int(seconds)
    if whole < 0:
        return "0s" if whole == -1 else "<invalid>"
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h")):
        if whole < limit:
            return f"{whole // size}{unit}"
    days = whole // 86400
    return f"{days}d" if days < 365 else f"{days // 365}y"


def format_duration(nanoseconds: int) -> str:
    """A Go duration (time.Duration.String): `1h0m5s`, `1.5s`, `2ms`, `0s`."""
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if size < 10**9:
        for unit, name in ((10**6, "ms"), (10**3, "µs"), (1, "ns")):
            if size >= unit:
                return f"{sign}{_with_fraction(size, unit)}{name}"
        return "0s"
    minutes, below = divmod(size, 60 * 10**9)
    text = f"{_with_fraction(below, 10**9)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
    return sign + text


def _with_fraction(size: int, unit: int) -> str:
    whole, below = divmod(size, unit)
    fraction = str(below).rjust(len(str(unit)) - 1, "0").rstrip("0") if below else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def parse_duration(text: str) -> int:
    """Nanoseconds of a Go duration (time.ParseDuration).

    Raises DurationError with Go's message.
    """
    rest = text[1:] if text[:1] in ("+", "-") else text
    negative = text.startswith("-")
    invalid = DurationError(f"time: invalid duration {_quote(text)}")
    if rest == "0":
        return 0
    if not rest:
        raise invalid
    total = 0
    while rest:
        match = _DURATION_PART.match(rest)
        whole, point, fraction, unit = match.groups() if match else ("", "", "", "")
        if not whole and not fraction:
            raise invalid
        if int(whole or 0) > 2**63:
            raise invalid
        if not unit:
            raise DurationError(f"time: missing unit in duration {_quote(text)}")
        if unit not in _UNITS:
            raise DurationError(f"time: unknown unit {_quote(unit)} in duration {_quote(text)}")
        total += int(whole or 0) * _UNITS[unit]
        if point and fraction:
            total += int(float(fraction) * (_UNITS[unit] / 10 ** len(fraction)))
        if total > 2**63:
            raise invalid
        rest = rest[match.end() :] if match else ""
    if not negative and total == 2**63:
        raise invalid
    return -total if negative else total
