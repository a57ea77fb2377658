"""DaemonSets: one pod of a template on every node that fits.

Upstream: pkg/registry/apps/daemonset, pkg/apis/apps/validation ValidateDaemonSet*,
pkg/apis/apps/v1 SetDefaults_DaemonSet and conversion.go, printers printDaemonSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate import (
    label_selector_rules,
    pod_template_rules,
    pod_template_warnings,
)
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.internal import internal
from fakek8s.kinds.shared.replicas import not_decremented
from fakek8s.kinds.shared.rollout import (
    STRATEGY,
    not_above_100_percent,
    number_or_percent,
    value_of,
)
from fakek8s.kinds.shared.selectors import parsed, unselected
from fakek8s.kinds.shared.templates import default_template, drop_disabled
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.printing import quote
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: Where apps/v1 shows the number of the template, a field of older versions.
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_COUNTS = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
)


def default_spec(obj: Object) -> None:
    """SetDefaults_DaemonSet."""
    spec = obj["spec"]
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    used = strategy["type"] == "RollingUpdate"
    if used and strategy.get("rollingUpdate") is None:
        strategy["rollingUpdate"] = {}
    if (rolling := strategy.get("rollingUpdate")) is not None:
        for name, value in (("maxUnavailable", int(used)), ("maxSurge", 0)):
            if rolling.get(name) is None:
                rolling[name] = value
    if spec.get("revisionHistoryLimit") is None:
        spec["revisionHistoryLimit"] = 10


def default_template_generation(obj: Object) -> None:
    """Convert_v1_DaemonSet_To_apps_DaemonSet and back: the annotation is always there."""
    metadata = obj["metadata"]
    annotations = metadata["annotations"] = dict(metadata.get("annotations") or {})
    text = annotations.get(TEMPLATE_GENERATION, "0")
    try:
        number = int(text) if text.isascii() and "_" not in text and text.strip() == text else None
    except ValueError:
        number = None
    if number is None:
        raise errors.bad_request(
            "DaemonSet in version "
            f'"v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing {quote(text)}: '
            "invalid syntax"
        )
    annotations[TEMPLATE_GENERATION] = str(number)


def template_generation(obj: Object) -> int:
    """How often the template has changed."""
    return int((obj["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "0"))


def count_templates(obj: Object, op: Operation) -> None:
    """The server alone counts the templates."""
    if op.old is None:
        number = max(template_generation(obj), 1)
    else:
        changed = not same(obj["spec"]["template"], op.old["spec"]["template"])
        number = template_generation(op.old) + changed
    annotations = dict(obj["metadata"].get("annotations") or {})
    obj["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: str(number)}


def keep_template_generation(obj: Object, op: Operation) -> None:
    """To the status door the number belongs to the spec."""
    assert op.old is not None
    annotations = dict(obj["metadata"].get("annotations") or {})
    annotations[TEMPLATE_GENERATION] = str(template_generation(op.old))
    obj["metadata"]["annotations"] = annotations


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateDaemonSet and ValidateDaemonSetUpdate."""
    spec = obj["spec"]
    selector = spec.get("selector")
    any_value = False
    if op.old is not None:
        old = op.old["spec"].get("selector")
        if not same(selector, old):
            yield invalid("spec.selector", selector, IMMUTABLE)
        any_value = any(label_selector_rules(old, ""))
    yield from label_selector_rules(selector, "spec.selector", any_value=any_value)
    found = parsed(selector)
    labels = spec["template"]["metadata"].get("labels")
    if found is not None and not found.matches(labels):
        yield unselected(labels, op)
    empty = selector is not None and not any(map(selector.get, ("matchLabels", "matchExpressions")))
    if empty:
        yield invalid("spec.selector", selector, "empty selector is invalid for daemonset")
    yield from _template_rules(spec["template"], "spec.template", op)
    yield from non_negative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from non_negative(template_generation(obj), "spec.templateGeneration")
    yield from _strategy_rules(spec["updateStrategy"], "spec.updateStrategy")
    yield from non_negative(spec["revisionHistoryLimit"], "spec.revisionHistoryLimit")


def _template_rules(template: Object, path: str, op: Operation) -> Iterator[FieldError]:
    yield from pod_template_rules(template, path, op)
    policy = template["spec"].get("restartPolicy", "")
    if policy != "Always":
        yield not_supported(f"{path}.spec.restartPolicy", policy, ("Always",))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in DaemonSet is not Supported"
        yield forbidden(f"{path}.spec.activeDeadlineSeconds", text)


def _strategy_rules(strategy: Object, path: str) -> Iterator[FieldError]:
    """ValidateDaemonSetUpdateStrategy."""
    kind = strategy["type"]
    if kind == "RollingUpdate":
        yield from _rolling_rules(strategy["rollingUpdate"], f"{path}.rollingUpdate")
    elif kind != "OnDelete":
        yield not_supported(path, internal(strategy, STRATEGY), ("RollingUpdate", "OnDelete"))


def _rolling_rules(rolling: Object, path: str) -> Iterator[FieldError]:
    """ValidateRollingUpdateDaemonSet."""
    for check in (number_or_percent, not_above_100_percent):
        for name in ("maxUnavailable", "maxSurge"):
            yield from check(rolling[name], f"{path}.{name}")
    gone, more = value_of(rolling["maxUnavailable"]) != 0, value_of(rolling["maxSurge"]) != 0
    if gone and more:
        detail = "may not be set when maxUnavailable is non-zero"
        yield invalid(f"{path}.maxSurge", rolling["maxSurge"], detail)
    elif not gone and not more:
        yield required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """The template's, when it is new."""
    if op.old is None or template_generation(obj) != template_generation(op.old):
        yield from pod_template_warnings(obj["spec"]["template"], "spec.template", op)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateDaemonSetStatusUpdate."""
    assert op.old is not None
    status = obj["status"]
    for name in _COUNTS:
        yield from non_negative(status.get(name), f"status.{name}")
    yield from not_decremented(status, op.old["status"], "collisionCount")


def daemon_set_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Desired ... Available, Node Selector, Age and, wide, Containers, Images, Selector."""
    spec, status = obj["spec"], obj["status"]
    chosen: Object = spec["template"]["spec"].get("nodeSelector") or {}
    selector = parsed(spec.get("selector"))
    return [
        obj["metadata"].get("name", ""),
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        ",".join(f"{key}={chosen[key]}" for key in sorted(chosen)) or cells.NONE,
        cells.age(obj, now),
        *cells.containers(spec["template"]),
        "<error>" if selector is None else str(selector) or cells.NONE,
    ]


KIND = Behaviour(
    group="apps",
    plural="daemonsets",
    hidden_annotations=frozenset((TEMPLATE_GENERATION,)),
    defaults=(default_template, default_spec, default_template_generation),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, drop_disabled, count_templates),
        rules=(finalizer_names, rules),
        warnings=(warnings,),
    ),
    status=doors.status(prepare=(keep_template_generation,), rules=(finalizer_names, status_rules)),
    cells=daemon_set_cells,
)
