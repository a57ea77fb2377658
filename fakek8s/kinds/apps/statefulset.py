"""StatefulSets: numbered pods of one template, each with claims of its own.

Upstream: pkg/registry/apps/statefulset, pkg/apis/apps/validation ValidateStatefulSet*,
pkg/apis/apps/v1 SetDefaults_StatefulSet, pkg/printers/internalversion printStatefulSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Scale
from fakek8s.kinds.core.persistentvolumeclaim import claim_warnings, default_claim
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate import (
    label_selector_rules,
    pod_template_rules,
    pod_template_warnings,
)
from fakek8s.kinds.shared.podtemplate.annotations import annotation_value_rules
from fakek8s.kinds.shared.podtemplate.claims import claim_spec_rules
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal
from fakek8s.kinds.shared.podtemplate.leniency import old_template, options_for
from fakek8s.kinds.shared.replicas import not_decremented
from fakek8s.kinds.shared.rollout import not_above_100_percent, number_or_percent, value_of
from fakek8s.kinds.shared.selectors import parsed, selector_text, unselected
from fakek8s.kinds.shared.templates import default_template, drop_disabled
from fakek8s.kinds.shared.written import internal_as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.meta import IMMUTABLE, annotation_rules, label_rules
from fakek8s.machinery.rules import label_name, non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_RETENTION = ("Retain", "Delete")
_ROLLING: Fields = (("Partition", "partition", 0), ("MaxUnavailable", "maxUnavailable", None))
_STRATEGY: Fields = (("Type", "type", ""), ("RollingUpdate", "rollingUpdate", _ROLLING))
_HISTORY = (
    "spec.revisionHistoryLimit: a negative value retains all historical revisions; "
    "a value >= 0 is recommended"
)
_MORE_THAN_REPLICAS = "cannot be greater than status.replicas"


def default_spec(obj: Object) -> None:
    """SetDefaults_StatefulSet."""
    spec = obj["spec"]
    spec["podManagementPolicy"] = spec.get("podManagementPolicy") or "OrderedReady"
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        if strategy.get("rollingUpdate") is None:
            strategy["rollingUpdate"] = {}
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "RollingUpdate" and rolling is not None:
        for name, value in (("partition", 0), ("maxUnavailable", 1)):
            if rolling.get(name) is None:
                rolling[name] = value
    retention = spec["persistentVolumeClaimRetentionPolicy"] = (
        spec.get("persistentVolumeClaimRetentionPolicy") or {}
    )
    for name in ("whenDeleted", "whenScaled"):
        retention[name] = retention.get(name) or "Retain"
    for name, value in (("replicas", 1), ("revisionHistoryLimit", 10)):
        if spec.get(name) is None:
            spec[name] = value
    for claim in spec.get("volumeClaimTemplates") or ():
        claim["kind"], claim["apiVersion"] = "PersistentVolumeClaim", "v1"
        default_claim(claim)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStatefulSet and ValidateStatefulSetUpdate."""
    spec = obj["spec"]
    if op.old is None:
        yield from spec_rules(spec, op, None, check_template=True)
        return
    old = op.old["spec"]
    healthy = not any(spec_rules(old, op, old, check_template=True))
    yield from spec_rules(spec, op, old, check_template=healthy)
    if not same(spec.get("selector"), old.get("selector")):
        yield invalid("spec.selector", spec.get("selector"), IMMUTABLE)
    claims = spec.get("volumeClaimTemplates")
    if not same(claims, old.get("volumeClaimTemplates")):
        shown = internal_as_written(claims, op, "spec", "volumeClaimTemplates")
        yield invalid("spec.volumeClaimTemplates", shown, IMMUTABLE)
    for name in ("serviceName", "podManagementPolicy"):
        if spec.get(name, "") != old.get(name, ""):
            yield invalid(f"spec.{name}", spec.get(name, ""), IMMUTABLE)


def spec_rules(
    spec: Object, op: Operation, old: Object | None, *, check_template: bool
) -> Iterator[FieldError]:
    """ValidateStatefulSetSpec; `old` is the spec that this one replaces."""
    policy = spec["podManagementPolicy"]
    if policy not in ("OrderedReady", "Parallel"):
        yield invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _strategy_rules(spec["updateStrategy"], "spec.updateStrategy")
    for name, choice in spec["persistentVolumeClaimRetentionPolicy"].items():
        if choice not in _RETENTION:
            where = f"spec.persistentVolumeClaimRetentionPolicy.{name}"
            yield not_supported(where, choice, _RETENTION)
    if old is None:
        for number, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
            yield from claim_spec_rules(claim["spec"], f"spec.volumeClaimTemplates[{number}].spec")
    yield from non_negative(spec["replicas"], "spec.replicas")
    yield from non_negative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    start = (spec.get("ordinals") or {}).get("start")
    yield from non_negative(start, "spec.ordinals.start")
    if old is None and (service := spec.get("serviceName", "")):
        for message in names.is_dns1123_label(service):
            yield invalid("spec.serviceName", service, message)
    yield from _selector_rules(spec.get("selector"), "spec.selector")
    yield from _template_rules(spec, op, check_template)


