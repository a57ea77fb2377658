from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("resource.k8s.io", "v1", "devicetaintrules")
NOW, LONG_AGO = "2026-01-02T03:04:05Z", "2024-01-01T00:00:00Z"


def a_rule(**taint: str) -> dict[str, Any]:
    return {"metadata": {"name": "r"}, "spec": {"taint": {"key": "a", **taint}}}


def test_a_taint_is_added_now_unless_it_says_when(doors: Doors) -> None:
    for taint, added in (({}, NOW), ({"timeAdded": LONG_AGO}, LONG_AGO)):
        written = doors.create(a_rule(effect="None", **taint))
        assert written.object["spec"]["taint"]["timeAdded"] == added


def test_another_effect_holds_from_now_on(doors: Doors) -> None:
    old = doors.create(a_rule(effect="None", timeAdded=LONG_AGO)).object
    changes = {"spec": {"taint": {"effect": "NoExecute"}}}
    assert doors.update(old, changes).object["spec"]["taint"]["timeAdded"] == NOW
    changes = {"spec": {"taint": {"value": "v"}}}
    assert doors.update(old, changes).object["spec"]["taint"]["timeAdded"] == LONG_AGO
