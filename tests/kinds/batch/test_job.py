from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("batch", "v1", "jobs")
GENERATED = {
    "batch.kubernetes.io/controller-uid": "u",
    "batch.kubernetes.io/job-name": "j",
    "controller-uid": "u",
    "job-name": "j",
}


def job(labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": labels or {}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "i"}]},
    }
    return {"metadata": {"name": "j", "uid": "u"}, "spec": {"template": template, **spec}}


def test_a_selector_of_its_own(doors: Doors) -> None:
    written = doors.create(job({"x": "y"}))
    spec = written.object["spec"]
    assert written.texts == []
    assert spec["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}
    assert spec["template"]["metadata"]["labels"] == GENERATED | {"x": "y"}
    assert written.object["metadata"]["labels"] == GENERATED | {"x": "y"}


def test_the_generated_selector_is_shown_in_order(doors: Doors) -> None:
    given = job(selector={"matchLabels": {"z": "y", "a": "b"}})
    labels = doors.create(given).object["spec"]["selector"]["matchLabels"]
    assert list(labels) == ["a", "batch.kubernetes.io/controller-uid", "z"]


def test_what_is_stored_shows_the_labels_of_the_template(doors: Doors) -> None:
    obj = doors.create(job()).object
    assert "labels" not in obj["metadata"]
    assert doors.kind.behaviour.to_stored is not None
    assert doors.kind.behaviour.to_stored(obj)["metadata"]["labels"] == GENERATED


def test_a_manual_selector_must_be_given(doors: Doors) -> None:
    assert doors.create(job(manualSelector=True)).texts == [
        "spec.selector: Required value",
        (
            "spec.template.metadata.labels: Invalid value: null: "
            "`selector` does not match template `labels`"
        ),
    ]


def test_retries_are_counted_per_index_or_for_all(doors: Doors) -> None:
    assert doors.create(job()).object["spec"]["backoffLimit"] == 6
    indexed = job(completionMode="Indexed", completions=2, backoffLimitPerIndex=1)
    assert doors.create(indexed).object["spec"]["backoffLimit"] == 2147483647


@pytest.mark.parametrize(
    ("status", "state", "completions", "duration"),
    [
        ({}, "Running", "0/3", ""),
        ({"startTime": "2026-01-02T03:03:05Z"}, "Running", "0/3", "60s"),
        (
            {
                "succeeded": 3,
                "startTime": "2026-01-02T03:00:00Z",
                "completionTime": "2026-01-02T03:01:30Z",
                "conditions": [{"type": "Complete", "status": "True"}],
            },
            "Complete",
            "3/3",
            "90s",
        ),
        ({"conditions": [{"type": "Suspended", "status": "True"}]}, "Suspended", "0/3", ""),
        ({"conditions": [{"type": "Failed", "status": "False"}]}, "Running", "0/3", ""),
    ],
)
def test_the_table(
    doors: Doors, status: dict[str, Any], state: str, completions: str, duration: str
) -> None:
    obj = doors.create(job(completions=3)).object
    row = doors.cells(obj | {"status": status})
    assert row[:4] == ["j", state, completions, duration]
    assert row[5:] == ["a", "i", "batch.kubernetes.io/controller-uid=u"]


def test_a_work_queue_counts_to_one(doors: Doors) -> None:
    obj = doors.create(job(parallelism=4)).object
    assert doors.cells(obj)[2] == "0/1 of 4"
    assert doors.field("status.successful", obj | {"status": {"succeeded": 2}}) == "2"


def test_a_suspended_job_may_get_other_resources_and_places(doors: Doors) -> None:
    old = doors.create(job(suspend=True)).object
    container = {"name": "a", "image": "i", "resources": {"requests": {"cpu": "1"}}}
    pod = {"nodeSelector": {"zone": "a"}, "containers": [container]}
    change = {"spec": {"template": {"metadata": {"annotations": {"q": "r"}}, "spec": pod}}}
    assert doors.update(old, change).texts == []
    running = old | {"spec": old["spec"] | {"suspend": False}}
    assert doors.update(running, change).texts[0].startswith("spec.template: Invalid value: ")


def test_node_affinity_of_a_suspended_job_may_go(doors: Doors) -> None:
    old = doors.create(job(suspend=True)).object
    term = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    affinity = {"affinity": {"nodeAffinity": required}}
    placed = doors.update(old, {"spec": {"template": {"spec": affinity}}})
    assert placed.texts == []
    gone = doors.update(placed.object, {"spec": {"template": {"spec": {"affinity": None}}}})
    assert gone.texts == []
    other: dict[str, Any] = {"affinity": {"podAffinity": {}}}
    moved = doors.update(placed.object, {"spec": {"template": {"spec": other}}})
    assert moved.texts[0].startswith("spec.template.spec: Invalid value: ")
