"""PersistentVolumes: a piece of storage in the cluster, of one source that never changes.

Upstream: pkg/registry/core/persistentvolume, pkg/apis/core/validation
ValidatePersistentVolume*, pkg/volume/validation, pkg/api/persistentvolume,
pkg/printers/internalversion printPersistentVolume.
"""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.core.persistentvolume.sources import SOURCES, source_rules
from fakek8s.kinds.core.persistentvolumeclaim import (
    CLASS_ANNOTATION,
    class_of,
    modes_text,
    whole_quantity,
)
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.internalform import difference, internal_form
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.claims import access_mode_rules
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.quantities import round_up_list
from fakek8s.kinds.shared.podtemplate.scheduling import node_selector_rules
from fakek8s.kinds.shared.podtemplate.storage import default_source
from fakek8s.kinds.shared.podtemplate.warnings import node_selector_term_warnings
from fakek8s.kinds.shared.written import as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.clone import clone
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import POSITIVE, immutable, subdomain, subdomain_name
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

MOUNT_ANNOTATION = "volume.beta.kubernetes.io/mount-options"
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_VOLUME_MODES = ("Block", "Filesystem")
#: Sources that know the annotation for mount options (checkMountOption).
_MOUNTABLE = (
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "cinder",
    "cephfs",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
)
_ANNOTATIONS = (
    (CLASS_ANNOTATION, 'deprecated since v1.8; use "storageClassName" attribute instead'),
    (MOUNT_ANNOTATION, 'deprecated since v1.31; use "mountOptions" attribute instead'),
)
_PHOTON = "deprecated in v1.11, non-functional in v1.16+"
_OLD_SOURCES = (
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "photonPersistentDisk", _PHOTON),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
)
_RECYCLE = (
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
    "recommended approach is to use dynamic provisioning."
)


def default_volume(obj: Object) -> None:
    """SetObjectDefaults_PersistentVolume."""
    status, spec = obj.setdefault("status", {}), obj["spec"]
    status["phase"] = status.get("phase") or "Pending"
    policy = spec.get("persistentVolumeReclaimPolicy")
    spec["persistentVolumeReclaimPolicy"] = policy or "Retain"
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    if spec.get("capacity"):
        round_up_list(spec["capacity"])
    default_source(spec)


def new_status(obj: Object, op: Operation) -> None:
    """A new volume is Pending since now."""
    if op.old is None:
        obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": format_time(op.now)}


