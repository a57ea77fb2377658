from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("apps", "v1", "deployments")


def deployment(name: str = "d", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "a", "image": "app"}, {"name": "b", "image": "log:1"}]
    return {
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": containers},
            },
            **spec,
        },
    }


def test_defaults(doors: Doors) -> None:
    obj = doors.create(deployment()).object
    spec = {key: obj["spec"][key] for key in obj["spec"] if key not in ("selector", "template")}
    assert spec == {
        "replicas": 1,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
        },
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    assert obj["metadata"]["generation"] == 1
    assert obj["status"] == {}


def test_zeroes_are_no_gaps(doors: Doors) -> None:
    rolling = {"maxUnavailable": 1, "maxSurge": 0}
    body = deployment(replicas=0, revisionHistoryLimit=0, strategy={"rollingUpdate": rolling})
    written = doors.create(body)
    assert written.texts == []
    assert written.object["spec"]["replicas"] == 0
    assert written.object["spec"]["strategy"]["rollingUpdate"] == rolling


def test_an_empty_spec_lacks_selector_and_containers(doors: Doors) -> None:
    assert doors.create({"metadata": {"name": "d"}}).texts == [
        "spec.selector: Required value",
        (
            "spec.template.metadata.labels: Invalid value: null: "
            "`selector` does not match template `labels`"
        ),
        "spec.template.spec.containers: Required value",
    ]


def test_an_empty_selector_selects_nothing(doors: Doors) -> None:
    assert doors.create(deployment(selector={})).texts == [
        "spec.selector: Invalid value: {}: empty selector is invalid for deployment"
    ]


def test_an_unreadable_selector_hides_what_is_wrong_with_the_template(doors: Doors) -> None:
    selector = {"matchExpressions": [{"key": "a", "operator": "Near"}]}
    assert doors.create(deployment(selector=selector, template={})).texts == [
        (
            'spec.selector.matchExpressions[0].operator: Invalid value: "Near": '
            "not a valid selector operator"
        ),
        (
            'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Near"}]}: '
            "invalid label selector"
        ),
    ]


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        (
            {"type": "Recreate", "rollingUpdate": {}},
            ".rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            {"type": "Odd", "rollingUpdate": {"maxSurge": "5%"}},
            (
                ': Unsupported value: {"Type":"Odd","RollingUpdate":{"MaxUnavailable":0,'
                '"MaxSurge":"5%"}}: supported values: "Recreate", "RollingUpdate"'
            ),
        ),
        (
            {"rollingUpdate": {"maxUnavailable": "0%", "maxSurge": 0}},
            '.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
        ),
        (
            {"rollingUpdate": {"maxUnavailable": "101%"}},
            '.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
        ),
        (
            {"rollingUpdate": {"maxUnavailable": -1}},
            ".rollingUpdate.maxUnavailable: Invalid value: -1: must be greater than or equal to 0",
        ),
    ],
)
def test_strategies(doors: Doors, strategy: dict[str, Any], text: str) -> None:
    assert doors.create(deployment(strategy=strategy)).texts == [f"spec.strategy{text}"]


def test_numbers_are_not_negative_and_the_deadline_comes_after_readiness(doors: Doors) -> None:
    body = deployment(replicas=-1, revisionHistoryLimit=-2, minReadySeconds=600)
    assert doors.create(body).texts == [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
        "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ]


def test_pods_of_a_deployment_run_for_ever(doors: Doors) -> None:
    body = deployment()
    body["spec"]["template"]["spec"] |= {"restartPolicy": "Never", "activeDeadlineSeconds": 5}
    assert doors.create(body).texts == [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        (
            "spec.template.spec.activeDeadlineSeconds: Forbidden: "
            "activeDeadlineSeconds in ReplicaSet is not Supported"
        ),
    ]


def test_the_selector_stays(doors: Doors) -> None:
    old = doors.create(deployment()).object
    changes = deployment()["spec"] | {"selector": {"matchLabels": {"app": "d", "b": None}}}
    changes["selector"] = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    texts = doors.update(old, {"spec": changes}).texts
    assert texts[-1].endswith("field is immutable")
    assert texts[-1].startswith("spec.selector: Invalid value: ")


def test_annotations_are_a_new_generation_and_labels_are_not(doors: Doors) -> None:
    old = doors.create(deployment()).object
    labelled = doors.update(old, {"metadata": {"labels": {"a": "b"}}}).object
    annotated = doors.update(old, {"metadata": {"annotations": {"a": "b"}}}).object
    assert labelled["metadata"]["generation"] == 1
    assert annotated["metadata"]["generation"] == 2


def test_status_writers_change_neither_spec_nor_labels(doors: Doors) -> None:
    old = doors.create(deployment()).object
    changes = {
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        "spec": {"replicas": 5},
        "status": {"replicas": 1},
    }
    changed = doors.update(old, changes, "status").object
    assert changed["spec"] == old["spec"]
    assert "labels" not in changed["metadata"]
    assert changed["metadata"]["annotations"] == {"c": "d"}
    assert changed["status"] == {"replicas": 1}
    assert doors.kind.behaviour.status.resets == ("spec", "metadata.labels")


def test_counts_in_the_status_fit_together(doors: Doors) -> None:
    old = doors.create(deployment()).object
    old["status"] = {"collisionCount": 2}
    status = {
        "observedGeneration": -1,
        "replicas": 1,
        "updatedReplicas": 2,
        "availableReplicas": 1,
        "collisionCount": 1,
    }
    assert doors.update(old, {"status": status}, "status").texts == [
        "status.observedGeneration: Invalid value: -1: must be greater than or equal to 0",
        "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
        "status.collisionCount: Invalid value: 1: cannot be decremented",
    ]


def test_names_that_are_no_labels_make_bad_host_names(doors: Doors) -> None:
    assert doors.create(deployment("d")).warnings == []
    written = doors.create(deployment("d.e"))
    assert written.warnings == [
        (
            "metadata.name: this is used in Pod names and hostnames, which can result in "
            "surprising behavior; a DNS label is recommended: [must not contain dots]"
        )
    ]
    assert doors.update(written.object, {"metadata": {"labels": {"a": "b"}}}).warnings == []


def test_the_row_and_the_selector_of_the_scale(doors: Doors) -> None:
    obj = doors.create(deployment(replicas=3)).object
    obj["status"] = {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}
    assert doors.cells(obj) == ["d", "1/3", 2, 1, "<unknown>", "a,b", "app,log:1", "app=d"]
    scale = doors.kind.behaviour.scale
    assert scale is not None
    assert scale.selector is not None
    assert scale.selector(obj) == "app=d"
