from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("apiregistration.k8s.io", "v1", "apiservices")


def a_service(**spec: Any) -> dict[str, Any]:
    wanted = {"group": "e.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}
    return {"metadata": {"name": "v1.e.com"}, "spec": {**wanted, **spec}}


def test_what_this_server_serves_is_available_at_once(doors: Doors) -> None:
    obj = doors.create(a_service()).object
    (condition,) = obj["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("Available", "True")
    assert doors.cells(obj)[1:3] == ["Local", "True"]


def test_another_server_must_first_be_seen(doors: Doors) -> None:
    obj = doors.create(a_service(service={"namespace": "n", "name": "s"})).object
    assert obj["status"] == {}
    assert obj["spec"]["service"]["port"] == 443
    assert doors.cells(obj)[1:3] == ["n/s", "Unknown"]


def test_updates_look_at_metadata_by_the_rules_of_updates_and_of_creates(doors: Doors) -> None:
    old = doors.create(a_service()).object
    metadata = {**old["metadata"], "resourceVersion": "1", "labels": {"a b": "c"}}
    new = {**old, "metadata": metadata}
    op = doors.operation("update", new, old)
    found = [error for rule in doors.kind.behaviour.main.rules for error in rule(new, op)]
    assert [error.field for error in found] == ["metadata.labels"] * 2
    assert doors.create(a_service()).texts == []


def test_a_wrong_name_is_said_before_wrong_labels(doors: Doors) -> None:
    body = a_service()
    body["metadata"] = {"name": "v2.e.com", "labels": {"a b": "c"}}
    found = doors.create(body)
    assert [error.field for error in found.errors] == ["metadata.name", "metadata.labels"]
    assert found.texts[0].endswith('must be `spec.version+"."+spec.group`: "v1.e.com"')
