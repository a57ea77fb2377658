"""What of a pod may change, and how.

Upstream: pkg/apis/core/validation ValidatePodUpdate, ValidatePodSpecificAnnotationUpdates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.faultless import is_faultless
from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.shared.internalform import difference, internal_form
from fakek8s.kinds.shared.podtemplate.annotations import APPARMOR, annotation_value_rules
from fakek8s.kinds.shared.podtemplate.claims import MIRROR
from fakek8s.kinds.shared.podtemplate.containers import image_whitespace_rules
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.internal import (
    NODE_SELECTOR_TERM,
    internal,
    internal_list,
)
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.kinds.shared.podtemplate.scheduling import REQUIRED, toleration_rules
from fakek8s.kinds.shared.podtemplate.spec import MAX_INT32
from fakek8s.kinds.shared.written import internal_as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def update_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodUpdate: ends early where upstream does."""
    old = op.old
    assert old is not None
    options = options_for(op, None, pod=True)
    # What is right by the strictest rules needs no leniency for what was there before.
    if not is_faultless(pod, op):
        options = options_for(op, old, pod=True)
        yield from pod_rules(pod, options)
    yield from annotation_update_rules(pod, old, options)
    new_spec, old_spec = pod["spec"], old["spec"]
    for kind in ("containers", "initContainers"):
        after, before = new_spec.get(kind) or [], old_spec.get(kind) or []
        if len(after) != len(before):
            yield forbidden(f"spec.{kind}", "pod updates may not add or remove containers")
            return
        for number, container in enumerate(after):
            where = f"spec.{kind}[{number}]"
            if not container.get("image"):
                yield required(f"{where}.image")
            yield from image_whitespace_rules(container, where)
    errors = list(_deadline_rules(new_spec, old_spec))
    yield from errors
    if errors and new_spec.get("activeDeadlineSeconds") is not None:
        return
    yield from _toleration_update_rules(new_spec, old_spec, options)
    yield from _gate_update_rules(new_spec, old_spec)
    if same(new_spec, old_spec):
        return
    masked = _masked(new_spec, old_spec)
    if old_spec.get("schedulingGates"):
        yield from _gated_rules(masked, old_spec)
    if not same(masked, old_spec):
        before = internal_form(old_spec, op.kind, "spec")
        shown = difference(before, internal_as_written(masked, op, "spec"))
        detail = f"pod updates may not change fields other than {_UPDATABLE}\n{shown}"
        yield forbidden("spec", detail)


def annotation_update_rules(pod: Object, old: Object, options: Options) -> Iterator[FieldError]:
    """ValidatePodSpecificAnnotationUpdates."""
    after: Object = pod["metadata"].get("annotations") or {}
    before: Object = old["metadata"].get("annotations") or {}
    for key, value in before.items():
        if after.get(key) == value:
            continue
        where = f"metadata.annotations[{key}]"
        if key.startswith(APPARMOR):
            yield forbidden(where, "may not remove or update AppArmor annotations")
        if key == MIRROR:
            yield forbidden(where, "may not remove or update mirror pod annotation")
    for key in after:
        if key in before:
            continue
        where = f"metadata.annotations[{key}]"
        if key.startswith(APPARMOR):
            yield forbidden(where, "may not add AppArmor annotations")
        if key == MIRROR:
            yield forbidden(where, "may not add mirror pod annotation")
    if after:
        yield from annotation_value_rules(after, pod["spec"], "metadata.annotations", options)


def _deadline_rules(new: Object, old: Object) -> Iterator[FieldError]:
    after, before = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    where = "spec.activeDeadlineSeconds"
    if after is None:
        if before is not None:
            yield invalid(where, None, "must not update from a positive integer to nil value")
    elif not 0 <= after <= MAX_INT32:
        yield invalid(where, after, names.inclusive_range_error(0, MAX_INT32))
    elif before is not None and before < after:
        yield invalid(where, after, "must be less than or equal to previous value")


