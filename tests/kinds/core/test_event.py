from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "events")
ELSEWHERE = "does not match event.namespace"


def event(namespace: str = "ns", about: str = "ns", **fields: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "e", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": about},
        **fields,
    }


@pytest.mark.parametrize(
    ("namespace", "about", "allowed"),
    [
        ("ns", "ns", True),
        ("ns", "other", False),
        ("ns", "", False),
        ("default", "", True),
        ("kube-system", "", False),
    ],
)
def test_old_events_stand_where_their_object_is(
    doors: Doors, namespace: str, about: str, allowed: bool
) -> None:
    texts = doors.create(event(namespace, about)).texts
    wanted = [f'involvedObject.namespace: Invalid value: "{about}": {ELSEWHERE}']
    assert texts == ([] if allowed else wanted)


def test_events_with_a_time_of_their_own_are_held_to_the_new_form(doors: Doors) -> None:
    body = event(eventTime="2026-01-01T00:00:00.000000Z", reason="r" * 129, message="m" * 1025)
    texts = doors.create(body).texts
    assert [text for text in texts if "name part" not in text] == [
        "reportingComponent: Required value",
        "reportingInstance: Required value",
        "action: Required value",
        'reason: Invalid value: "": can have at most 128 characters',
        'message: Invalid value: "": can have at most 1024 characters',
    ]


def test_any_name_that_fits_in_a_path_will_do(doors: Doors) -> None:
    rule = doors.kind.behaviour.name
    assert rule("A_b.17c", False) == []
    assert rule("a/b", False) == ["may not contain '/'"]


def test_the_row_of_a_counted_event(doors: Doors) -> None:
    body = event(
        type="Warning",
        reason="Failed",
        message=" no\n",
        count=3,
        firstTimestamp="2026-01-02T03:00:05Z",
        lastTimestamp="2026-01-02T03:04:00Z",
        source={"component": "kubelet", "host": "n1"},
    )
    assert doors.cells(doors.create(body).object) == [
        "5s",
        "Warning",
        "Failed",
        "pod/p",
        "",
        "kubelet, n1",
        "no",
        "4m",
        3,
        "e",
    ]


def test_the_row_of_a_series(doors: Doors) -> None:
    body = event(
        eventTime="2026-01-02T03:00:05.000000Z",
        reportingComponent="c",
        series={"count": 7, "lastObservedTime": "2026-01-02T03:04:00.000000Z"},
    )
    cells = doors.cells(doors.create(body).object)
    assert (cells[0], cells[5], cells[7], cells[8]) == ("5s", "c", "4m", 7)


def test_the_row_of_an_event_without_times(doors: Doors) -> None:
    cells = doors.cells(doors.create(event()).object)
    assert (cells[0], cells[7], cells[8]) == ("<unknown>", "<unknown>", 1)


def test_the_source_is_the_component_or_who_reported(doors: Doors) -> None:
    assert doors.field("source", doors.create(event(reportingComponent="c")).object) == "c"
    both = event(reportingComponent="c", source={"component": "s"})
    assert doors.field("source", doors.create(both).object) == "s"
    assert doors.field("involvedObject.kind", doors.create(both).object) == "Pod"
