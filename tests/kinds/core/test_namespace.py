from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "namespaces")
NOT_QUALIFIED = "name is neither a standard finalizer name nor is it fully qualified"


def namespace(**fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, **fields}


def test_a_new_namespace_is_active_labelled_with_its_name_and_held_by_our_finalizer(
    doors: Doors,
) -> None:
    body = namespace(spec={"finalizers": ["a.b/c"]}, status={"phase": "Terminating"})
    obj = doors.create(body).object
    assert obj["metadata"]["labels"] == {"kubernetes.io/metadata.name": "n"}
    assert obj["spec"] == {"finalizers": ["a.b/c", "kubernetes"]}
    assert obj["status"] == {"phase": "Active"}


def test_an_update_changes_neither_finalizers_nor_status_nor_the_name_label(doors: Doors) -> None:
    old = doors.create(namespace()).object
    changed = doors.update(
        old,
        {
            "metadata": {"labels": {"kubernetes.io/metadata.name": "x", "a": "b"}},
            "spec": {"finalizers": []},
            "status": {"phase": "Terminating"},
        },
    ).object
    assert changed["metadata"]["labels"] == {"kubernetes.io/metadata.name": "n", "a": "b"}
    assert (changed["spec"], changed["status"]) == (old["spec"], old["status"])


def test_finalize_changes_the_finalizers_and_names_the_wrong_one(doors: Doors) -> None:
    old = doors.create(namespace()).object
    changed = doors.update(old, {"spec": {"finalizers": ["x"]}}, "finalize")
    assert changed.object["spec"] == {"finalizers": ["x"]}
    assert changed.texts == [f'spec.finalizers[0]: Invalid value: "x": {NOT_QUALIFIED}']


def test_a_new_namespace_with_a_wrong_finalizer_hears_no_index(doors: Doors) -> None:
    texts = doors.create(namespace(spec={"finalizers": ["x"]})).texts
    assert texts == [f'spec.finalizers: Invalid value: "x": {NOT_QUALIFIED}']


@pytest.mark.parametrize(
    ("deleted", "phase", "text"),
    [
        (False, "Active", ""),
        (False, "Terminating", "may only be 'Active' if `deletionTimestamp` is empty"),
        (True, "Terminating", ""),
        (True, "Active", "may only be 'Terminating' if `deletionTimestamp` is not empty"),
    ],
)
def test_the_phase_tells_whether_it_is_being_deleted(
    doors: Doors, deleted: bool, phase: str, text: str
) -> None:
    old = doors.create(namespace()).object
    if deleted:
        old["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    texts = doors.update(old, {"status": {"phase": phase}}, "status").texts
    assert texts == ([f'status.Phase: Invalid value: "{phase}": {text}'] if text else [])


def test_the_first_deletion_begins_the_end_and_the_last_finalizer_allows_it(doors: Doors) -> None:
    behaviour = doors.kind.behaviour
    assert behaviour.before_delete is not None
    assert behaviour.delete_during_update is not None
    obj = doors.create(namespace()).object
    op = doors.operation("delete", obj, obj)
    going = clone(obj)
    assert behaviour.before_delete(going, op)
    assert going["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"
    assert going["status"]["phase"] == "Terminating"
    again = clone(going)
    assert behaviour.before_delete(again, op)
    assert again == going
    assert not behaviour.delete_during_update(going, going)
    free = {**going, "spec": {}}
    assert behaviour.delete_during_update(free, going)
    assert not behaviour.before_delete(free, op)


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        ({}, ["a.b/c", "orphan"]),
        ({"propagationPolicy": "Foreground"}, ["a.b/c", "foregroundDeletion"]),
        ({"propagationPolicy": "Background"}, ["a.b/c"]),
        ({"orphanDependents": True}, ["a.b/c", "orphan"]),
        ({"orphanDependents": False}, ["a.b/c", "foregroundDeletion"]),
    ],
)
def test_a_deletion_keeps_its_collector_finalizers_unless_it_is_asked(
    doors: Doors, options: dict[str, Any], finalizers: list[str]
) -> None:
    behaviour = doors.kind.behaviour
    assert behaviour.before_delete is not None
    obj = doors.create({"metadata": {"name": "n", "finalizers": ["a.b/c", "orphan"]}}).object
    behaviour.before_delete(obj, doors.operation("delete", obj, obj, **options))
    assert obj["metadata"]["finalizers"] == finalizers


def test_the_phase_can_be_selected_and_is_shown(doors: Doors) -> None:
    obj = doors.create(namespace()).object
    assert doors.field("status.phase", obj) == "Active"
    assert doors.cells(obj) == ["n", "Active", "<unknown>"]
