from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("apps", "v1", "replicasets")


def replica_set(**spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "r"}},
        "spec": {"containers": [{"name": "a", "image": "app"}]},
    }
    selector = {"matchLabels": {"app": "r"}}
    return {"metadata": {"name": "r"}, "spec": {"selector": selector, "template": template, **spec}}


def test_there_is_one_replica_unless_it_says_otherwise(doors: Doors) -> None:
    assert doors.create(replica_set()).object["spec"]["replicas"] == 1
    assert doors.create(replica_set(replicas=0)).object["spec"]["replicas"] == 0


def test_the_template_bears_the_labels_that_are_selected(doors: Doors) -> None:
    assert doors.create(replica_set(selector={"matchLabels": {"app": "x"}})).texts == [
        (
            'spec.template.metadata.labels: Invalid value: {"app":"r"}: '
            "`selector` does not match template `labels`"
        )
    ]


def test_annotations_are_no_new_generation(doors: Doors) -> None:
    old = doors.create(replica_set()).object
    changed = doors.update(old, {"metadata": {"annotations": {"a": "b"}}}).object
    assert changed["metadata"]["generation"] == 1


def test_status_writers_may_label(doors: Doors) -> None:
    old = doors.create(replica_set()).object
    changes = {"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 5}}
    changed = doors.update(old, changes, "status").object
    assert changed["metadata"]["labels"] == {"a": "b"}
    assert changed["spec"]["replicas"] == 1


def test_counts_in_the_status_fit_together(doors: Doors) -> None:
    old = doors.create(replica_set()).object
    status = {"fullyLabeledReplicas": 3, "readyReplicas": 1, "replicas": 2}
    assert doors.update(old, {"status": status}, "status").texts == [
        "status.fullyLabeledReplicas: Invalid value: 3: cannot be greater than status.replicas"
    ]


def test_the_row(doors: Doors) -> None:
    obj = doors.create(replica_set(replicas=3)).object
    obj["status"] = {"replicas": 2, "readyReplicas": 1}
    assert doors.cells(obj) == ["r", 3, 2, 1, "<unknown>", "a", "app", "app=r"]
