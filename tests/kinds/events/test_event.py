from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.events.event import from_stored, to_stored

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("events.k8s.io", "v1", "events")


def event(**fields: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "e", "namespace": "ns"},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "regarding": {"kind": "Pod", "namespace": "ns"},
        "reportingController": "example.com/c",
        "reportingInstance": "i",
        "action": "a",
        "reason": "r",
        "type": "Normal",
        **fields,
    }


def test_an_event_comes_back_as_it_was_stored(doors: Doors) -> None:
    obj = doors.create(event(note="n")).object
    stored = to_stored(obj)
    assert stored["apiVersion"] == "v1"
    assert (stored["involvedObject"], stored["message"]) == (obj["regarding"], "n")
    assert stored["reportingComponent"] == "example.com/c"
    again = from_stored(stored)
    assert again == {**obj, "apiVersion": "events.k8s.io/v1"}


def test_a_new_event_is_complete_and_free_of_the_old_fields(doors: Doors) -> None:
    assert doors.create(event()).texts == []
    body = event(
        eventTime=None,
        type="Odd",
        series={"count": 1},
        deprecatedCount=3,
        deprecatedSource={"component": "c"},
        deprecatedFirstTimestamp="2026-01-01T00:00:00Z",
    )
    assert doors.create(body).texts == [
        'series.count: Invalid value: "": should be at least 2',
        "series.lastObservedTime: Required value",
        "eventTime: Required value",
        'type: Invalid value: "": has invalid value: Odd',
        'firstTimestamp: Invalid value: "": needs to be unset',
        'count: Invalid value: "": needs to be unset',
        'source: Invalid value: "": needs to be unset',
    ]


def test_only_the_series_changes(doors: Doors) -> None:
    old = doors.create(event()).object
    series = {"count": 2, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}
    assert doors.update(old, {"series": series}).texts == []
    changes = {"regarding": {"kind": "Node"}, "note": "x", "related": {"name": "y"}}
    reference = '"Namespace":"{}","Name":"{}","UID":"","APIVersion":"","ResourceVersion":"",'
    assert doors.update(old, changes).texts == [
        (
            f'involvedObject: Invalid value: {{"Kind":"Node",{reference.format("ns", "")}'
            '"FieldPath":""}: field is immutable'
        ),
        'message: Invalid value: "x": field is immutable',
        (
            f'related: Invalid value: {{"Kind":"",{reference.format("", "y")}'
            '"FieldPath":""}: field is immutable'
        ),
    ]


def test_the_row_is_that_of_the_core_group(doors: Doors) -> None:
    cells = doors.cells(doors.create(event(note="n")).object)
    assert cells[1:7] == ["Normal", "r", "pod", "", "example.com/c, i", "n"]


def test_fields_are_selected_by_their_new_names(doors: Doors) -> None:
    obj = doors.create(event()).object
    assert doors.field("regarding.kind", obj) == "Pod"
    assert doors.field("reportingController", obj) == "example.com/c"


def test_a_new_event_is_about_something_before_it_has_a_name(doors: Doors) -> None:
    assert doors.create({"metadata": {"namespace": "ns"}}).texts[:2] == [
        'involvedObject.namespace: Invalid value: "": does not match event.namespace',
        "metadata.name: Required value: name or generateName is required",
    ]


def test_metadata_is_looked_at_after_what_events_always_had(doors: Doors) -> None:
    body = event(reportingController="A b")
    body["metadata"]["finalizers"] = ["short"]
    found = [error.field for error in doors.create(body).errors]
    assert found[-1] == "metadata.finalizers[0]"
    assert found[0] == "reportingController"
