"""What the server sets and resets in a pod before it validates a write.

Upstream: pkg/registry/core/pod/strategy.go, the PrepareForCreate and PrepareForUpdate of each
door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.conditions import set_condition
from fakek8s.kinds.core.pod.podlevel import default_pod_resources
from fakek8s.kinds.core.pod.qos import qos_class
from fakek8s.kinds.shared.podtemplate.annotations import APPARMOR
from fakek8s.kinds.shared.podtemplate.apparmor import profile_of_annotation
from fakek8s.kinds.shared.podtemplate.disabled import (
    drop_disabled_spec_fields,
    drop_disabled_status_fields,
    drop_init_annotations,
)
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.options import containers_of
from fakek8s.kinds.shared.podtemplate.scheduling import PREFERRED, REQUIRED
from fakek8s.kinds.shared.podtemplate.security import apparmor_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_RESET_METADATA = (
    "deletionTimestamp",
    "generation",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
)
_KEPT_STATUS = ("resourceClaimStatuses", "extendedResourceClaimStatus")


def prepare_create(pod: Object, op: Operation) -> None:
    """podStrategy.PrepareForCreate."""
    metadata, spec = pod["metadata"], pod["spec"]
    metadata["generation"] = 1
    status: Object = {"phase": "Pending"}
    pod["status"] = status
    drop_disabled_spec_fields(spec)
    drop_init_annotations(metadata)
    if spec.get("schedulingGates"):
        set_condition(
            status,
            "PodScheduled",
            "False",
            op.now,
            "SchedulingGated",
            "Scheduling is blocked due to non-empty scheduling gates",
        )
    if spec.get("affinity") or spec.get("topologySpreadConstraints"):
        _merge_label_keys(spec, metadata.get("labels") or {})
    if annotations := metadata.get("annotations"):
        _sync_apparmor(spec, annotations, op)
    if spec.get("resources"):
        default_pod_resources(spec)
    status["qosClass"] = qos_class(spec)


def prepare_update(pod: Object, op: Operation) -> None:
    """podStrategy.PrepareForUpdate."""
    old = _old(op)
    _keep_status(pod, old)
    spec = pod["spec"]
    if spec.get("resources") is None and old["spec"].get("resources") is not None:
        spec["resources"] = old["spec"]["resources"]
    drop_disabled_spec_fields(spec)
    drop_init_annotations(pod["metadata"])
    _bump_generation(pod, old)


def prepare_status(pod: Object, op: Operation) -> None:
    """podStatusStrategy.PrepareForUpdate."""
    old = _old(op)
    pod["spec"] = old["spec"]
    metadata = pod["metadata"]
    metadata.pop("deletionTimestamp", None)
    _take(metadata, old["metadata"], "ownerReferences")
    status, old_status = pod.setdefault("status", {}), old.get("status") or {}
    if not status.get("qosClass"):
        _take(status, old_status, "qosClass")
    for name in _KEPT_STATUS:
        if status.get(name) is None:
            _take(status, old_status, name)
    _keep_observed_generations(status, old_status)
    drop_disabled_status_fields(status)
    drop_init_annotations(metadata)


def prepare_ephemeral(pod: Object, op: Operation) -> None:
    """podEphemeralContainersStrategy.PrepareForUpdate: only the ephemeral containers count."""
    old = _old(op)
    containers = pod["spec"].get("ephemeralContainers")
    spec = dict(old["spec"])
    spec.pop("ephemeralContainers", None)
    if containers:
        drop_disabled_spec_fields({"ephemeralContainers": containers})
        spec["ephemeralContainers"] = containers
    pod["spec"] = spec
    _keep_status(pod, old)
    _reset_metadata(pod, old)
    _bump_generation(pod, old)


def prepare_resize(pod: Object, op: Operation) -> None:
    """podResizeStrategy.PrepareForUpdate: only resources and resize policies count."""
    old = _old(op)
    _drop_all_but_resources(pod, old)
    spec = pod["spec"]
    if spec.get("resources") is None and old["spec"].get("resources") is not None:
        spec["resources"] = dict(old["spec"]["resources"])
    drop_disabled_spec_fields(spec)
    drop_init_annotations(pod["metadata"])
    if spec.get("resources"):
        default_pod_resources(spec)
    _bump_generation(pod, old)


def _drop_all_but_resources(pod: Object, old: Object) -> None:
    spec, kept = pod["spec"], old["spec"]
    lists: Object = {}
    for kind in ("containers", "initContainers"):
        before, after = kept.get(kind) or [], spec.get(kind) or []
        if len(before) != len(after):
            return  # validation refuses it
        lists[kind] = _resized(after, before)
    merged = {**kept, **{kind: found for kind, found in lists.items() if found}}
    merged.pop("resources", None)
    if spec.get("resources") is not None:
        merged["resources"] = spec["resources"]
    pod["spec"] = merged
    _keep_status(pod, old)
    _reset_metadata(pod, old)


def _resized(after: list[Object], before: list[Object]) -> list[Object]:
    found = []
    for new, old in zip(after, before, strict=True):
        if new.get("name") != old.get("name"):
            return after  # a reordering: validation refuses it
        container = {**old, "resources": new.get("resources") or {}}
        container.pop("resizePolicy", None)
        if policy := new.get("resizePolicy"):
            container["resizePolicy"] = policy
        found.append(container)
    return found


def _old(op: Operation) -> Object:
    assert op.old is not None
    return op.old


def _take(target: Object, source: Object, name: str) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


def _keep_status(pod: Object, old: Object) -> None:
    pod["status"] = old.get("status") or {}


def _reset_metadata(pod: Object, old: Object) -> None:
    """metav1.ResetObjectMetaForStatus."""
    for name in _RESET_METADATA:
        _take(pod["metadata"], old["metadata"], name)


def _bump_generation(pod: Object, old: Object) -> None:
    """updatePodGeneration: one more for every change of the spec."""
    if not same(pod["spec"], old["spec"]):
        pod["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def _keep_observed_generations(status: Object, old: Object) -> None:
    """preserveOldObservedGeneration: writers that know nothing of it do not clear it."""
    if not status.get("observedGeneration"):
        _take(status, old, "observedGeneration")
    known: dict[str, list[int]] = {}
    for condition in old.get("conditions") or ():
        generation = condition.get("observedGeneration", 0)
        known.setdefault(condition.get("type", ""), []).append(generation)
    for condition in status.get("conditions") or ():
        generations = known.get(condition.get("type", ""))
        generation = generations.pop(0) if generations else 0
        if generation and not condition.get("observedGeneration"):
            condition["observedGeneration"] = generation


def _terms(spec: Object) -> Iterator[Object]:
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind) or {}
        for weighted in found.get(PREFERRED) or ():
            yield weighted.get("podAffinityTerm") or {}
        yield from found.get(REQUIRED) or ()


def _merge_label_keys(spec: Object, labels: Object) -> None:
    """mutatePodAffinity and mutateTopologySpreadConstraints: label keys become expressions."""
    for term in _terms(spec):
        _merge(term, "matchLabelKeys", "In", labels)
        _merge(term, "mismatchLabelKeys", "NotIn", labels)
    for constraint in spec.get("topologySpreadConstraints") or ():
        _merge(constraint, "matchLabelKeys", "In", labels)


def _merge(term: Object, field: str, operator: str, labels: Object) -> None:
    selector = term.get("labelSelector")
    keys = term.get(field)
    if selector is None or not keys:
        return
    added = [
        {"key": key, "operator": operator, "values": [labels[key]]} for key in keys if key in labels
    ]
    if added:
        selector["matchExpressions"] = [*(selector.get("matchExpressions") or ()), *added]


def _sync_apparmor(spec: Object, annotations: Object, op: Operation) -> None:
    """applyAppArmorVersionSkew: annotations become fields, with a warning."""
    if (spec.get("os") or {}).get("name") == "windows":
        return
    own = (spec.get("securityContext") or {}).get("appArmorProfile")
    for container in containers_of(spec):
        key = APPARMOR + container.get("name", "")
        context = container.get("securityContext") or {}
        if key not in annotations or context.get("appArmorProfile") is not None:
            continue
        profile = profile_of_annotation(annotations[key])
        if profile is not None and any(apparmor_rules(profile, "")):
            profile = None
        if profile is not None and profile == own:
            continue
        if profile is not None:
            container["securityContext"] = {**context, "appArmorProfile": profile}
        op.warn(
            f"metadata.annotations[{key}]: deprecated since v1.30; use the "
            '"appArmorProfile" field instead'
        )