def phase_time(obj: Object, op: Operation) -> None:
    """Since when the phase is what it is."""
    assert op.old is not None
    status, old = obj["status"], op.old["status"]
    moved = status.get("phase", "") != old.get("phase", "")
    since, before = status.get("lastPhaseTransitionTime"), old.get("lastPhaseTransitionTime")
    if moved and (since is None or since == before):
        status["lastPhaseTransitionTime"] = format_time(op.now)
    elif not moved and since is None and before is not None:
        status["lastPhaseTransitionTime"] = before


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """Validate and ValidateUpdate of the strategy; an update runs the former twice."""
    yield from spec_rules(obj, op)
    annotations = obj["metadata"].get("annotations") or {}
    if MOUNT_ANNOTATION in annotations and not any(obj["spec"].get(name) for name in _MOUNTABLE):
        where = f"metadata.annotations.{MOUNT_ANNOTATION}"
        yield forbidden(where, "may not specify mount options for this volume type")
    if op.old is not None:
        yield from _update_rules(obj["spec"], op.old["spec"], op)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePersistentVolumeSpec."""
    spec = obj["spec"]
    modes = spec.get("accessModes") or ()
    if not modes:
        yield required("spec.accessModes")
    yield from access_mode_rules(modes, "spec.accessModes")
    capacity = spec.get("capacity") or as_written(None, op, "spec", "capacity")
    yield from _capacity_rules(capacity, "spec.capacity")
    policy = spec["persistentVolumeReclaimPolicy"]
    if policy not in _RECLAIM_POLICIES:
        yield not_supported("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM_POLICIES)
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        yield from _affinity_rules(affinity, op)
    yield from source_rules(spec, obj["metadata"].get("name", ""), "spec", affinity is not None)
    root = normpath((spec.get("hostPath") or {}).get("path") or ".")
    if spec.get("hostPath") is not None and root in ("/", "//") and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden("spec.persistentVolumeReclaimPolicy", detail)
    yield from subdomain(spec.get("storageClassName"), "spec.storageClassName")
    mode = spec["volumeMode"]
    if mode not in _VOLUME_MODES:
        yield not_supported("spec.volumeMode", mode, _VOLUME_MODES)
    if (attributes := spec.get("volumeAttributesClassName")) is not None:
        if not attributes:
            yield required("spec.volumeAttributesClassName", "an empty string is disallowed")
        yield from subdomain(attributes, "spec.volumeAttributesClassName")
        if spec.get("csi") is None:
            detail = "has to be specified when using volumeAttributesClassName"
            yield required("spec.csi", detail)


def _capacity_rules(capacity: Object | None, path: str) -> Iterator[FieldError]:
    if not capacity:
        yield required(path)
    if not capacity or "storage" not in capacity or len(capacity) > 1:
        yield not_supported(path, capacity, ("storage",))
    for name, text in (capacity or {}).items():
        yield from whole_quantity(text, f"{path}[{name}]")
        if parse(text).sign() <= 0:
            yield invalid(f"{path}[{name}]", text, POSITIVE)


def _affinity_rules(affinity: Object, op: Operation) -> Iterator[FieldError]:
    """validateVolumeNodeAffinity."""
    selector = affinity.get("required")
    if selector is None:
        detail = "must specify required node constraints"
        yield required("spec.nodeAffinity.required", detail)
        return
    old = (((op.old or {}).get("spec") or {}).get("nodeAffinity") or {}).get("required") or {}
    any_value = any(
        names.is_label_value(value)
        for term in old.get("nodeSelectorTerms") or ()
        for expression in term.get("matchExpressions") or ()
        for value in expression.get("values") or ()
    )
    yield from node_selector_rules(selector, "spec.nodeAffinity.required", any_value=any_value)


def _update_rules(spec: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePersistentVolumeUpdate; a secret for expansion may be added."""
    new_source, old_source = _source(spec), _source(old)
    secret, csi = "controllerExpandSecretRef", new_source.get("csi")
    if csi and old_source.get("csi") and old_source["csi"].get(secret) is None:
        csi.pop(secret, None)
    if not same(new_source, old_source):
        forms = [
            internal_form(source, op.kind, "spec", only=SOURCES)
            for source in (old_source, new_source)
        ]
        detail = f"spec.persistentvolumesource is immutable after creation\n{difference(*forms)}"
        yield forbidden("spec.persistentvolumesource", detail)
    yield from immutable(spec.get("volumeMode"), old.get("volumeMode"), "volumeMode")
    before, affinity = old.get("nodeAffinity"), spec.get("nodeAffinity")
    if before is not None and not same(_without_beta(affinity), _without_beta(before)):
        shown = internal_form(affinity, op.kind, "spec", "nodeAffinity")
        detail = f"{IMMUTABLE}, except for updating from beta label to GA"
        yield invalid("nodeAffinity", shown, detail)
    name = "volumeAttributesClassName"
    if old.get(name) is not None and spec.get(name) is None:
        yield forbidden(f"spec.{name}", "update from non-nil value to nil is forbidden")


def _source(spec: Object) -> Object:
    return {name: clone(spec[name]) for name in SOURCES if spec.get(name) is not None}


_GA_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}


def _without_beta(affinity: Object | None) -> Object | None:
    """getMaskNodeSelectorLabelChangeEqualities: labels that are the same in two names."""
    if affinity is None:
        return None
    found = clone(affinity)
    for term in (found.get("required") or {}).get("nodeSelectorTerms") or ():
        for expression in term.get("matchExpressions") or ():
            key = expression.get("key", "")
            expression["key"] = _GA_LABELS.get(key, key)
    return found


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """warningsForPersistentVolumeSpecAndMeta."""
    spec = obj["spec"]
    for name, text in _ANNOTATIONS:
        if name in (obj["metadata"].get("annotations") or {}):
            yield f"metadata.annotations[{name}]: {text}"
    if spec["persistentVolumeReclaimPolicy"] == "Recycle":
        yield _RECYCLE
    selector = (spec.get("nodeAffinity") or {}).get("required") or {}
    for number, term in enumerate(selector.get("nodeSelectorTerms") or ()):
        where = f"spec.nodeAffinity.required.nodeSelectorTerms[{number}]"
        yield from node_selector_term_warnings(term, where, check_values=False)
    for name, shown, text in _OLD_SOURCES:
        if spec.get(name) is not None:
            yield f"spec.{shown}: {text}"


def volume_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass ... VolumeMode."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj["status"]
    claim = spec.get("claimRef")
    attributes = spec.get("volumeAttributesClassName")
    return [
        metadata.get("name", ""),
        (spec.get("capacity") or {}).get("storage", "0"),
        modes_text(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if metadata.get("deletionTimestamp") else status.get("phase", ""),
        "" if claim is None else f"{claim.get('namespace', '')}/{claim.get('name', '')}",
        class_of(obj),
        "<unset>" if attributes is None else attributes,
        status.get("reason", ""),
        cells.age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


KIND = Behaviour(
    group="",
    plural="persistentvolumes",
    defaults=(default_volume,),
    name=subdomain_name,
    main=doors.main(prepare=(new_status,), rules=(finalizer_names, rules), warnings=(warnings,)),
    status=doors.status(prepare=(phase_time,), rules=(finalizer_names,)),
    cells=volume_cells,
    returns_deleted=True,
)
