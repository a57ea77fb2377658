"""DefaultStorageClass: a claim without a class gets the default one.

Source: kubernetes plugin/pkg/admission/storage/storageclass/setdefault and pkg/volume/util
(GetDefaultClass).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_CLASSES = "storageclasses.storage.k8s.io"
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def class_of(claim: Object) -> str:
    """GetPersistentVolumeClaimClass: the beta annotation counts before the field."""
    annotations = claim["metadata"].get("annotations") or {}
    found = annotations.get(_BETA_CLASS)
    return str(claim["spec"].get("storageClassName") or "" if found is None else found)


def newest(classes: list[Object]) -> Object | None:
    """Of several default classes the youngest counts, and of those the first by name."""
    by_name = sorted(classes, key=lambda c: str(c["metadata"]["name"]))
    return max(by_name, key=lambda c: str(c["metadata"]["creationTimestamp"]), default=None)


def _admit(claim: Object, op: Operation) -> None:
    spec = claim.setdefault("spec", {})
    if spec.get("storageClassName") is not None:
        return
    if _BETA_CLASS in (claim["metadata"].get("annotations") or {}):
        return
    default = newest([c for c in op.reader.list(_CLASSES) if _is_default(c)])
    if default is not None:
        spec["storageClassName"] = default["metadata"]["name"]


def _is_default(storage_class: Object) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "true" for name in _DEFAULT)


PLUGIN = Plugin(
    name="DefaultStorageClass",
    resources=frozenset({"persistentvolumeclaims"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
)
