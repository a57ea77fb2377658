"""ReplicaSets: so many pods of one template.

Upstream: pkg/registry/apps/replicaset, pkg/apis/apps/validation ValidateReplicaSet*,
pkg/apis/apps/v1 SetDefaults_ReplicaSet, pkg/printers/internalversion printReplicaSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Scale
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.replicas import counts_rules
from fakek8s.kinds.shared.selectors import (
    parsed,
    selected_template_rules,
    selector_rules,
    selector_stays,
    selector_text,
)
from fakek8s.kinds.shared.templates import default_template, drop_disabled, template_warnings
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_spec(obj: Object) -> None:
    """SetDefaults_ReplicaSet."""
    if obj["spec"].get("replicas") is None:
        obj["spec"]["replicas"] = 1


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateReplicaSetSpec."""
    spec = obj["spec"]
    yield from non_negative(spec["replicas"], "spec.replicas")
    yield from non_negative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from selector_rules(spec)
    yield from selected_template_rules(spec, op)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateReplicaSetStatus."""
    return counts_rules(
        obj["status"],
        (
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "observedGeneration",
            "terminatingReplicas",
        ),
        within=("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
    )


def replica_set_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Desired, Current, Ready, Age and, wide, Containers, Images, Selector."""
    spec, status = obj["spec"], obj["status"]
    selector = parsed(spec.get("selector"))
    return [
        obj["metadata"].get("name", ""),
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        cells.age(obj, now),
        *cells.containers(spec["template"]),
        "<error>" if selector is None else str(selector) or cells.NONE,
    ]


KIND = Behaviour(
    group="apps",
    plural="replicasets",
    defaults=(default_template, default_spec),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, drop_disabled),
        rules=(finalizer_names, spec_rules, selector_stays),
        warnings=(template_warnings,),
    ),
    status=doors.status(rules=(finalizer_names, status_rules)),
    scale=Scale(selector=selector_text),
    cells=replica_set_cells,
)
