from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.errors import APIError

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("scheduling.k8s.io", "v1", "priorityclasses")


def a_class(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "value": 1}


def test_the_systems_own_classes_are_not_deleted(doors: Doors) -> None:
    before_delete = doors.kind.behaviour.before_delete
    assert before_delete is not None
    obj = a_class("system-node-critical")
    with pytest.raises(APIError, match="this is a system priority class and cannot be deleted"):
        before_delete(obj, doors.operation("delete", obj, obj))
    obj = a_class("mine")
    assert before_delete(obj, doors.operation("delete", obj, obj)) is False


def test_a_new_class_is_generation_one_for_ever(doors: Doors) -> None:
    old = doors.create(a_class("mine")).object
    assert old["metadata"]["generation"] == 1
    assert not doors.kind.behaviour.generation
