"""ReplicationControllers: so many pods of one template, as ReplicaSets were first called.

Upstream: pkg/registry/core/replicationcontroller, pkg/apis/core/validation
ValidateReplicationController*, pkg/apis/core/v1 SetDefaults_ReplicationController and
zz_generated.validations.go, pkg/printers/internalversion printReplicationController.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Scale
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate import default_pod_template, pod_template_rules
from fakek8s.kinds.shared.podtemplate.disabled import drop_disabled_template_fields
from fakek8s.kinds.shared.replicas import counts_rules
from fakek8s.kinds.shared.selectors import unselected
from fakek8s.kinds.shared.templates import template_warnings
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.labels import from_map
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_spec(obj: Object) -> None:
    """SetDefaults_ReplicationController: the template's labels serve for all that has none."""
    spec = obj["spec"]
    template = spec.get("template")
    if template is not None:
        labels = template.setdefault("metadata", {}).get("labels")
        if labels:
            if not spec.get("selector"):
                spec["selector"] = dict(labels)
            if not obj["metadata"].get("labels"):
                obj["metadata"]["labels"] = dict(labels)
        default_pod_template(template)
    if spec.get("replicas") is None:
        spec["replicas"] = 1


def drop_disabled(obj: Object, op: Operation) -> None:
    """DropDisabledTemplateFields, where there is a template."""
    if (template := obj["spec"].get("template")) is not None:
        drop_disabled_template_fields(template)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateReplicationControllerSpec, less what is declared."""
    spec = obj["spec"]
    selector, template = spec.get("selector"), spec.get("template")
    if not selector:
        yield required("spec.selector")
    if template is None:
        yield required("spec.template")
        return
    labels = template["metadata"].get("labels")
    if selector and not from_map(selector).matches(labels):
        yield unselected(labels, op)
    yield from pod_template_rules(template, "spec.template", op)
    policy = template["spec"].get("restartPolicy", "")
    if policy != "Always":
        yield not_supported("spec.template.spec.restartPolicy", policy, ("Always",))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicationController is not Supported"
        yield forbidden("spec.template.spec.activeDeadlineSeconds", text)


def declared_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """Validate_ReplicationController: upstream puts declared rules behind the written ones."""
    if op.old is None:
        name = obj["metadata"].get("name", "")
        if not name:
            yield required("metadata.name", "name or generateName is required")
        for message in names.is_dns1123_subdomain(name, "bytes") if name else ():
            yield invalid("metadata.name", name, message)
    yield from non_negative(obj["spec"]["replicas"], "spec.replicas")
    yield from non_negative(obj["spec"].get("minReadySeconds"), "spec.minReadySeconds")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate; the latter look at the older template."""
    if op.old is None:
        if obj["spec"].get("template") is not None:
            yield from template_warnings(obj, op)
    elif obj["metadata"].get("generation") != op.old["metadata"].get("generation"):
        yield from template_warnings({**op.old, "metadata": obj["metadata"]}, op)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateReplicationControllerStatus."""
    within = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    counts = ("replicas", *within, "observedGeneration")
    return counts_rules(obj["status"], counts, within=within)


def controller_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Desired, Current, Ready, Age and, wide, Containers, Images, Selector."""
    spec, status = obj["spec"], obj["status"]
    selector: Object = spec.get("selector") or {}
    return [
        obj["metadata"].get("name", ""),
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        cells.age(obj, now),
        *cells.containers(spec.get("template") or {}),
        ",".join(f"{key}={selector[key]}" for key in sorted(selector)) or cells.NONE,
    ]


KIND = Behaviour(
    group="",
    plural="replicationcontrollers",
    stored_under="controllers",
    defaults=(default_spec,),
    generation=True,
    main=doors.main(
        prepare=(first_generation, drop_disabled),
        rules=(finalizer_names, rules, declared_rules),
        warnings=(warnings,),
    ),
    status=doors.status(rules=(finalizer_names, status_rules)),
    scale=Scale(selector=lambda obj: str(from_map(obj["spec"].get("selector")))),
    cells=controller_cells,
    selectable={"status.replicas": lambda obj: str(obj["status"].get("replicas", 0))},
    orphan_by_default=True,
)
