from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.kinds.core.replicationcontroller import declared_rules

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "replicationcontrollers")


def test_a_name_that_is_missing_is_not_a_bad_one_too(doors: Doors) -> None:
    obj = doors.decode({"metadata": {}, "spec": {}})
    (error,) = declared_rules(obj, doors.operation("create", obj, None))
    assert error.text == "metadata.name: Required value: name or generateName is required"
