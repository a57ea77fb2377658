"""HorizontalPodAutoscalers: how many pods a workload has, by what is measured. v1 and v2.

Upstream: pkg/registry/autoscaling/horizontalpodautoscaler, pkg/apis/autoscaling/validation,
pkg/apis/autoscaling/{v1,v2} defaults and zz_generated.validations.go,
pkg/printers/internalversion printHorizontalPodAutoscaler.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.autoscaling.conversion import (
    ROUND_TRIP,
    SPEC_ANNOTATIONS,
    STATUS_ANNOTATIONS,
    default_metrics,
    drop_round_trip,
    printed,
    to_v1,
    to_v2,
)
from fakek8s.kinds.autoscaling.measured import metrics_text
from fakek8s.kinds.autoscaling.metrics import behavior_rules, metrics_rules, reference_rules
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.rules import NOT_NEGATIVE, non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fakek8s.kind import Operation, Prepare, Rule
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

STORED_AS = "horizontalpodautoscalers.autoscaling"
_SCALE_UP = (("Pods", 4), ("Percent", 100))
_SCALE_DOWN = (("Percent", 100),)
_PERIOD = 15
_AT_LEAST_ONE = "must be greater than or equal to 1"


def default_v2(obj: Object) -> None:
    """SetDefaults_HorizontalPodAutoscaler of autoscaling/v2."""
    drop_round_trip(obj)
    spec = obj["spec"]
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    spec["metrics"] = spec.get("metrics") or default_metrics()
    behavior = spec.get("behavior")
    if behavior is not None:
        behavior["scaleUp"] = _rules(behavior.get("scaleUp"), _SCALE_UP, 0)
        behavior["scaleDown"] = _rules(behavior.get("scaleDown"), _SCALE_DOWN, None)


def _rules(
    given: Object | None, policies: tuple[tuple[str, int], ...], window: int | None
) -> Object:
    """GenerateHPAScaleUpRules, GenerateHPAScaleDownRules."""
    found: Object = {
        "selectPolicy": "Max",
        "policies": [{"type": t, "value": v, "periodSeconds": _PERIOD} for t, v in policies],
    }
    if window is not None:
        found["stabilizationWindowSeconds"] = window
    return found | {k: v for k, v in (given or {}).items() if v is not None}


def default_v1(obj: Object) -> None:
    """SetDefaults_HorizontalPodAutoscaler of autoscaling/v1, and what its conversions add."""
    spec = obj["spec"]
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    obj.update(to_v1(to_v2(obj)))


def rules_v2(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateHorizontalPodAutoscaler and ValidateHorizontalPodAutoscalerUpdate."""
    spec = obj["spec"]
    low, high = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if low is not None and high < low:
        detail = "must be greater than or equal to `minReplicas`"
        yield invalid("spec.maxReplicas", high, detail)
    target = spec.get("scaleTargetRef") or {}
    yield from reference_rules(target, "spec.scaleTargetRef", _target_version(target, op))
    metrics = spec.get("metrics") or []
    yield from metrics_rules(metrics, "spec.metrics", low, _metric_version(op))
    yield from behavior_rules(spec.get("behavior"), "spec.behavior")
    # What is declared, which upstream puts behind what is written.
    if low is not None and low < 0:
        yield invalid("spec.minReplicas", low, NOT_NEGATIVE)
    if high == 0:
        yield required("spec.maxReplicas")
    elif high < 0:
        yield invalid("spec.maxReplicas", high, _AT_LEAST_ONE)


def _version_problem(text: str) -> str:
    """schema.ParseGroupVersion."""
    return f"unexpected GroupVersion string: {text}" if text.count("/") > 1 else ""


def _group_problem(text: str) -> str:
    """ValidateAPIVersion, where a group is needed."""
    if problem := _version_problem(text):
        return problem
    return "" if text.rpartition("/")[0] else "apiVersion must specify API group"


def _any_version(text: str) -> str:
    return ""


