"""The standard library's functions: sizes, conversions, texts, times, optionals."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel.values import (
    NONE,
    CelError,
    Duration,
    Optional,
    Timestamp,
    UInt,
    type_name,
)
from fakek8s.machinery.cel.wiretext import (
    civil,
    duration_text,
    go_duration,
    parse_rfc3339,
    time_text,
)
from fakek8s.machinery.printing import float_text
from fakek8s.machinery.structural.regexp import RegexpError, compile_regexp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS", "conversion_error", "go_float", "regexp"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_UNSIGNED: Final = re.compile(r"[0-9]+", re.ASCII)
_FLOAT: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)",
    re.ASCII | re.IGNORECASE,
)
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def conversion_error(value: Any, to: str) -> CelError:
    return CelError(f"type conversion error from '{type_name(value)}' to '{to}'")


def go_float(value: float) -> str:
    """Go's %g."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return float_text(value)


def regexp(pattern: str) -> re.Pattern[str]:
    """The compiled pattern. Raises CelError with Go's message."""
    try:
        return compile_regexp(pattern)
    except RegexpError as error:
        raise CelError(str(error)) from None


def _int_of_double(value: float) -> int:
    if math.isnan(value) or not -(2.0**63) < value < 2.0**63:
        raise CelError("integer overflow")
    return int(value)


def _uint_of_double(value: float) -> UInt:
    if math.isnan(value) or value < 0 or value >= 2.0**64:
        raise CelError("unsigned integer overflow")
    return UInt(int(value))


def _int_of_text(text: str) -> int:
    if _INTEGER.fullmatch(text) is None or not -(2**63) <= int(text) < 2**63:
        raise conversion_error(text, "int")
    return int(text)


def _uint_of_text(text: str) -> UInt:
    if _UNSIGNED.fullmatch(text) is None or int(text) >= 2**64:
        raise conversion_error(text, "uint")
    return UInt(text)


def _int_of_uint(value: UInt) -> int:
    if value >= 2**63:
        raise CelError("integer overflow")
    return int(value)


def _uint_of_int(value: int) -> UInt:
    if value < 0:
        raise CelError("unsigned integer overflow")
    return UInt(value)


def _double_of_text(text: str) -> float:
    if _FLOAT.fullmatch(text) is None:
        raise conversion_error(text, "double")
    return float(text)


def _bool_of_text(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise conversion_error(text, "bool")


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None


def _duration_of_text(text: str) -> Duration:
    found = go_duration(text)
    if found is None:
        raise conversion_error(text, "google.protobuf.Duration")
    return Duration(found)


def _time_of_text(text: str) -> Timestamp:
    found = parse_rfc3339(text)
    if found is None:
        raise conversion_error(text, "google.protobuf.Timestamp")
    return found


def _same(value: Any) -> Any:
    return value


def _matches(text: str, pattern: str) -> bool:
    return regexp(pattern).search(text) is not None


_OFFSET: Final = re.compile(r"([+-]?[0-9]+):([+-]?[0-9]+)", re.ASCII)


def _zone_offset(value: Timestamp, zone: str) -> int:
    if ":" in zone:
        match = _OFFSET.fullmatch(zone)
        if match is None:
            part = zone.split(":")[0]
            raise CelError(f'strconv.Atoi: parsing "{part}": invalid syntax')
        hours, minutes = int(match[1]), int(match[2])
        total = hours * 60 - minutes if zone.startswith("-") else hours * 60 + minutes
        return total * 60
    if zone in ("", "UTC", "Local"):  # the last is the server's own, which is UTC
        return 0
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CelError(f"unknown time zone {zone}") from None
    offset = civil(value).astimezone(info).utcoffset() or timedelta(0)
    return int(offset.total_seconds())


_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "year": lambda d: d.year,
    "month": lambda d: d.month - 1,
    "day_of_year": lambda d: d.timetuple().tm_yday - 1,
    "day_of_month": lambda d: d.day - 1,
    "day_of_month_1_based": lambda d: d.day,
    "day_of_week": lambda d: (d.weekday() + 1) % 7,
    "hours": lambda d: d.hour,
    "minutes": lambda d: d.minute,
    "seconds": lambda d: d.second,
}
_DURATION_UNITS: Final = {
    "hours": 3_600_000_000_000,
    "minutes": 60_000_000_000,
    "seconds": 1_000_000_000,
    "milliseconds": 1_000_000,
}


