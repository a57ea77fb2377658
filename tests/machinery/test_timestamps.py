"""Times, ages and durations as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fakek8s.machinery import timestamps

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 120000, UTC)


def test_times_are_written_in_utc() -> None:
    east = MOMENT.astimezone(timezone(timedelta(hours=2)))
    assert timestamps.format_time(east) == "2026-01-02T03:04:05Z"
    assert timestamps.format_micro_time(east) == "2026-01-02T03:04:05.120000Z"


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05.12Z", "2026-01-02T05:04:05,12+02:00"])
def test_times_may_have_a_fraction_and_a_zone(text: str) -> None:
    assert timestamps.parse_time(text) == MOMENT


def test_micro_times_need_six_digits() -> None:
    assert timestamps.parse_micro_time("2026-01-02T03:04:05.120000Z") == MOMENT
    with pytest.raises(timestamps.TimestampError) as caught:
        timestamps.parse_micro_time("2026-01-02T03:04:05Z")
    assert str(caught.value) == (
        'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00":'
        ' cannot parse "Z" as ".000000"'
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x", ' as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'),
        ("2026-01-02", ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'),
        ("2026-01-02T03:04:05", ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'),
        ("2026-13-02T03:04:05Z", ": month out of range"),
        ("2026-02-30T03:04:05Z", ": day out of range"),
        ("2026-01-02T24:04:05Z", ": hour out of range"),
        ("2026-01-02T03:04:05+25:00", ": time zone offset hour out of range"),
        ("2026-01-02T03:04:05+02:90", ": time zone offset minute out of range"),
        ("2026-01-02T03:04:05Zx", ': extra text: "x"'),
    ],
)
def test_what_is_no_time_is_refused_in_the_words_of_go(text: str, why: str) -> None:
    with pytest.raises(timestamps.TimestampError) as caught:
        timestamps.parse_time(text)
    assert str(caught.value) == f'parsing time "{text}"{why}'


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (-5, "<invalid>", "<invalid>"),
        (-1, "0s", "0s"),
        (119, "119s", "1m"),
        (120, "2m", "2m"),
        (599, "9m59s", "9m"),
        (10_799, "179m", "2h"),
        (10_860, "3h1m", "3h"),
        (47 * 3600, "47h", "1d"),
        (50 * 3600, "2d2h", "2d"),
        (8 * 86400, "8d", "8d"),
        (800 * 86400, "2y70d", "2y"),
        (9 * 365 * 86400, "9y", "9y"),
    ],
)
def test_ages_are_short(seconds: int, long: str, short: str) -> None:
    assert timestamps.human_duration(seconds) == long
    assert timestamps.short_human_duration(seconds) == short


@pytest.mark.parametrize(
    ("text", "nanoseconds", "canonical"),
    [
        ("0", 0, "0s"),
        ("1.5h", 5400 * 10**9, "1h30m0s"),
        ("-1500ms", -1_500_000_000, "-1.5s"),
        ("2us", 2000, "2µs"),
        ("1m", 60 * 10**9, "1m0s"),
    ],
)
def test_durations_are_read_and_written(text: str, nanoseconds: int, canonical: str) -> None:
    assert timestamps.parse_duration(text) == nanoseconds
    assert timestamps.format_duration(nanoseconds) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("5", 'time: missing unit in duration "5"'),
        ("1d", 'time: unknown unit "d" in duration "1d"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
    ],
)
def test_what_is_no_duration_is_refused(text: str, message: str) -> None:
    with pytest.raises(timestamps.DurationError) as caught:
        timestamps.parse_duration(text)
    assert str(caught.value) == message
