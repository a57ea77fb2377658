from __future__ import annotations

import json
from typing import Any

import pytest

from fakek8s.kinds.autoscaling.conversion import (
    BEHAVIOR,
    CONDITIONS,
    CURRENT_METRICS,
    METRICS,
    cpu_metric,
    default_metrics,
    printed,
    to_v1,
    to_v2,
)

TARGET = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}


def autoscaler(**parts: Any) -> dict[str, Any]:
    spec = {"scaleTargetRef": TARGET, "minReplicas": 1, "maxReplicas": 3, **parts.pop("spec", {})}
    metadata = {"name": "h", **parts.pop("metadata", {})}
    return {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v2",
        "metadata": metadata,
        "spec": spec,
        "status": parts.pop("status", {}),
    }


METRIC_SHAPES = [
    (
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue",
                                                                        "averageValue": "1Gi"}}},
        {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}},
    ),
    (
        {"type": "Pods", "pods": {"metric": {"name": "q", "selector": {"matchLabels": {"a": "b"}}},
                                  "target": {"type": "AverageValue", "averageValue": "10"}}},
        {"type": "Pods", "pods": {"metricName": "q", "targetAverageValue": "10",
                                  "selector": {"matchLabels": {"a": "b"}}}},
    ),
    (
        {"type": "External", "external": {"metric": {"name": "q"},
                                          "target": {"type": "Value", "value": "1k"}}},
        {"type": "External", "external": {"metricName": "q", "targetValue": "1k"}},
    ),
    (
        {"type": "Object", "object": {"describedObject": TARGET, "metric": {"name": "q"},
                                      "target": {"type": "Value", "value": "2"}}},
        {"type": "Object", "object": {"target": TARGET, "metricName": "q", "targetValue": "2"}},
    ),
    (
        {"type": "ContainerResource", "containerResource": {
            "name": "cpu", "container": "c",
            "target": {"type": "Utilization", "averageUtilization": 5}}},
        {"type": "ContainerResource", "containerResource": {
            "name": "cpu", "targetAverageUtilization": 5, "container": "c"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old"), METRIC_SHAPES)
def test_metrics_go_to_an_annotation_and_back(new: dict[str, Any], old: dict[str, Any]) -> None:
    shown = to_v1(autoscaler(spec={"metrics": [new]}))
    assert json.loads(shown["metadata"]["annotations"][METRICS]) == [old]
    assert "metrics" not in shown["spec"]
    assert to_v2(shown)["spec"]["metrics"] == [new]


def test_the_cpu_has_a_field_and_comes_last() -> None:
    other = METRIC_SHAPES[0][0]
    shown = to_v1(autoscaler(spec={"metrics": [cpu_metric(60), other]}))
    assert shown["spec"]["targetCPUUtilizationPercentage"] == 60
    assert to_v2(shown)["spec"]["metrics"] == [other, cpu_metric(60)]


def test_no_metric_means_the_cpu_at_eighty_percent() -> None:
    assert to_v2(autoscaler())["spec"]["metrics"] == default_metrics() == [cpu_metric(80)]


def test_behavior_is_written_with_the_names_of_go() -> None:
    policy = {"type": "Percent", "value": 10, "periodSeconds": 30}
    behavior = {"scaleDown": {"selectPolicy": "Max", "policies": [policy]}}
    shown = to_v1(autoscaler(spec={"behavior": behavior}))
    assert shown["metadata"]["annotations"][BEHAVIOR] == (
        '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max",'
        '"Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":30}],"Tolerance":null}}'
    )
    assert to_v2(shown)["spec"]["behavior"] == behavior


def test_the_status_goes_to_annotations_and_back() -> None:
    current = {"averageUtilization": 40, "averageValue": "40m"}
    condition = {"type": "AbleToScale", "status": "True", "lastTransitionTime": None, "reason": "R"}
    status = {
        "currentReplicas": 2,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
        "conditions": [condition],
    }
    shown = to_v1(autoscaler(status=status))
    assert shown["status"] == {"currentReplicas": 2, "currentCPUUtilizationPercentage": 40}
    assert shown["metadata"]["annotations"].keys() == {CURRENT_METRICS, CONDITIONS}
    found = to_v2(shown)
    assert found["status"] == status
    assert "annotations" not in found["metadata"]


@pytest.mark.parametrize("text", ["junk", "{}", "[1]"])
def test_what_an_annotation_can_not_say_counts_as_nothing(text: str) -> None:
    annotations = {METRICS: text, BEHAVIOR: text, "mine": "stays"}
    found = to_v2(autoscaler(metadata={"annotations": annotations}))
    assert found["spec"]["metrics"] == default_metrics()
    assert "behavior" not in found["spec"]
    assert found["metadata"]["annotations"] == {"mine": "stays"}


def test_tables_know_where_the_cpu_stood() -> None:
    other = METRIC_SHAPES[0][0]
    shown = to_v1(autoscaler(spec={"metrics": [cpu_metric(60), other]}))
    assert printed(shown)["spec"]["metrics"] == [cpu_metric(60), other]
    shown["metadata"]["managedFields"] = [{"apiVersion": "autoscaling/v1", "manager": "m"}]
    assert printed(shown)["spec"]["metrics"] == [other, cpu_metric(60)]
