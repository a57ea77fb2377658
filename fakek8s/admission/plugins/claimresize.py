"""PersistentVolumeClaimResize: only bound claims of a class that allows it may grow.

Source: kubernetes plugin/pkg/admission/storage/persistentvolume/resize.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.admission.plugins.storageclass import class_of
from fakek8s.machinery.quantity import Quantity, parse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_CLASSES = "storageclasses.storage.k8s.io"


def _validate(claim: Object, op: Operation) -> None:
    old = op.old
    if old is None or _size(claim) <= _size(old):
        return
    if (old.get("status") or {}).get("phase") != "Bound":
        raise refuse(op, claim, "Only bound persistent volume claims can be expanded")
    if not _may_grow(claim, old, op):
        raise refuse(
            op,
            claim,
            "only dynamically provisioned pvc can be resized and "
            "the storageclass that provisions the pvc must support resize",
        )


def _size(claim: Object) -> Quantity:
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return parse(requests.get("storage", "0"))


def _may_grow(claim: Object, old: Object, op: Operation) -> bool:
    name = class_of(claim)
    if not name or name != class_of(old):
        return False
    found = op.reader.get(_CLASSES, "", name)
    return bool(found and found.get("allowVolumeExpansion"))


PLUGIN = Plugin(
    name="PersistentVolumeClaimResize",
    resources=frozenset({"persistentvolumeclaims"}),
    verbs=frozenset({"update"}),
    validate=_validate,
)
