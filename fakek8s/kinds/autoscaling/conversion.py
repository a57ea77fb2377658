"""HorizontalPodAutoscalers in two versions: what v1 can't say is JSON text in its annotations.

The stored form is v2. v1 knows the utilization of the cpu alone; other metrics, the behavior and
the status of both stand in annotations, written in v1's own shapes for metrics and with Go's
field names for the behavior.

Upstream: pkg/apis/autoscaling/v1/conversion.go, pkg/apis/autoscaling/annotations.go.
"""

from __future__ import annotations

from typing import Any

import orjson

from fakek8s.kinds.autoscaling.metricshapes import (
    current_to_v1,
    current_to_v2,
    metric_to_v1,
    metric_to_v2,
    quantity_text,
    source_to_v1,
    source_to_v2,
)
from fakek8s.machinery.printing import json_text

Object = dict[str, Any]

METRICS = "autoscaling.alpha.kubernetes.io/metrics"
CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
SPEC_ANNOTATIONS = (METRICS, BEHAVIOR)
STATUS_ANNOTATIONS = (CURRENT_METRICS, CONDITIONS)
ROUND_TRIP = frozenset(
    (
        *SPEC_ANNOTATIONS,
        *STATUS_ANNOTATIONS,
        "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
        "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
    )
)
_CPU_PERCENT = 80
#: Rules of a behavior and their policies: Go's name and ours.
_RULES = (
    ("StabilizationWindowSeconds", "stabilizationWindowSeconds"),
    ("SelectPolicy", "selectPolicy"),
    ("Policies", "policies"),
    ("Tolerance", "tolerance"),
)
_POLICY = (("Type", "type", ""), ("Value", "value", 0), ("PeriodSeconds", "periodSeconds", 0))


def cpu_metric(percent: int) -> Object:
    """The metric that v1 has a field for."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def default_metrics() -> list[Object]:
    """What an autoscaler looks at if it isn't told."""
    return [cpu_metric(_CPU_PERCENT)]


def _is_cpu(metric: Object) -> bool:
    return metric.get("type") == "Resource" and (metric.get("resource") or {}).get("name") == "cpu"


def _has_cpu_percent(metric: Object) -> bool:
    if not _is_cpu(metric):
        return False
    return (metric["resource"].get("target") or {}).get("averageUtilization") is not None


