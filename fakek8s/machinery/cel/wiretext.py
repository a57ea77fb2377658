"""Times, durations and bytes from and to text, with nanoseconds (Go's time, strfmt)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fakek8s.machinery import timestamps
from fakek8s.machinery.cel.values import CelError, Duration, Timestamp

__all__ = [
    "duration_text", "go_duration", "parse_bytes", "parse_date", "parse_duration", "parse_rfc3339",
    "parse_time", "time_text",
]  # fmt: skip

_BILLION: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)


def parse_rfc3339(text: str) -> Timestamp | None:
    """The time of a text, None if it is none."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    offset = 0
    if match[9]:
        offset = int(match[10]) * 3600 + int(match[11]) * 60
        if match[9] == "-":
            offset = -offset
    try:
        moment = datetime(year or 4, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    if not year:  # a leap year, and before the first that counts
        raise CelError("timestamp overflow")
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - offset
    nanoseconds = int((match[7] or "").ljust(9, "0")[:9])
    return Timestamp(seconds * _BILLION + nanoseconds, offset)


def parse_time(text: str) -> Timestamp:
    """A field of format date-time. Raises CelError."""
    found = parse_rfc3339(text)
    if found is None:
        raise CelError(f"Invalid date-time formatted string {text}: no time")
    return found


def parse_date(text: str) -> Timestamp:
    """A field of format date. Raises CelError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CelError(f"Invalid date formatted string {text}: {error}") from None
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Timestamp((moment - _EPOCH) // timedelta(seconds=1) * _BILLION)


_UNITS: Final = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": _BILLION,
    "m": 60 * _BILLION, "h": 3600 * _BILLION, "d": 86400 * _BILLION, "w": 7 * 86400 * _BILLION,
}  # fmt: skip
_WORDS: Final = re.compile(r"(\d+)\s*([A-Za-z]+)", re.ASCII)
_LONG_UNITS: Final = (
    (("ns", "nano"), 1), (("us", "µs", "micro"), 1_000), (("ms", "milli"), 1_000_000),
    (("s", "sec"), _BILLION), (("m", "min"), 60 * _BILLION), (("h", "hr", "hour"), 3600 * _BILLION),
    (("d", "day"), 86400 * _BILLION), (("w", "wk", "week"), 7 * 86400 * _BILLION),
)  # fmt: skip


def go_duration(text: str) -> int | None:
    """time.ParseDuration in nanoseconds, None if the text is none."""
    try:
        return timestamps.parse_duration(text)
    except timestamps.DurationError:
        return None


def parse_duration(text: str) -> Duration:
    """A field of format duration: Go's form, or words (`3 days`). Raises CelError."""
    found = go_duration(text)
    if found is not None:
        return Duration(found)
    total = 0
    matched = False
    for match in _WORDS.finditer(text):
        unit = match[2].lower()
        for names, size in _LONG_UNITS:
            if unit in names or unit.rstrip("s") in names:
                total += int(match[1]) * size
                matched = True
                break
        else:
            matched = False
            break
    if not matched:
        raise CelError(f"Invalid duration {text}: unable to parse {text} as duration")
    return Duration(total)


def parse_bytes(text: str) -> bytes:
    """A field of format byte. Raises CelError."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CelError(f"Invalid byte formatted string {text}: {error}") from None


def duration_text(value: Duration) -> str:
    """string(duration): `90s`, `0.5s`."""
    from fakek8s.machinery.printing import float_text

    seconds = value.nanoseconds / _BILLION
    if seconds == int(seconds) and abs(seconds) < 1e21:
        return f"{int(seconds)}s"
    text = repr(seconds)
    if "e" in text:
        text = f"{seconds:.12f}".rstrip("0")
    return f"{text or float_text(seconds)}s"


def time_text(value: Timestamp) -> str:
    """string(timestamp): RFC 3339 with as many digits as needed, in its zone."""
    moment = civil(value, value.offset)
    nanoseconds = value.nanoseconds % _BILLION
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    zone = "Z"
    if value.offset:
        minutes = abs(value.offset) // 60
        zone = f"{'+' if value.offset > 0 else '-'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{moment.year:04d}-{moment.strftime('%m-%dT%H:%M:%S')}{fraction}{zone}"


def civil(value: Timestamp, offset: int = 0) -> datetime:
    """The calendar's view, to the second, at an offset in seconds from UTC."""
    return _EPOCH + timedelta(seconds=value.nanoseconds // _BILLION + offset)
