"""Which time zones there are (Go's time.LoadLocation over the IANA database)."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

#: A zone that every database has: without it there is none to ask.
_WITNESS = "Europe/London"


@lru_cache(maxsize=1)
def _has_database() -> bool:
    return _WITNESS in available_timezones()


def location_problem(name: str) -> str:
    """What is wrong with the name of a zone; "" if it is known, or nothing is known at all."""
    if name in ("", "UTC", "Local"):
        return ""
    if ".." in name.split("/") or name.startswith(("/", "\\")):
        return "time: invalid location name"
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        if _has_database():
            return f"unknown time zone {name}"
    return ""
