from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("coordination.k8s.io", "v1", "leases")


def test_a_lease_lasts_and_counts_up(doors: Doors) -> None:
    spec = {"leaseDurationSeconds": 0, "leaseTransitions": -1}
    assert doors.create({"metadata": {"name": "l"}, "spec": spec}).texts == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_fields_of_coordinated_election_are_dropped(doors: Doors) -> None:
    spec = {"holderIdentity": "h", "strategy": "x", "preferredHolder": "y"}
    written = doors.create({"metadata": {"name": "l"}, "spec": spec})
    assert (written.object["spec"], written.texts) == ({"holderIdentity": "h"}, [])


def test_the_table_shows_the_holder(doors: Doors) -> None:
    obj = doors.create({"metadata": {"name": "l"}, "spec": {"holderIdentity": "h"}}).object
    assert doors.cells(obj) == ["l", "h", "<unknown>"]


def test_finalizers_may_be_unqualified(doors: Doors) -> None:
    assert doors.create({"metadata": {"name": "l", "finalizers": ["foo"]}}).texts == []
