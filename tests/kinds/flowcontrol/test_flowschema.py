from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("flowcontrol.apiserver.k8s.io", "v1", "flowschemas")


def test_the_status_door_writes_no_metadata_at_all(doors: Doors) -> None:
    spec = {"priorityLevelConfiguration": {"name": "p"}}
    old = doors.create({"metadata": {"name": "s"}, "spec": spec}).object
    changes = {
        "metadata": {"generateName": "x", "deletionGracePeriodSeconds": 3, "labels": {"a": "b"}}
    }
    assert doors.update(old, changes, "status").object["metadata"] == old["metadata"]