def to_v1(obj: Object) -> Object:
    """Convert_autoscaling_HorizontalPodAutoscaler_To_v1_HorizontalPodAutoscaler."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    metrics = spec.get("metrics") or []
    shown: Object = {"scaleTargetRef": spec.get("scaleTargetRef", {})}
    _copy(spec, shown, ("minReplicas", "maxReplicas"))
    percent = next((m for m in metrics if _has_cpu_percent(m)), None)
    if percent is not None:
        target = percent["resource"]["target"]
        shown["targetCPUUtilizationPercentage"] = target["averageUtilization"]
    annotations = _annotations(obj)
    if others := [metric_to_v1(m, source_to_v1) for m in metrics if not _has_cpu_percent(m)]:
        annotations[METRICS] = json_text(others)
    if current := status.get("currentMetrics"):
        shapes = [metric_to_v1(metric, current_to_v1) for metric in current]
        annotations[CURRENT_METRICS] = json_text(shapes)
    if spec.get("behavior") is not None:
        annotations[BEHAVIOR] = json_text(_behavior_to_go(spec["behavior"]))
    if conditions := status.get("conditions"):
        annotations[CONDITIONS] = json_text([_condition(c) for c in conditions])
    return _with(obj, "autoscaling/v1", annotations, shown, _status_to_v1(status))


def _with(obj: Object, version: str, annotations: Object, spec: Object, status: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "annotations"}
    if annotations:
        metadata["annotations"] = annotations
    return {**obj, "apiVersion": version, "metadata": metadata, "spec": spec, "status": status}


def _annotations(obj: Object) -> Object:
    found = obj["metadata"].get("annotations") or {}
    return {name: value for name, value in found.items() if name not in ROUND_TRIP}


def _copy(source: Object, target: Object, fields: tuple[str, ...]) -> None:
    for name in fields:
        if source.get(name) is not None:
            target[name] = source[name]


_STATUS = ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")


def _status_to_v1(status: Object) -> Object:
    shown: Object = {}
    _copy(status, shown, _STATUS)
    for metric in status.get("currentMetrics") or ():
        if _is_cpu(metric):
            current = metric["resource"].get("current") or {}
            if (percent := current.get("averageUtilization")) is not None:
                shown["currentCPUUtilizationPercentage"] = percent
    return shown


def _condition(condition: Object) -> Object:
    shown: Object = {name: condition.get(name, "") for name in ("type", "status")}
    shown["lastTransitionTime"] = condition.get("lastTransitionTime")
    for name in ("reason", "message", "observedGeneration"):
        if condition.get(name) not in (None, ""):
            shown[name] = condition[name]
    return shown


def _behavior_to_go(behavior: Object) -> Object:
    return {
        go: None if behavior.get(name) is None else _rules_to_go(behavior[name])
        for go, name in (("ScaleUp", "scaleUp"), ("ScaleDown", "scaleDown"))
    }


def _rules_to_go(rules: Object) -> Object:
    shown = {go: rules.get(name) for go, name in _RULES}
    policies = rules.get("policies")
    if policies is not None:
        shown["Policies"] = [
            {go: policy.get(name, zero) for go, name, zero in _POLICY} for policy in policies
        ]
    return shown


def to_v2(obj: Object) -> Object:
    """Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    found = obj["metadata"].get("annotations") or {}
    stored: Object = {"scaleTargetRef": spec.get("scaleTargetRef", {})}
    _copy(spec, stored, ("minReplicas", "maxReplicas"))
    percent = spec.get("targetCPUUtilizationPercentage")
    metrics = [] if percent is None else [cpu_metric(percent)]
    others = _list(found.get(METRICS))
    if others is not None:
        metrics = [metric_to_v2(metric, source_to_v2) for metric in others] + metrics
    stored["metrics"] = metrics or default_metrics()
    behavior = _behavior_to_v2(found.get(BEHAVIOR))
    if behavior is not None:
        stored["behavior"] = behavior
    new_status: Object = {}
    _copy(status, new_status, _STATUS)
    percent = status.get("currentCPUUtilizationPercentage")
    if percent is not None:
        resource = {"name": "cpu", "current": {"averageUtilization": percent}}
        new_status["currentMetrics"] = [{"type": "Resource", "resource": resource}]
    current = _list(found.get(CURRENT_METRICS))
    if current is not None:
        new_status["currentMetrics"] = [metric_to_v2(m, current_to_v2) for m in current]
    conditions = _list(found.get(CONDITIONS))
    if conditions is not None:
        new_status["conditions"] = [_condition(condition) for condition in conditions]
    return _with(obj, "autoscaling/v2", _annotations(obj), stored, new_status)


def printed(obj: Object) -> Object:
    """A v1 object for tables, which upstream makes from the stored form.

    Where the cpu stands among the metrics v1 does not tell. It is last if a v1 client wrote the
    object; else it stood where it is measured, or first, as v2 lists are mostly written.
    """
    found = to_v2(obj)
    metrics, current = found["spec"]["metrics"], found["status"].get("currentMetrics") or []
    written = any(
        entry.get("apiVersion") == "autoscaling/v1" and not entry.get("subresource")
        for entry in obj["metadata"].get("managedFields") or ()
    )
    if _is_cpu(metrics[-1]) and not written:
        place = next((number for number, metric in enumerate(current) if _is_cpu(metric)), 0)
        metrics.insert(place, metrics.pop())
    return found


def drop_round_trip(obj: Object) -> None:
    """DropRoundTripHorizontalPodAutoscalerAnnotations, in place: to v2 they mean nothing."""
    given = obj["metadata"].get("annotations")
    if given and not given.keys().isdisjoint(ROUND_TRIP):
        del obj["metadata"]["annotations"]
        if kept := _annotations({"metadata": {"annotations": given}}):
            obj["metadata"]["annotations"] = kept


def _list(text: str | None) -> list[Object] | None:
    """A list of objects in an annotation; what can't be read counts as absent."""
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        return None
    return found


def _behavior_to_v2(text: str | None) -> Object | None:
    """The behavior of an annotation; Go reads its names in any case."""
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    given = {name.lower(): value for name, value in found.items()}
    stored = {
        name: _rules_to_v2(given[name.lower()])
        for name in ("scaleUp", "scaleDown")
        if isinstance(given.get(name.lower()), dict)
    }
    return stored or None


def _rules_to_v2(rules: Object) -> Object:
    given = {name.lower(): value for name, value in rules.items()}
    stored = {name: given.get(go.lower()) for go, name in _RULES}
    if isinstance(stored["policies"], list):
        lowered = [{k.lower(): v for k, v in policy.items()} for policy in stored["policies"]]
        stored["policies"] = [
            {name: policy.get(go.lower(), zero) for go, name, zero in _POLICY} for policy in lowered
        ]
    stored["tolerance"] = quantity_text(stored["tolerance"])
    return {name: value for name, value in stored.items() if value is not None}
