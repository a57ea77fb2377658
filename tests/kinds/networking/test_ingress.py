from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("networking.k8s.io", "v1", "ingresses")


def test_the_status_door_looks_at_finalizers_too(doors: Doors) -> None:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    old = doors.create({"metadata": {"name": "i"}, "spec": {"defaultBackend": backend}}).object
    found = doors.update(old, {"metadata": {"finalizers": ["short"]}}, "status")
    assert [error.field for error in found.errors] == ["metadata.finalizers[0]"]
