"""Volumes that an attachment describes itself, where older plugins had no PersistentVolume.

Upstream: pkg/apis/core/validation ValidatePersistentVolumeSpec in its inline form.
"""

from __future__ import annotations

from os.path import normpath
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.persistentvolume.sources import source_rules
from fakek8s.kinds.shared.podtemplate.claims import access_mode_rules
from fakek8s.machinery.causes import forbidden, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_NOT_INLINE = "may not be specified in the context of inline volumes"


def inline_volume_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """What may be said of a volume without a PersistentVolume: little but its CSI source."""
    if spec.get("claimRef") is not None:
        yield forbidden(f"{path}.claimRef", _NOT_INLINE)
    if spec.get("capacity"):
        yield forbidden(f"{path}.capacity", _NOT_INLINE)
    if spec.get("csi") is None:
        yield required(f"{path}.csi", "has to be specified in the context of inline volumes")
    modes, where = spec.get("accessModes") or (), f"{path}.accessModes"
    if not modes:
        yield required(where)
    yield from access_mode_rules(modes, where)
    policy, affinity = spec.get("persistentVolumeReclaimPolicy", ""), spec.get("nodeAffinity")
    where = f"{path}.persistentVolumeReclaimPolicy"
    if policy not in ("", "Retain"):
        yield forbidden(where, "may only be Retain in the context of inline volumes")
    if affinity is not None:
        yield forbidden(f"{path}.nodeAffinity", _NOT_INLINE)
    yield from source_rules(spec, "", path, False)
    host = spec.get("hostPath")
    if host is not None and policy == "Recycle" and normpath(host.get("path") or ".") == "/":
        yield forbidden(where, "may not be 'recycle' for a hostPath mount of '/'")
    if spec.get("storageClassName"):
        yield forbidden(f"{path}.storageClassName", _NOT_INLINE)
    if spec.get("volumeMode") not in (None, "Filesystem"):
        text = "may not specify volumeMode other than Filesystem in the context of inline volumes"
        yield forbidden(f"{path}.volumeMode", text)
