"""StorageObjectInUseProtection: volumes and claims stay until nobody uses them.

Source: kubernetes plugin/pkg/admission/storage/storageobjectinuseprotection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_FINALIZERS = {
    "persistentvolumes": "kubernetes.io/pv-protection",
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
}


def _admit(obj: Object, op: Operation) -> None:
    finalizer = _FINALIZERS[op.kind.resource]
    metadata = obj["metadata"]
    finalizers = metadata.get("finalizers") or []
    if finalizer not in finalizers:
        metadata["finalizers"] = [*finalizers, finalizer]


PLUGIN = Plugin(
    name="StorageObjectInUseProtection",
    resources=frozenset(_FINALIZERS),
    verbs=frozenset({"create"}),
    mutate=_admit,
)
