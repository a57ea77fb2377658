from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("resource.k8s.io", "v1", "resourceslices")


def a_slice() -> dict[str, Any]:
    pool = {"name": "p", "generation": 1, "resourceSliceCount": 1}
    return {"metadata": {"name": "s"}, "spec": {"driver": "d.io", "nodeName": "n", "pool": pool}}


def test_what_is_off_is_dropped_yet_a_new_generation(doors: Doors) -> None:
    old = doors.create({**a_slice()}).object
    found = doors.update(old, {"spec": {"partitionTypeAttribute": "a.b/c"}}).object
    assert found["spec"] == old["spec"]
    assert (old["metadata"]["generation"], found["metadata"]["generation"]) == (1, 2)
