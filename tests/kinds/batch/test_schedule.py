from __future__ import annotations

import pytest

from fakek8s.kinds.batch import schedule
from fakek8s.kinds.batch.timezone import location_problem


@pytest.mark.parametrize(
    "text",
    [
        "*/5 * * * *",
        "0 0 1,15 jan-MAR Mon-fri",
        "5/10 ? * * ?",
        "1,2,,3 * * * *",
        "@hourly",
        "@every 1h30m",
        "TZ=UTC 0 0 * * *",
    ],
)
def test_schedules_that_cron_reads(text: str) -> None:
    schedule.check(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty spec string"),
        ("every day", "expected exactly 5 fields, found 2: [every day]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        (
            "x * * * *",
            'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
        ),
        ("@never", "unrecognized descriptor: @never"),
        (
            "@every 1x",
            'failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"',
        ),
        (
            "TZ=Mars/Base * * * * *",
            "provided bad location Mars/Base: unknown time zone Mars/Base",
        ),
    ],
)
def test_schedules_that_cron_refuses(text: str, message: str) -> None:
    with pytest.raises(schedule.ScheduleError) as caught:
        schedule.check(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["", "UTC", "Local", "Europe/Berlin", "Etc/GMT+5"])
def test_zones_of_the_database(name: str) -> None:
    assert location_problem(name) == ""


def test_a_zone_is_no_path() -> None:
    assert location_problem("../etc/passwd") == "time: invalid location name"