def _toleration_update_rules(new: Object, old: Object, options: Options) -> Iterator[FieldError]:
    """validateOnlyAddedTolerations: all but the seconds of an old toleration stays."""
    after, before = new.get("tolerations") or [], old.get("tolerations") or []
    if after == before:
        return

    def without_seconds(toleration: Object) -> Object:
        return {k: v for k, v in toleration.items() if k != "tolerationSeconds" and v != ""}

    known = [without_seconds(toleration) for toleration in after]
    if any(without_seconds(toleration) not in known for toleration in before):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        yield forbidden("spec.tolerations", detail)
        return
    comparison = options.toleration_comparison
    yield from toleration_rules(after, "spec.tolerations", comparison=comparison)


def _gate_update_rules(new: Object, old: Object) -> Iterator[FieldError]:
    """validateOnlyDeletedSchedulingGates."""
    known = {gate.get("name", "") for gate in old.get("schedulingGates") or ()}
    positions = {
        gate.get("name", ""): number for number, gate in enumerate(new.get("schedulingGates") or ())
    }
    for name, number in positions.items():
        if name not in known:
            yield forbidden(
                f"spec.schedulingGates[{number}].name",
                f"only deletion is allowed, but found new scheduling gate '{name}'",
            )


def _masked(new: Object, old: Object) -> Object:
    """The new spec with what may change taken from the old one."""
    masked = dict(new)
    for kind in ("containers", "initContainers"):
        if kind in new:
            masked[kind] = [
                {**container, "image": before.get("image", "")}
                for container, before in zip(new[kind], old.get(kind) or (), strict=True)
            ]
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        masked.pop(name, None)
        if name in old:
            masked[name] = old[name]
    grace = old.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and new.get("terminationGracePeriodSeconds") == 1:
        masked["terminationGracePeriodSeconds"] = grace
    return masked


def _gated_rules(masked: Object, old: Object) -> Iterator[FieldError]:
    """What gated pods may change beyond; takes it from the old spec in `masked`."""
    selector, before = masked.get("nodeSelector") or {}, old.get("nodeSelector") or {}
    if selector != before:
        if any(selector.get(key) != value for key, value in before.items()):
            detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
            yield invalid("spec.nodeSelector", masked.get("nodeSelector"), detail)
        masked.pop("nodeSelector", None)
        if before:
            masked["nodeSelector"] = old["nodeSelector"]
    affinity, old_affinity = masked.get("affinity"), old.get("affinity")
    node, old_node = (affinity or {}).get("nodeAffinity"), (old_affinity or {}).get("nodeAffinity")
    if same(node, old_node):
        return
    yield from _node_affinity_update_rules(node or {}, old_node or {})
    rest = {k: v for k, v in (affinity or {}).items() if k != "nodeAffinity"}
    if old_node is not None:
        rest["nodeAffinity"] = old_node
    masked.pop("affinity", None)
    if rest or old_affinity is not None:
        masked["affinity"] = rest


def _node_affinity_update_rules(new: Object, old: Object) -> Iterator[FieldError]:
    """validateNodeAffinityMutation."""
    before = (old.get(REQUIRED) or {}).get("nodeSelectorTerms") or []
    after = (new.get(REQUIRED) or {}).get("nodeSelectorTerms") or []
    where = f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
    if not before:
        return
    if len(before) != len(after):
        shown = internal_list(after or None, NODE_SELECTOR_TERM)
        detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        yield invalid(where, shown, detail)
        return
    for number, (term, old_term) in enumerate(zip(after, before, strict=True)):
        if not _only_adds(term, old_term):
            shown_term = internal(term, NODE_SELECTOR_TERM)
            detail = "only additions are allowed (no mutations or deletions)"
            yield invalid(f"{where}[{number}]", shown_term, detail)


def _only_adds(new: Object, old: Object) -> bool:
    fields = ("matchExpressions", "matchFields")
    if not any(old.get(name) for name in fields):
        return not any(new.get(name) for name in fields)
    for name in fields:
        before, after = old.get(name) or [], new.get(name) or []
        if not same(after[: len(before)], before):
            return False
    return True
