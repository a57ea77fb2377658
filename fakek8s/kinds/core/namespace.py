"""Namespaces, which end slowly: first Terminating, gone when their own finalizers are.

Upstream: pkg/registry/core/namespace (strategy.go and storage/storage.go, whose Delete and
ShouldDeleteNamespaceDuringUpdate stand here), pkg/apis/core/validation ValidateNamespace*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, kubernetes_finalizer
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.meta import FOREGROUND, ORPHAN
from fakek8s.machinery.rules import label_name
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"


def default_label(obj: Object) -> None:
    """SetDefaults_Namespace: every namespace is labelled with its name, once it has one."""
    metadata = obj["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**(metadata.get("labels") or {}), NAME_LABEL: metadata["name"]}


def default_phase(obj: Object) -> None:
    """SetDefaults_NamespaceStatus."""
    status = obj.setdefault("status", {})
    if not status.get("phase"):
        status["phase"] = "Active"


def prepare(obj: Object, op: Operation) -> None:
    """A new namespace is Active and has our finalizer; later only `finalize` changes these."""
    default_label(obj)
    spec = obj.setdefault("spec", {})
    if op.old is None:
        obj["status"] = {"phase": "Active"}
        finalizers = spec.get("finalizers") or []
        if FINALIZER not in finalizers:
            spec["finalizers"] = [*finalizers, FINALIZER]
    else:
        spec["finalizers"] = (op.old.get("spec") or {}).get("finalizers")


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNamespace; the field names no index."""
    for name in obj["spec"].get("finalizers") or ():
        yield from _finalizer_rules(name, "spec.finalizers")


def finalize_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNamespaceFinalizeUpdate."""
    for number, name in enumerate(obj["spec"].get("finalizers") or ()):
        yield from _finalizer_rules(name, f"spec.finalizers[{number}]")


def _finalizer_rules(name: str, path: str) -> Iterator[FieldError]:
    for message in names.is_qualified_name(name):
        yield invalid(path, name, message)
    yield from kubernetes_finalizer(name, path)


def phase_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNamespaceStatusUpdate."""
    phase = obj["status"].get("phase", "")
    if not obj["metadata"].get("deletionTimestamp"):
        if phase != "Active":
            text = "may only be 'Active' if `deletionTimestamp` is empty"
            yield invalid("status.Phase", phase, text)
    elif phase != "Terminating":
        text = "may only be 'Terminating' if `deletionTimestamp` is not empty"
        yield invalid("status.Phase", phase, text)


def terminate(obj: Object, op: Operation) -> bool:
    """The first deletion only begins the end; a later one is real when `spec` lets go."""
    metadata = obj["metadata"]
    if metadata.get("deletionTimestamp"):
        return bool(obj["spec"].get("finalizers"))
    metadata["deletionTimestamp"] = format_time(op.now)
    obj["status"]["phase"] = "Terminating"
    _set_finalizers(metadata, op.options)
    return True


def _set_finalizers(metadata: Object, options: Object) -> None:
    """shouldHaveOrphanFinalizer, shouldHaveDeleteDependentsFinalizer: unasked, all stays."""
    policy = options.get("propagationPolicy")
    if (orphan := options.get("orphanDependents")) is not None:
        policy = "Orphan" if orphan else "Foreground"
    if policy is None:
        return
    wanted = {"Orphan": [ORPHAN], "Foreground": [FOREGROUND]}.get(policy, [])
    finalizers = metadata.get("finalizers") or []
    kept = [name for name in finalizers if name not in (ORPHAN, FOREGROUND) or name in wanted]
    metadata["finalizers"] = kept + [name for name in wanted if name not in kept]


KIND = Behaviour(
    group="",
    plural="namespaces",
    defaults=(default_label, default_phase),
    name=label_name,
    main=doors.main(prepare=(prepare,), rules=(finalizer_names, spec_rules)),
    status=doors.status(rules=(finalizer_names, phase_rules)),
    subresources={
        "finalize": doors.main(rules=(finalizer_names, finalize_rules)),
    },
    cells=cells.row(lambda obj: obj["status"].get("phase", "")),
    selectable={"status.phase": lambda obj: str(obj["status"].get("phase", ""))},
    returns_deleted=True,
    before_delete=terminate,
    precondition_failed="Precondition failed",
    delete_during_update=lambda new, old: not new["spec"].get("finalizers"),
)
