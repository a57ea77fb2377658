"""Owners across a scale subresource: entries of the parent as Scale entries, and back.

k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go. A write to `scale` takes the parent's
entries through `to_scale`, runs as any write of a Scale, and brings the result back with
`to_parent`. The version is part of an updater's identity, so an updater of the parent and the
same one seen in the Scale are two: an entry that comes back is written beside what it left, and
without a time. Upstream does so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.managers import Managers, Owner, decode, decode_stored, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Object = dict[str, Any]
Path = tuple[str, ...]

SCALE_VERSION: Final = "autoscaling/v1"
_REPLICAS: Final[Path] = ("f:spec", "f:replicas")


def path_of(dotted: str) -> Path:
    """The path of a replicas field: `.spec.replicas` or `spec.replicas`."""
    return tuple("f:" + name for name in dotted.strip(".").split("."))


def to_scale(entries: Iterable[Object], paths: Mapping[str, Path | None]) -> list[Object] | None:
    """The entries of a parent that own its replicas, as entries of its Scale.

    paths: apiVersion of the parent -> where its replicas are (None: it has no scale there).
    """
    found: Managers = {}
    for who, owner in decode_stored(entries).items():
        path = paths.get(owner.api_version)
        if path is not None and fieldset.has(owner.fields, path):
            found[who] = Owner(
                api_version=SCALE_VERSION, fields=fieldset.of(_REPLICAS), time=owner.time
            )
    return encode(found)


def to_parent(
    entries: Iterable[Object],
    scale_entries: Iterable[Object] | None,
    api_version: str,
    paths: Mapping[str, Path | None],
) -> list[Object] | None:
    """The parent's entries after a write to its Scale.

    entries: the parent's before the write. scale_entries: the Scale's after it. api_version: of
    the parent as the write sees it. Raises InvalidManagedFields.
    """
    parents = decode_stored(entries)
    scales = decode(scale_entries or ())
    times = {who: owner.time for who, owner in parents.items()}
    found: Managers = {}
    for who, owner in parents.items():
        if owner.api_version not in paths:
            continue
        path = paths[owner.api_version]
        if path is None or not fieldset.has(owner.fields, path):
            found[who] = owner
        elif who in scales:
            del scales[who]
            found[who] = owner
        else:
            left = fieldset.difference(owner.fields, fieldset.of(path))
            if left:
                found[who] = owner.owning(left)
    replicas = paths.get(api_version)
    for who, owner in scales.items():
        if replicas is None or not fieldset.has(owner.fields, _REPLICAS):
            continue
        fields = fieldset.of(replicas)
        found[who] = Owner(api_version=api_version, fields=fields, time=times.get(who, ""))
    return encode(found)
