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
