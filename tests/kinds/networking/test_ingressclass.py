from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("networking.k8s.io", "v1", "ingressclasses")


def test_finalizers_come_before_a_changed_controller(doors: Doors) -> None:
    old = doors.create({"metadata": {"name": "c"}, "spec": {"controller": "a.b/c"}}).object
    changes = {"metadata": {"finalizers": ["short"]}, "spec": {"controller": "a.b/d"}}
    found = [error.field for error in doors.update(old, changes).errors]
    assert found == ["metadata.finalizers[0]", "spec.controller"]
