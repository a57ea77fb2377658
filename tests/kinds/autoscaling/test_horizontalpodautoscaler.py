from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.autoscaling.conversion import METRICS, to_v2
from fakek8s.kinds.autoscaling.horizontalpodautoscaler import bump_for_metrics
from fakek8s.kinds.autoscaling.measured import metrics_text
from fakek8s.machinery.clone import clone
from tests.kinds.conftest import Stored

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("autoscaling", "v1", "horizontalpodautoscalers")
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def autoscaler(**spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    return {
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 3, **spec},
    }


def test_the_default_of_the_cpu_shows(doors: Doors) -> None:
    spec = doors.create(autoscaler()).object["spec"]
    assert (spec["minReplicas"], spec["targetCPUUtilizationPercentage"]) == (1, 80)


def test_the_rules_are_those_of_v2(doors: Doors) -> None:
    written = doors.create(autoscaler(maxReplicas=0, targetCPUUtilizationPercentage=-1))
    assert written.texts == [
        "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
        (
            "spec.metrics[0].resource.target.averageUtilization: Invalid value: -1: "
            "must be greater than 0"
        ),
        "spec.maxReplicas: Required value",
    ]


def test_annotations_of_the_status_belong_to_its_door(doors: Doors) -> None:
    old = doors.create(autoscaler()).object
    conditions = '[{"type":"A","status":"True"}]'
    change = {"metadata": {"annotations": {CONDITIONS: conditions}}, "spec": {"maxReplicas": 9}}
    written = doors.update(old, change).object
    assert written["spec"]["maxReplicas"] == 9
    assert "annotations" not in written["metadata"]
    written = doors.update(old, change, "status").object
    assert written["spec"]["maxReplicas"] == 3
    assert CONDITIONS in written["metadata"]["annotations"]


def test_a_behavior_is_a_new_generation(doors: Doors) -> None:
    old = doors.create(autoscaler()).object
    text = '{"ScaleUp":{"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":9}]}}'
    written = doors.update(old, {"metadata": {"annotations": {BEHAVIOR: text}}})
    assert written.texts == []
    assert written.object["metadata"]["generation"] == 2


def test_tables_show_two_metrics_and_count_the_rest() -> None:
    def resource(name: str, percent: int) -> dict[str, Any]:
        target = {"type": "Utilization", "averageUtilization": percent}
        return {"type": "Resource", "resource": {"name": name, "target": target}}

    metrics = [resource("cpu", 60), resource("memory", 70), resource("x", 5)]
    current = [{"type": "Resource", "resource": {"current": {"averageUtilization": 4}}}]
    assert metrics_text([], []) == "<none>"
    assert metrics_text(metrics[:1], current) == "cpu: 4%/60%"
    assert metrics_text(metrics, current) == "cpu: 4%/60%, memory: <unknown>/70% + 1 more..."


def test_v1_puts_the_cpu_last_which_is_a_new_generation(doors: Doors) -> None:
    old = doors.create(autoscaler(targetCPUUtilizationPercentage=70)).object
    memory = {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "3"}}
    old["metadata"]["annotations"] = {METRICS: json.dumps([memory])}
    stored = to_v2(old)
    generations = []
    for _ in range(2):
        obj = clone(old)
        op = doors.operation("update", obj, old)
        bump_for_metrics(obj, replace(op, reader=Stored(doors.kind, None, as_stored=stored)))
        generations.append(obj["metadata"]["generation"])
        stored["spec"]["metrics"].reverse()
    assert generations == [1, 2]