def _toward_zero(value: int, unit: int) -> int:
    return -(-value // unit) if value < 0 else value // unit


def _time_functions() -> dict[str, Callable[..., Any]]:
    def part(read: Callable[[datetime], int]) -> Callable[..., int]:
        def get(value: Timestamp, zone: str = "") -> int:
            return read(civil(value, _zone_offset(value, zone) if zone else 0))

        return get

    def milliseconds(value: Timestamp, _: str = "") -> int:
        return value.nanoseconds % 1_000_000_000 // 1_000_000

    def of_duration(unit: int) -> Callable[[Duration], int]:
        return lambda value: _toward_zero(value.nanoseconds, unit)

    found: dict[str, Callable[..., Any]] = {
        "timestamp_to_milliseconds": milliseconds,
        "timestamp_to_milliseconds_with_tz": milliseconds,
    }
    for name, read in _PARTS.items():
        found[f"timestamp_to_{name}"] = found[f"timestamp_to_{name}_with_tz"] = part(read)
    for name, unit in _DURATION_UNITS.items():
        found[f"duration_to_{name}"] = of_duration(unit)
    return found


def _optional_of_non_zero(value: Any) -> Optional:
    if value is None or value is NONE:
        return NONE
    if isinstance(value, Duration):
        return NONE if value.nanoseconds == 0 else Optional(value)
    if isinstance(value, bool | int | float | str | bytes | list | dict) and not value:
        return NONE
    return Optional(value)


def _value(value: Optional) -> Any:
    if value is NONE:
        raise CelError("optional.none() dereference")
    return value.value


def _unwrap(values: list[Any]) -> list[Any]:
    for value in values:
        if type(value) is not Optional:
            raise CelError(f"value {value} is not optional")
    return [value.value for value in values if value is not NONE]


def _insert(into: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    if key in into:
        raise CelError(f"insert failed: key {key} already exists")
    return {**into, key: value}


def _insert_all(into: dict[Any, Any], more: dict[Any, Any]) -> dict[Any, Any]:
    found = into
    for key, value in more.items():
        found = _insert(found, key, value)
    return found


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **dict.fromkeys(
        ("size_bytes", "bytes_size", "size_list", "list_size", "size_map", "map_size",
         "size_string", "string_size"),
        len,
    ),
    **dict.fromkeys(
        ("bool_to_bool", "bytes_to_bytes", "double_to_double", "duration_to_duration", "to_dyn",
         "int64_to_int64", "string_to_string", "timestamp_to_timestamp", "uint64_to_uint64"),
        _same,
    ),
    "string_to_bool": _bool_of_text,
    "string_to_bytes": lambda text: text.encode(),
    "int64_to_double": float,
    "uint64_to_double": float,
    "string_to_double": _double_of_text,
    "string_to_duration": _duration_of_text,
    "double_to_int64": _int_of_double,
    "duration_to_int64": lambda value: value.nanoseconds,
    "string_to_int64": _int_of_text,
    "timestamp_to_int64": lambda value: value.nanoseconds // 1_000_000_000,
    "uint64_to_int64": _int_of_uint,
    "bool_to_string": lambda value: "true" if value else "false",
    "bytes_to_string": _text_of_bytes,
    "double_to_string": go_float,
    "duration_to_string": duration_text,
    "int64_to_string": str,
    "timestamp_to_string": time_text,
    "uint64_to_string": str,
    "int64_to_timestamp": lambda seconds: Timestamp(seconds * 1_000_000_000),
    "string_to_timestamp": _time_of_text,
    "double_to_uint64": _uint_of_double,
    "int64_to_uint64": _uint_of_int,
    "string_to_uint64": _uint_of_text,
    "contains_string": lambda text, part: part in text,
    "ends_with_string": lambda text, part: text.endswith(part),
    "starts_with_string": lambda text, part: text.startswith(part),
    "matches": _matches,
    "matches_string": _matches,
    **_time_functions(),
    "optional_of": Optional,
    "optional_ofNonZeroValue": _optional_of_non_zero,
    "optional_none": lambda: NONE,
    "optional_value": _value,
    "optional_hasValue": lambda value: value is not NONE,
    "list_last": lambda items: Optional(items[-1]) if items else NONE,
    "list_first": lambda items: Optional(items[0]) if items else NONE,
    "optional_unwrap": _unwrap,
    "optional_unwrapOpt": _unwrap,
    "@mapInsert_map_key_value": _insert,
    "@mapInsert_map_map": _insert_all,
}  # fmt: skip
