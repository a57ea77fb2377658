from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("apiextensions.k8s.io", "v1", "customresourcedefinitions")


def a_version(name: str, *, storage: bool) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {"name": name, "served": True, "storage": storage, "schema": schema}


def a_definition(*versions: dict[str, Any]) -> dict[str, Any]:
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": "e.com", "scope": "Namespaced", "names": names, "versions": list(versions)}
    return {"metadata": {"name": "widgets.e.com"}, "spec": spec}


def test_names_that_follow_from_the_kind_are_filled_in(doors: Doors) -> None:
    spec = doors.create(a_definition(a_version("v1", storage=True))).object["spec"]
    assert spec["names"]["singular"] == "widget"
    assert spec["names"]["listKind"] == "WidgetList"
    assert spec["conversion"] == {"strategy": "None"}


def test_every_version_that_was_stored_in_stays_known(doors: Doors) -> None:
    old = doors.create(a_definition(a_version("v1", storage=True))).object
    versions = [a_version("v1", storage=False), a_version("v2", storage=True)]
    written = doors.update(old, {"spec": {"versions": versions}})
    assert old["status"]["storedVersions"] == ["v1"]
    assert written.object["status"]["storedVersions"] == ["v1", "v2"]


def test_a_definition_that_is_not_served_is_not_established(doors: Doors) -> None:
    obj = doors.create(a_definition(a_version("v1", storage=True))).object
    row = doors.cells(obj)
    assert row[1:3] == ["Namespaced", "v1(storage)"]
    assert row[-1] is False


def test_the_name_is_resource_and_group(doors: Doors) -> None:
    body = a_definition(a_version("v1", storage=True))
    body["metadata"]["name"] = "other"
    assert doors.create(body).texts == [
        'metadata.name: Invalid value: "other": must be spec.names.plural+"."+spec.group'
    ]


def test_the_status_door_writes_labels_too_and_owns_them(doors: Doors) -> None:
    old = doors.create(a_definition(a_version("v1", storage=True))).object
    changes = {"metadata": {"labels": {"a": "b"}}, "spec": {"scope": "Cluster"}}
    written = doors.update(old, changes, "status").object
    assert written["metadata"]["labels"] == {"a": "b"}
    assert written["spec"] == old["spec"]
    assert doors.kind.behaviour.status.resets == ("spec",)
