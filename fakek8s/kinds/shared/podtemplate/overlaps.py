"""Paths in volumes that hide each other, for warnings.

Upstream: pkg/api/pod/warnings.go (warningsForOverlappingVirtualPaths).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]
#: A path and what writes it ("" where the volume has one source).
Source = tuple[str, str]


def overlapping_paths(volumes: list[Object]) -> Iterator[str]:
    """One warning for each pair of paths of a volume of which one contains the other."""
    for volume in volumes:
        name = volume.get("name", "")
        for kind, noun, key in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("downwardAPI", "DownwardAPI", ""),
        ):
            source = volume.get(kind)
            if source is not None and source.get("items"):
                shown = f"{noun} {quote(source.get(key, ''))}" if key else noun
                yield from _overlaps(_paths(source["items"], ""), name, shown)
        if (projected := volume.get("projected")) is not None:
            yield from _projected(projected, name)


def _projected(projected: Object, name: str) -> Iterator[str]:
    paths: list[Source] = []
    for source in projected.get("sources") or ():
        if not source:
            yield f"volume {quote(name)} (Projected) has no sources provided"
        else:
            found = _source_paths(source)
            yield from _overlaps(found, name, "Projected", paths)


def _paths(items: list[Object], source: str) -> list[Source]:
    return [(item.get("path", ""), source) for item in items]


def _source_paths(source: Object) -> list[Source]:
    for kind, noun in (("configMap", "ConfigMap"), ("secret", "Secret")):
        part = source.get(kind)
        if part is not None and part.get("items"):
            return _paths(part["items"], f"{noun} {quote(part.get('name', ''))}")
    if (part := source.get("downwardAPI")) is not None and part.get("items"):
        return _paths(part["items"], "DownwardAPI")
    if (part := source.get("serviceAccountToken")) is not None:
        return [(part.get("path", ""), "ServiceAccountToken")]
    if (part := source.get("clusterTrustBundle")) is not None:
        shown = part["name"] if part.get("name") is not None else part.get("signerName") or ""
        return [(part.get("path", ""), f"ClusterTrustBundle {quote(shown)}")]
    if (part := source.get("podCertificate")) is not None:
        return [
            (part[field], f"PodCertificate {noun}")
            for field, noun in (
                ("certificateChainPath", "chain"),
                ("keyPath", "key"),
                ("credentialBundlePath", "credential bundle"),
            )
            if part.get(field)
        ]
    return []


def _overlaps(
    found: list[Source], name: str, shown: str, known: list[Source] | None = None
) -> Iterator[str]:
    known = [] if known is None else known
    for raw, source in found:
        path = raw.rstrip("/")
        if path:
            for other, other_source in known:
                if other and _contain(path, other):
                    pair = f"{_text(path, source)} with {_text(other, other_source)}"
                    yield f"volume {quote(name)} ({shown}): overlapping paths: {pair}"
        known.append((path, source))


def _contain(path: str, other: str) -> bool:
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def _text(path: str, source: str) -> str:
    return f"{quote(path)} ({source})" if source else quote(path)
