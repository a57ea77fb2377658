"""HorizontalPodAutoscalers in two versions: what v1 can't say is JSON text in its annotations.

The stored form is v2. v1 knows the utilization of the cpu alone; other metrics, the behavior and
the status of both stand in annotations, written in v1's own shapes for metrics and with Go's
field names for the behavior.

Upstream: pkg/apis/autoscaling/v1/conversion.go, pkg/apis/autoscaling/annotations.go.
"""

from __future__ import annotations

from typing import Any

import orjson

from fakek8s.machinery import quantity
from fakek8s.machinery.printing import json_text

Object = dict[str, Any]

METRICS = "autoscaling.alpha.kubernetes.io/metrics"
CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
SPEC_ANNOTATIONS = (METRICS, BEHAVIOR)
STATUS_ANNOTATIONS = (CURRENT_METRICS, CONDITIONS)
_ROUND_TRIP = frozenset(
    (
        *SPEC_ANNOTATIONS,
        *STATUS_ANNOTATIONS,
        "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
        "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
    )
)
_CPU_PERCENT = 80
_SOURCES = ("object", "pods", "resource", "containerResource", "external")
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
    if others := [_metric_to_v1(m, _source_to_v1) for m in metrics if not _has_cpu_percent(m)]:
        annotations[METRICS] = json_text(others)
    if current := status.get("currentMetrics"):
        shapes = [_metric_to_v1(metric, _current_to_v1) for metric in current]
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
    return {name: value for name, value in found.items() if name not in _ROUND_TRIP}


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


def _metric_to_v1(metric: Object, convert: Any) -> Object:
    shown: Object = {"type": metric.get("type", "")}
    for kind in _SOURCES:
        if (source := metric.get(kind)) is not None:
            shown[kind] = convert(kind, source)
    return shown


def _present(**fields: Any) -> Object:
    return {name: value for name, value in fields.items() if value is not None}


def _source_to_v1(kind: str, source: Object) -> Object:
    target, metric = source.get("target") or {}, source.get("metric") or {}
    name, selector, average = metric.get("name", ""), metric.get("selector"), "averageValue"
    if kind == "object":
        return _present(
            target=_reference(source.get("describedObject") or {}),
            metricName=name,
            targetValue=target.get("value", "0"),
            selector=selector,
            averageValue=target.get(average),
        )
    if kind == "pods":
        value = target.get(average, "0")
        return _present(metricName=name, targetAverageValue=value, selector=selector)
    if kind == "external":
        return _present(
            metricName=name,
            metricSelector=selector,
            targetValue=target.get("value"),
            targetAverageValue=target.get(average),
        )
    return _present(
        name=source.get("name", ""),
        targetAverageUtilization=target.get("averageUtilization"),
        targetAverageValue=target.get(average),
        container=source.get("container", "") if kind == "containerResource" else None,
    )


def _current_to_v1(kind: str, source: Object) -> Object:
    current, metric = source.get("current") or {}, source.get("metric") or {}
    name, selector, average = metric.get("name", ""), metric.get("selector"), "averageValue"
    if kind == "object":
        return _present(
            target=_reference(source.get("describedObject") or {}),
            metricName=name,
            currentValue=current.get("value", "0"),
            selector=selector,
            averageValue=current.get(average),
        )
    if kind == "pods":
        value = current.get(average, "0")
        return _present(metricName=name, currentAverageValue=value, selector=selector)
    if kind == "external":
        return _present(
            metricName=name,
            metricSelector=selector,
            currentValue=current.get("value", "0"),
            currentAverageValue=current.get(average),
        )
    return _present(
        name=source.get("name", ""),
        currentAverageUtilization=current.get("averageUtilization"),
        currentAverageValue=current.get(average, "0"),
        container=source.get("container", "") if kind == "containerResource" else None,
    )


def _reference(reference: Object) -> Object:
    shown: Object = {"kind": reference.get("kind", ""), "name": reference.get("name", "")}
    if reference.get("apiVersion"):
        shown["apiVersion"] = reference["apiVersion"]
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
        metrics = [_metric_to_v2(metric, _source_to_v2) for metric in others] + metrics
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
        new_status["currentMetrics"] = [_metric_to_v2(m, _current_to_v2) for m in current]
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
    if given and not given.keys().isdisjoint(_ROUND_TRIP):
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


def _metric_to_v2(metric: Object, convert: Any) -> Object:
    stored: Object = {"type": metric.get("type", "")}
    for kind in _SOURCES:
        if isinstance(source := metric.get(kind), dict):
            stored[kind] = convert(kind, source)
    return stored


def _quantity(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return str(quantity.from_json(value))
    except quantity.QuantityError:
        return None


def _identifier(source: Object, selector: str = "selector") -> Object:
    return _present(name=source.get("metricName", ""), selector=source.get(selector))


def _target(kind: str, value: str | None, average: str | None, percent: int | None) -> Object:
    return _present(type=kind, value=value, averageValue=average, averageUtilization=percent)


def _source_to_v2(kind: str, source: Object) -> Object:
    if kind == "object":
        value, average = _quantity(source.get("targetValue")) or "0", source.get("averageValue")
        if average is None:
            target = _target("Value", value, None, None)
        else:
            kept = None if quantity.parse(value).sign() == 0 else value
            target = _target("AverageValue", kept, _quantity(average), None)
        return {
            "describedObject": source.get("target") or {},
            "target": target,
            "metric": _identifier(source),
        }
    if kind == "pods":
        average = _quantity(source.get("targetAverageValue")) or "0"
        target = _target("AverageValue", None, average, None)
        return {"metric": _identifier(source), "target": target}
    average = _quantity(source.get("targetAverageValue"))
    if kind == "external":
        external = _quantity(source.get("targetValue"))
        what = "AverageValue" if external is None else "Value"
        return {
            "metric": _identifier(source, "metricSelector"),
            "target": _target(what, external, average, None),
        }
    percent = source.get("targetAverageUtilization")
    what = "AverageValue" if percent is None else "Utilization"
    return _present(
        name=source.get("name", ""),
        target=_target(what, None, average, percent),
        container=source.get("container", "") if kind == "containerResource" else None,
    )


def _current_to_v2(kind: str, source: Object) -> Object:
    if kind in ("object", "external"):
        average = "averageValue" if kind == "object" else "currentAverageValue"
        stored: Object = {
            "metric": _identifier(source, "selector" if kind == "object" else "metricSelector"),
            "current": _present(
                value=_quantity(source.get("currentValue")) or "0",
                averageValue=_quantity(source.get(average)),
            ),
        }
        if kind == "object":
            stored["describedObject"] = source.get("target") or {}
        return stored
    average_value = _quantity(source.get("currentAverageValue")) or "0"
    if kind == "pods":
        return {"metric": _identifier(source), "current": {"averageValue": average_value}}
    percent = source.get("currentAverageUtilization")
    # v1 can't leave the value out: beside a percentage zero means that there was none.
    known = percent is None or average_value != "0"
    return _present(
        name=source.get("name", ""),
        current=_present(
            averageValue=average_value if known else None, averageUtilization=percent
        ),
        container=source.get("container", "") if kind == "containerResource" else None,
    )


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
    stored["tolerance"] = _quantity(stored["tolerance"])
    return {name: value for name, value in stored.items() if value is not None}