def _target_version(target: Object, op: Operation) -> Callable[[str], str]:
    """What the apiVersion of the target may be: anything that it was before."""
    if op.old is not None:
        old = op.old["spec"].get("scaleTargetRef") or {}
        if all(old.get(name, "") == target.get(name, "") for name in ("apiVersion", "kind")):
            return _any_version
    core = target.get("kind", "") == "ReplicationController"
    return _version_problem if core else _group_problem


def _metric_version(op: Operation) -> Callable[[str], str]:
    for metric in (op.old or {}).get("spec", {}).get("metrics") or ():
        described = (metric.get("object") or {}).get("describedObject") or {}
        if metric.get("type") == "Object" and _version_problem(described.get("apiVersion", "")):
            return _any_version
    return _version_problem


def status_rules_v2(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateHorizontalPodAutoscalerStatusUpdate."""
    status = obj["status"]
    for number, condition in enumerate(status.get("conditions") or ()):
        where = f"status.conditions[{number}].observedGeneration"
        yield from non_negative(condition.get("observedGeneration"), where)
    for name in ("currentReplicas", "desiredReplicas"):
        yield from non_negative(status.get(name), f"status.{name}")


def _of_v1(rule: Rule) -> Rule:
    """A rule of v2 for objects of v1."""

    def converted(obj: Object, op: Operation) -> Iterator[FieldError]:
        old = None if op.old is None else to_v2(op.old)
        yield from rule(to_v2(obj), replace(op, old=old))

    return converted


def _keep_annotations(*fields: str) -> Prepare:
    """Annotations that stand for fields which this door doesn't write."""

    def keep(obj: Object, op: Operation) -> None:
        stored = {} if op.old is None else op.old["metadata"].get("annotations") or {}
        annotations = dict(obj["metadata"].get("annotations") or {})
        for name in fields:
            annotations.pop(name, None)
            if name in stored:
                annotations[name] = stored[name]
        obj["metadata"].pop("annotations", None)
        if annotations:
            obj["metadata"]["annotations"] = annotations

    return keep


def bump_for_metrics(obj: Object, op: Operation) -> None:
    """Metrics and behavior are spec, even where they are annotations; so is the metrics' order.

    The order that is stored tells, which v1 doesn't show: a write by v1 puts the cpu last.
    """
    stored = op.reader.get(STORED_AS, op.namespace, op.name)
    if op.old is not None and stored and not same(to_v2(obj)["spec"], stored["spec"]):
        obj["metadata"]["generation"] = op.old["metadata"].get("generation", 0) + 1


def cells_v2(obj: Object, now: datetime) -> list[Any]:
    """Name, Reference, Targets, MinPods, MaxPods, Replicas, Age."""
    spec, status = obj["spec"], obj["status"]
    target, low = spec.get("scaleTargetRef") or {}, spec.get("minReplicas")
    return [
        obj["metadata"].get("name", ""),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        metrics_text(spec.get("metrics") or [], status.get("currentMetrics") or []),
        "<unset>" if low is None else str(low),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        cells.age(obj, now),
    ]


_V2 = Behaviour(
    group="autoscaling/v2",
    plural="horizontalpodautoscalers",
    defaults=(default_v2,),
    name=subdomain_name,
    generation=True,
    main=doors.main(prepare=(first_generation,), rules=(finalizer_names, rules_v2)),
    status=doors.status(rules=(finalizer_names, status_rules_v2)),
    cells=cells_v2,
    stored_as=STORED_AS,
)
_V1 = replace(
    _V2,
    group="autoscaling/v1",
    defaults=(default_v1,),
    main=doors.main(
        prepare=(first_generation, _keep_annotations(*STATUS_ANNOTATIONS), bump_for_metrics),
        rules=(finalizer_names, _of_v1(rules_v2)),
    ),
    status=doors.status(
        prepare=(_keep_annotations(*SPEC_ANNOTATIONS),),
        rules=(finalizer_names, _of_v1(status_rules_v2)),
    ),
    cells=lambda obj, now: cells_v2(printed(obj), now),
    hidden_annotations=ROUND_TRIP,
    from_stored=to_v1,
    to_stored=to_v2,
)
KINDS = (_V2, _V1)
