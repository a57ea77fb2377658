from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("resource.k8s.io", "v1", "resourceclaims")


def a_device(name: str) -> dict[str, str]:
    return {"driver": "d", "pool": "p", "device": name}


def allocated(*devices: str) -> dict[str, Any]:
    results = [{"request": "r", **a_device(name)} for name in devices]
    return {"devices": {"results": results}}


def a_claim() -> dict[str, Any]:
    request = {"name": "r", "exactly": {"deviceClassName": "c"}}
    return {"metadata": {"name": "a"}, "spec": {"devices": {"requests": [request]}}}


def test_a_request_is_for_one_device_by_default(doors: Doors) -> None:
    request = doors.create(a_claim()).object["spec"]["devices"]["requests"][0]["exactly"]
    assert (request["allocationMode"], request["count"]) == ("ExactCount", 1)


def test_a_device_that_is_given_back_has_no_status_any_more(doors: Doors) -> None:
    old = doors.create(a_claim()).object
    taken = {"allocation": allocated("x"), "devices": [a_device("x")]}
    old = doors.update(old, {"status": taken}, "status").object
    assert [device["device"] for device in old["status"]["devices"]] == ["x"]
    released = doors.update(old, {"status": {"allocation": None}}, "status")
    assert released.errors == []
    assert released.object["status"] == {}


def test_devices_of_others_have_no_status_here(doors: Doors) -> None:
    old = doors.create(a_claim()).object
    changes = {"status": {"allocation": allocated("x"), "devices": [a_device("y")]}}
    shown = '{"Driver":"d","Pool":"p","Device":"y","ShareID":""}'
    assert doors.update(old, changes, "status").texts == [
        f"status.devices[0]: Invalid value: {shown}: must be an allocated device in the claim"
    ]


def test_who_allocates_must_be_let_bind(doors: Doors) -> None:
    old = doors.create(a_claim()).object
    doors.lacking = {"binding"}
    text = (
        "status.allocation: Forbidden: changing status.allocation or status.reservedFor requires "
        'resource="resourceclaims/binding", verb="update" permission: '
        'resourceclaims.resource.k8s.io is forbidden: User "somebody" cannot update resource '
        '"resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope'
    )
    written = doors.update(old, {"status": {"allocation": allocated("x")}}, "status")
    assert written.texts == [text]
    assert doors.update(old, {"status": {}}, "status").errors == []


def test_who_reports_on_devices_must_be_let_speak_for_their_drivers(doors: Doors) -> None:
    old = doors.create(a_claim()).object
    old = doors.update(old, {"status": {"allocation": allocated("x")}}, "status").object
    doors.lacking = {"driver"}
    text = (
        "status.devices: Forbidden: changing status.devices requires "
        'resource="resourceclaims/driver", verb="[arbitrary-node:update]" permission: '
        'resourceclaims.resource.k8s.io "d" is forbidden: User "somebody" cannot '
        'arbitrary-node:update resource "resourceclaims/driver" in API group "resource.k8s.io" '
        'in the namespace "ns"'
    )
    written = doors.update(old, {"status": {"devices": [a_device("x")]}}, "status")
    assert written.texts == [text]


def test_a_class_that_an_alternative_lacks_is_said_once_and_last(doors: Doors) -> None:
    claim = a_claim()
    alternatives = [{"name": "s"}, {"name": "A!", "deviceClassName": "c"}]
    claim["spec"]["devices"]["requests"] = [{"name": "r", "firstAvailable": alternatives}]
    fields = [error.field for error in doors.create(claim).errors]
    where = "spec.devices.requests[0].firstAvailable"
    assert fields == [f"{where}[1].name", f"{where}[0].deviceClassName"]


def test_tolerations_that_a_status_repeats_have_the_default_operator(doors: Doors) -> None:
    old = doors.create(a_claim()).object
    given = allocated("x")
    given["devices"]["results"][0]["tolerations"] = [{"key": "a.b/c"}]
    written = doors.update(old, {"status": {"allocation": given}}, "status")
    assert written.errors == []
    (result,) = written.object["status"]["allocation"]["devices"]["results"]
    assert result["tolerations"] == [{"key": "a.b/c", "operator": "Equal"}]
