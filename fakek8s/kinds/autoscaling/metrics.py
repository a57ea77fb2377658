"""What an autoscaler looks at and how fast it may act: metrics and behavior.

Upstream: pkg/apis/autoscaling/validation validateMetrics, validateBehavior and what they call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.resources import container_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import NOT_NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

MAX_PERIOD = 1800  # seconds
MAX_WINDOW = 3600  # seconds
#: The types and the field of each, in the order in which fields are looked at.
_FIELDS = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
_TYPES = tuple(sorted(_FIELDS))
_TARGETS = ("Utilization", "Value", "AverageValue")
_POPULATE = "must populate information for the given metric source"
_ONLY = "must populate the given metric source only"
_SELECT = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")


def reference_rules(
    reference: Object, path: str, version: Callable[[str], str]
) -> Iterator[FieldError]:
    """ValidateCrossVersionObjectReference; `version` says what is wrong with an apiVersion."""
    for name in ("kind", "name"):
        value = reference.get(name, "")
        if not value:
            yield required(f"{path}.{name}")
        else:
            for message in names.is_path_segment_name(value):
                yield invalid(f"{path}.{name}", value, message)
    text = reference.get("apiVersion", "")
    if problem := version(text):
        yield invalid(f"{path}.apiVersion", text, problem)


def metrics_rules(
    metrics: list[Object], path: str, minimum: int | None, version: Callable[[str], str]
) -> Iterator[FieldError]:
    """validateMetrics."""
    for number, metric in enumerate(metrics):
        yield from _metric_rules(metric, f"{path}[{number}]", version)
    if minimum == 0 and not any(m.get("type") in ("Object", "External") for m in metrics):
        detail = (
            "must specify at least one Object or External metric to support scaling to zero "
            "replicas"
        )
        yield forbidden(path, detail)


def _metric_rules(metric: Object, path: str, version: Callable[[str], str]) -> Iterator[FieldError]:
    kind = metric.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
    if kind not in _TYPES:
        yield not_supported(f"{path}.type", kind, _TYPES)
    present = [field for field in _FIELDS.values() if metric.get(field) is not None]
    if present:
        first = present[0]
        yield from _source_rules(first, metric[first], f"{path}.{first}", version)
    expected = _FIELDS.get(kind)
    if expected is None:
        yield not_supported(f"{path}.type", kind, _TYPES)
    elif expected not in present:
        yield required(f"{path}.{expected}", _POPULATE)
    if len(present) != 1:
        for field in present:
            if field != expected:
                yield forbidden(f"{path}.{field}", _ONLY)


def _source_rules(
    kind: str, source: Object, path: str, version: Callable[[str], str]
) -> Iterator[FieldError]:
    target = source.get("target") or {}
    where = f"{path}.target"
    if kind in ("resource", "containerResource"):
        yield from _resource_rules(kind, source, path)
        yield from _target_rules(target, where)
        yield from _utilization_rules(target, where)
        return
    if kind == "object":
        described = source.get("describedObject") or {}
        yield from reference_rules(described, f"{path}.describedObject", version)
    yield from _identifier_rules(source.get("metric") or {}, f"{path}.metric")
    yield from _target_rules(target, where)
    value, average = target.get("value"), target.get("averageValue")
    if kind == "pods":
        if average is None:
            detail = "must specify a positive target averageValue"
            yield required(f"{where}.averageValue", detail)
    elif value is None and average is None:
        what = (
            "value or averageValue" if kind == "object" else "value for metric or a per-pod target"
        )
        yield required(f"{where}.averageValue", f"must set either a target {what}")
    elif kind == "external" and value is not None and average is not None:
        detail = "may not set both a target value for metric and a per-pod target"
        yield forbidden(f"{where}.value", detail)


def _resource_rules(kind: str, source: Object, path: str) -> Iterator[FieldError]:
    name = source.get("name", "")
    if not name:
        yield required(f"{path}.name", "must specify a resource name")
    elif kind == "containerResource":
        yield from container_name_rules(name, f"{path}.name")
    if kind == "containerResource":
        container = source.get("container", "")
        if not container:
            yield required(f"{path}.container", "must specify a container")
        else:
            for message in names.is_dns1123_label(container):
                yield invalid(f"{path}.container", container, message)


def _utilization_rules(target: Object, path: str) -> Iterator[FieldError]:
    percent, value = target.get("averageUtilization"), target.get("averageValue")
    if percent is None and value is None:
        detail = "must set either a target raw value or a target utilization"
        yield required(f"{path}.averageUtilization", detail)
    if percent is not None and value is not None:
        detail = "may not set both a target raw value and a target utilization"
        yield forbidden(f"{path}.averageValue", detail)


def _target_rules(target: Object, path: str) -> Iterator[FieldError]:
    """validateMetricTarget."""
    kind = target.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric target type")
    if kind not in _TARGETS:
        detail = "must be either Utilization, Value, or AverageValue"
        yield invalid(f"{path}.type", kind, detail)
    for name in ("value", "averageValue"):
        text = target.get(name)
        if text is not None and parse(text).sign() != 1:
            yield invalid(f"{path}.{name}", text, "must be positive")
    percent = target.get("averageUtilization")
    if percent is not None and percent < 1:
        yield invalid(f"{path}.averageUtilization", percent, "must be greater than 0")


def _identifier_rules(metric: Object, path: str) -> Iterator[FieldError]:
    """validateMetricIdentifier."""
    name = metric.get("name", "")
    if not name:
        yield required(f"{path}.name", "must specify a metric name")
    else:
        for message in names.is_path_segment_name(name):
            yield invalid(f"{path}.name", name, message)


def behavior_rules(behavior: Object | None, path: str) -> Iterator[FieldError]:
    """validateBehavior."""
    for name in ("scaleUp", "scaleDown"):
        rules = (behavior or {}).get(name)
        if rules is not None:
            yield from _scaling_rules(rules, f"{path}.{name}")


def _scaling_rules(rules: Object, path: str) -> Iterator[FieldError]:
    window, where = rules.get("stabilizationWindowSeconds"), f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        yield invalid(where, window, "must be greater than or equal to zero")
    if window is not None and window > MAX_WINDOW:
        yield invalid(where, window, f"must be less than or equal to {MAX_WINDOW}")
    select = rules.get("selectPolicy")
    if select is not None and select not in _SELECT:
        yield not_supported(f"{path}.selectPolicy", select, _SELECT)
    policies = rules.get("policies") or ()
    if not policies:
        yield required(f"{path}.policies", "must specify at least one Policy")
    for number, policy in enumerate(policies):
        yield from _policy_rules(policy, f"{path}.policies[{number}]")
    tolerance = rules.get("tolerance")
    if tolerance is not None and parse(tolerance).sign() < 0:
        yield invalid(f"{path}.tolerance", tolerance, NOT_NEGATIVE)


def _policy_rules(policy: Object, path: str) -> Iterator[FieldError]:
    kind = policy.get("type", "")
    if kind not in _POLICIES:
        yield not_supported(f"{path}.type", kind, _POLICIES)
    for name in ("value", "periodSeconds"):
        if policy.get(name, 0) <= 0:
            yield invalid(f"{path}.{name}", policy.get(name, 0), POSITIVE)
    period = policy.get("periodSeconds", 0)
    if period > MAX_PERIOD:
        yield invalid(
            f"{path}.periodSeconds", period, f"must be less than or equal to {MAX_PERIOD}"
        )
