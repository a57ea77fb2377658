from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("storage.k8s.io", "v1", "volumeattributesclasses")


def test_finalizers_come_before_what_is_fixed(doors: Doors) -> None:
    body = {"metadata": {"name": "c"}, "driverName": "d.io", "parameters": {"a": "b"}}
    changes = {"metadata": {"finalizers": ["short"]}, "parameters": {"a": "c"}}
    found = [error.field for error in doors.update(doors.create(body).object, changes).errors]
    assert found == ["metadata.finalizers[0]", "parameters"]
