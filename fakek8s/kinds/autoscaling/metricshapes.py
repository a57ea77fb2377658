"""Metrics of autoscalers in the shapes of v1 and of v2.

Upstream: pkg/apis/autoscaling/v1/conversion.go, the functions for metric sources and statuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakek8s.machinery import quantity

Object = dict[str, Any]
#: From the field of a source (`pods`) and the source to the source in the other shape.
Convert = Callable[[str, Object], Object]

_SOURCES = ("object", "pods", "resource", "containerResource", "external")


def metric_to_v1(metric: Object, convert: Convert) -> Object:
    """A metric of v2, wanted or measured, in v1's shape."""
    shown: Object = {"type": metric.get("type", "")}
    for kind in _SOURCES:
        if (source := metric.get(kind)) is not None:
            shown[kind] = convert(kind, source)
    return shown


def _present(**fields: Any) -> Object:
    return {name: value for name, value in fields.items() if value is not None}


def source_to_v1(kind: str, source: Object) -> Object:
    """A wanted metric's source."""
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


def current_to_v1(kind: str, source: Object) -> Object:
    """A measured metric's source."""
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


def metric_to_v2(metric: Object, convert: Convert) -> Object:
    """A metric of v1, wanted or measured, in v2's shape."""
    stored: Object = {"type": metric.get("type", "")}
    for kind in _SOURCES:
        if isinstance(source := metric.get(kind), dict):
            stored[kind] = convert(kind, source)
    return stored


def quantity_text(value: Any) -> str | None:
    """A quantity of JSON in canonical text; None if it is none."""
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


def source_to_v2(kind: str, source: Object) -> Object:
    """A wanted metric's source."""
    if kind == "object":
        value, average = quantity_text(source.get("targetValue")) or "0", source.get("averageValue")
        if average is None:
            target = _target("Value", value, None, None)
        else:
            kept = None if quantity.parse(value).sign() == 0 else value
            target = _target("AverageValue", kept, quantity_text(average), None)
        return {
            "describedObject": source.get("target") or {},
            "target": target,
            "metric": _identifier(source),
        }
    if kind == "pods":
        average = quantity_text(source.get("targetAverageValue")) or "0"
        target = _target("AverageValue", None, average, None)
        return {"metric": _identifier(source), "target": target}
    average = quantity_text(source.get("targetAverageValue"))
    if kind == "external":
        external = quantity_text(source.get("targetValue"))
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


def current_to_v2(kind: str, source: Object) -> Object:
    """A measured metric's source."""
    if kind in ("object", "external"):
        average = "averageValue" if kind == "object" else "currentAverageValue"
        stored: Object = {
            "metric": _identifier(source, "selector" if kind == "object" else "metricSelector"),
            "current": _present(
                value=quantity_text(source.get("currentValue")) or "0",
                averageValue=quantity_text(source.get(average)),
            ),
        }
        if kind == "object":
            stored["describedObject"] = source.get("target") or {}
        return stored
    average_value = quantity_text(source.get("currentAverageValue")) or "0"
    if kind == "pods":
        return {"metric": _identifier(source), "current": {"averageValue": average_value}}
    percent = source.get("currentAverageUtilization")
    # v1 can't leave the value out: beside a percentage zero means that there was none.
    known = percent is None or average_value != "0"
    return _present(
        name=source.get("name", ""),
        current=_present(averageValue=average_value if known else None, averageUtilization=percent),
        container=source.get("container", "") if kind == "containerResource" else None,
    )
