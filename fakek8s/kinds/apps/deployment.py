"""Deployments: a template, how many pods of it, and how one version gives way to the next.

Upstream: pkg/registry/apps/deployment, pkg/apis/apps/validation ValidateDeployment*,
pkg/apis/apps/v1 SetDefaults_Deployment, pkg/printers/internalversion printDeployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Scale
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate.internal import internal
from fakek8s.kinds.shared.replicas import counts_rules, not_decremented
from fakek8s.kinds.shared.rollout import (
    STRATEGY,
    not_above_100_percent,
    number_or_percent,
    value_of,
)
from fakek8s.kinds.shared.selectors import (
    parsed,
    selected_template_rules,
    selector_rules,
    selector_stays,
    selector_text,
)
from fakek8s.kinds.shared.templates import default_template, drop_disabled, template_warnings
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_spec(obj: Object) -> None:
    """SetDefaults_Deployment."""
    spec = obj["spec"]
    for name, value in (
        ("replicas", 1),
        ("revisionHistoryLimit", 10),
        ("progressDeadlineSeconds", 600),
    ):
        if spec.get(name) is None:
            spec[name] = value
    strategy = spec.setdefault("strategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy["rollingUpdate"] = strategy.get("rollingUpdate") or {}
        for name in ("maxUnavailable", "maxSurge"):
            if rolling.get(name) is None:
                rolling[name] = "25%"


def bump_for_annotations(obj: Object, op: Operation) -> None:
    """Annotations are passed on to ReplicaSets, so a change of them is a new generation too."""
    if op.old is None:
        return
    new, old = obj["metadata"], op.old["metadata"]
    if (new.get("annotations") or {}) != (old.get("annotations") or {}):
        new["generation"] = old.get("generation", 0) + 1


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateDeploymentSpec."""
    spec = obj["spec"]
    yield from non_negative(spec["replicas"], "spec.replicas")
    yield from selector_rules(spec)
    yield from selected_template_rules(spec, op)
    yield from _strategy_rules(spec["strategy"], "spec.strategy")
    ready = spec.get("minReadySeconds", 0)
    yield from non_negative(ready, "spec.minReadySeconds")
    yield from non_negative(spec["revisionHistoryLimit"], "spec.revisionHistoryLimit")
    deadline = spec["progressDeadlineSeconds"]
    yield from non_negative(deadline, "spec.progressDeadlineSeconds")
    if deadline <= ready:
        text = "must be greater than minReadySeconds"
        yield invalid("spec.progressDeadlineSeconds", deadline, text)


def _strategy_rules(strategy: Object, path: str) -> Iterator[FieldError]:
    """ValidateDeploymentStrategy."""
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    where = f"{path}.rollingUpdate"
    if kind == "Recreate":
        if rolling is not None:
            yield forbidden(where, "may not be specified when strategy `type` is 'Recreate'")
    elif kind == "RollingUpdate":
        yield from _rolling_rules(rolling, where)
    else:
        choices = ("Recreate", "RollingUpdate")
        yield not_supported(path, internal(strategy, STRATEGY), choices)


def _rolling_rules(rolling: Object | None, path: str) -> Iterator[FieldError]:
    """ValidateRollingUpdateDeployment."""
    if rolling is None:
        yield required(path, "this should be defaulted and never be nil")
        return
    gone, more = rolling["maxUnavailable"], rolling["maxSurge"]
    yield from number_or_percent(gone, f"{path}.maxUnavailable")
    yield from number_or_percent(more, f"{path}.maxSurge")
    if value_of(gone) == 0 and value_of(more) == 0:
        yield invalid(f"{path}.maxUnavailable", gone, "may not be 0 when `maxSurge` is 0")
    yield from not_above_100_percent(gone, f"{path}.maxUnavailable")


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateDeploymentStatusUpdate."""
    assert op.old is not None
    status = obj["status"]
    yield from counts_rules(
        status,
        (
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ),
        within=("updatedReplicas", "readyReplicas", "availableReplicas"),
    )
    yield from not_decremented(status, op.old["status"], "collisionCount")


def deployment_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Ready, Up-to-date, Available, Age and, wide, Containers, Images, Selector."""
    spec, status = obj["spec"], obj["status"]
    selector = parsed(spec.get("selector"))
    return [
        obj["metadata"].get("name", ""),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        cells.age(obj, now),
        *cells.containers(spec["template"]),
        "<invalid>" if selector is None else str(selector),
    ]


KIND = Behaviour(
    group="apps",
    plural="deployments",
    defaults=(default_template, default_spec),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, bump_for_annotations, drop_disabled),
        rules=(finalizer_names, spec_rules, selector_stays),
        warnings=(template_warnings,),
    ),
    status=doors.status("metadata.labels", rules=(finalizer_names, status_rules)),
    scale=Scale(selector=selector_text),
    cells=deployment_cells,
)
