from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("networking.k8s.io", "v1", "servicecidrs")
FOUR, SIX = "198.51.100.128/25", "2001:db8:77::/112"


def cidr(*cidrs: str) -> dict[str, Any]:
    return {"metadata": {"name": "c"}, "spec": {"cidrs": list(cidrs)}}


@pytest.mark.parametrize(
    ("cidrs", "texts"),
    [
        ([], ["spec.cidrs: Required value: at least one CIDR required"]),
        (
            ["198.51.100.1/25"],
            [
                (
                    'spec.cidrs[0]: Invalid value: "198.51.100.1/25": '
                    "must not have bits set beyond the prefix length"
                )
            ],
        ),
        (
            [FOUR, "198.51.100.0/25"],
            [
                (
                    f'spec.cidrs: Invalid value: ["{FOUR}","198.51.100.0/25"]: '
                    "may specify no more than one IP for each IP family, "
                    "i.e 192.168.0.0/24 and 2001:db8::/64"
                )
            ],
        ),
    ],
)
def test_a_range_of_each_family_at_most(doors: Doors, cidrs: list[str], texts: list[str]) -> None:
    assert doors.create(cidr(*cidrs)).texts == texts


def test_ranges_stay_but_one_of_the_other_family_may_come(doors: Doors) -> None:
    old = doors.create(cidr(FOUR)).object
    assert doors.update(old, {"spec": {"cidrs": [FOUR, SIX]}}).texts == []
    assert doors.update(old, {"spec": {"cidrs": [SIX]}}).texts == [
        f'spec.cidrs[0]: Invalid value: "{SIX}": field is immutable'
    ]
    both = doors.create(cidr(FOUR, SIX)).object
    assert doors.update(both, {"spec": {"cidrs": [FOUR]}}).texts == [
        f'spec.cidrs: Invalid value: ["{FOUR}"]: field is immutable'
    ]


def test_writers_of_the_range_do_not_write_its_status(doors: Doors) -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert doors.create({**cidr(FOUR), **ready}).object["status"] == {}


def test_a_row_shows_the_ranges(doors: Doors) -> None:
    assert doors.cells(doors.decode(cidr(FOUR, SIX)))[1] == f"{FOUR},{SIX}"


def test_the_status_door_leaves_the_times_of_deletions_alone(doors: Doors) -> None:
    old = doors.create(cidr(FOUR)).object
    deleted = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert "deletionTimestamp" not in doors.update(old, deleted, "status").object["metadata"]