def _strategy_rules(strategy: Object, path: str) -> Iterator[FieldError]:
    kind, rolling = strategy["type"], strategy.get("rollingUpdate")
    if kind == "OnDelete":
        if rolling is not None:
            detail = "only allowed for updateStrategy 'RollingUpdate'"
            yield invalid(f"{path}.rollingUpdate", internal(rolling, _ROLLING), detail)
    elif kind == "RollingUpdate":
        if rolling is not None:
            yield from _rolling_rules(rolling, f"{path}.rollingUpdate")
    else:
        detail = "must be 'RollingUpdate' or 'OnDelete'"
        yield invalid(path, internal(strategy, _STRATEGY), detail)


def _rolling_rules(rolling: Object, path: str) -> Iterator[FieldError]:
    """validateRollingUpdateStatefulSet."""
    yield from non_negative(rolling.get("partition"), f"{path}.partition")
    gone = rolling.get("maxUnavailable")
    if gone is not None:
        where = f"{path}.maxUnavailable"
        yield from number_or_percent(gone, where)
        if value_of(gone) == 0:
            yield invalid(where, gone, "cannot be 0")
        yield from not_above_100_percent(gone, where)


def _selector_rules(selector: Object | None, path: str) -> Iterator[FieldError]:
    if selector is None:
        yield required(path)
        return
    yield from label_selector_rules(selector, path)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid(path, selector, "empty selector is invalid for statefulset")


def _template_rules(spec: Object, op: Operation, checked: bool) -> Iterator[FieldError]:
    """ValidatePodTemplateSpecForStatefulSet."""
    template, path = spec["template"], "spec.template"
    selector = parsed(spec.get("selector"))
    if selector is None:
        yield invalid("spec.selector", spec.get("selector"))
    else:
        metadata = template["metadata"]
        labels, annotations = metadata.get("labels"), metadata.get("annotations")
        if not selector.empty and not selector.matches(labels):
            yield unselected(labels, op)
        completed = _with_claims(template, spec.get("volumeClaimTemplates") or [])
        if checked:
            yield from pod_template_rules(completed, path, op)
        yield from label_rules(labels, f"{path}.labels")
        if annotations:
            where = f"{path}.annotations"
            options = options_for(op, old_template(op, path), pod=False)
            yield from annotation_rules(annotations, where)
            yield from annotation_value_rules(annotations, completed["spec"], where, options)
    policy = template["spec"].get("restartPolicy", "")
    if policy != "Always":
        yield not_supported(f"{path}.spec.restartPolicy", policy, ("Always",))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in StatefulSet is not Supported"
        yield forbidden(f"{path}.spec.activeDeadlineSeconds", text)


def _with_claims(template: Object, claims: list[Object]) -> Object:
    """The template as its pods will be: the controller sets names and the claims' volumes."""
    spec = {k: v for k, v in template["spec"].items() if k not in ("hostname", "subdomain")}
    if claims:
        own = {claim["metadata"].get("name", "") for claim in claims}
        spec["volumes"] = [
            *({"name": name, "persistentVolumeClaim": {"claimName": name}} for name in sorted(own)),
            *(v for v in spec.get("volumes") or () if v.get("name", "") not in own),
        ]
    return {**template, "spec": spec}


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate, whose paths of claims differ."""
    spec, metadata = obj["spec"], obj["metadata"]
    if op.old is None or metadata.get("generation") != op.old["metadata"].get("generation"):
        yield from pod_template_warnings(spec["template"], "spec.template", op)
    suffix = "" if op.old is None else ".Spec"
    for number, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        yield from claim_warnings(claim["spec"], f"spec.volumeClaimTemplates[{number}]{suffix}")
    if spec["revisionHistoryLimit"] < 0:
        yield _HISTORY


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStatefulSetStatusUpdate."""
    assert op.old is not None
    status = obj["status"]
    within = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    for name in ("replicas", *within, "observedGeneration", "collisionCount"):
        yield from non_negative(status.get(name), f"status.{name}")
    for name in within:
        if (count := status.get(name, 0)) > status.get("replicas", 0):
            yield invalid(f"status.{name}", count, _MORE_THAN_REPLICAS)
    available = status.get("availableReplicas", 0)
    if available > status.get("readyReplicas", 0):
        detail = "cannot be greater than status.readyReplicas"
        yield invalid("status.availableReplicas", available, detail)
    yield from not_decremented(status, op.old["status"], "collisionCount")


def stateful_set_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Ready, Age and, wide, Containers, Images."""
    spec, status = obj["spec"], obj["status"]
    return [
        obj["metadata"].get("name", ""),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        cells.age(obj, now),
        *cells.containers(spec["template"]),
    ]


KIND = Behaviour(
    group="apps",
    plural="statefulsets",
    defaults=(default_template, default_spec),
    name=label_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, drop_disabled),
        rules=(finalizer_names, rules),
        warnings=(warnings,),
    ),
    status=doors.status(rules=(status_rules, finalizer_names)),
    scale=Scale(selector=selector_text),
    cells=stateful_set_cells,
)
