"""Metrics as tables show them: what is measured against what is wanted.

Upstream: pkg/printers/internalversion formatHPAMetrics.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

_UNKNOWN = "<unknown>"
_NIL = "<nil>"
_SHOWN = 2


def metrics_text(metrics: list[Object], statuses: list[Object]) -> str:
    """`cpu: 40%/60%, memory: <unknown>/100Mi + 1 more...`."""
    if not metrics:
        return "<none>"
    texts = [
        _metric_text(metric, statuses[number] if number < len(statuses) else {})
        for number, metric in enumerate(metrics)
    ]
    shown = ", ".join(texts[:_SHOWN])
    more = len(texts) - _SHOWN
    return f"{shown} + {more} more..." if more > 0 else shown


def _metric_text(metric: Object, status: Object) -> str:
    kind = metric.get("type", "")
    field = kind[:1].lower() + kind[1:]
    if field not in ("external", "pods", "object", "resource", "containerResource"):
        return "<unknown type>"
    source, measured = metric.get(field) or {}, status.get(field)
    target = source.get("target") or {}
    current = None if measured is None else measured.get("current") or {}
    if field in ("resource", "containerResource"):
        return f"{source.get('name', '')}: {_resource_text(target, current)}"
    if field == "pods":
        return f"{_value(current, 'averageValue')}/{target.get('averageValue', _NIL)}"
    if target.get("averageValue") is not None:
        average = _UNKNOWN if current is None else current.get("averageValue", _UNKNOWN)
        return f"{average}/{target['averageValue']} (avg)"
    return f"{_value(current, 'value')}/{target.get('value', _NIL)}"


def _value(current: Object | None, field: str) -> str:
    return _UNKNOWN if current is None else str(current.get(field, _NIL))


def _resource_text(target: Object, current: Object | None) -> str:
    if target.get("averageValue") is not None:
        return f"{_value(current, 'averageValue')}/{target['averageValue']}"
    percent, wanted = (current or {}).get("averageUtilization"), target.get("averageUtilization")
    left = _UNKNOWN if percent is None else f"{percent}%"
    right = "<auto>" if wanted is None else f"{wanted}%"
    return f"{left}/{right}"
