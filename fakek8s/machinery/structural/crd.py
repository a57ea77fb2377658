"""What happens to a CustomResourceDefinition on its way in: defaults, resets, warnings.

Upstream: apiextensions v1/defaults.go, pkg/registry/customresourcedefinition/strategy.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.structural.formats import unrecognized
from fakek8s.machinery.structural.internal import to_internal
from fakek8s.machinery.structural.walk import every

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FINALIZER", "prepare_create", "prepare_update", "set_defaults", "warnings"]

Object = dict[str, Any]

#: Set on DELETE, taken away when the instances are gone.
FINALIZER: Final = "customresourcecleanup.apiextensions.k8s.io"


def set_defaults(crd: Object) -> None:
    """SetDefaults_CustomResourceDefinition, in place."""
    spec = crd.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    if not names.get("singular") and kind:
        names["singular"] = kind.lower()
    if not names.get("listKind") and kind:
        names["listKind"] = f"{kind}List"
    conversion = spec.get("conversion")
    if conversion is None:
        spec["conversion"] = {"strategy": "None"}
    else:
        client = ((conversion.get("webhook") or {}).get("clientConfig")) or {}
        service = client.get("service")
        if service is not None and service.get("port") is None:
            service["port"] = 443
    status = crd.get("status") or {}
    if not status.get("storedVersions"):
        storage = _storage(spec)
        if storage is not None:
            crd["status"] = {**status, "storedVersions": [storage]}


def _storage(spec: Object) -> str | None:
    for version in spec.get("versions") or ():
        if version.get("storage"):
            name: str = version.get("name", "")
            return name
    return None


def _empty_status() -> Object:
    return {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": None}


def prepare_create(crd: Object) -> None:
    """Resets the status and stores the storage version, in place (PrepareForCreate)."""
    status = _empty_status()
    storage = _storage(crd["spec"])
    if storage is not None:
        status["storedVersions"] = [storage]
    crd["status"] = status


def prepare_update(crd: Object, old: Object) -> None:
    """Keeps the old status, with a new storage version added, in place (PrepareForUpdate)."""
    status = {**_empty_status(), **(old.get("status") or {})}
    storage, stored = _storage(crd["spec"]), status["storedVersions"] or []
    if storage is not None and storage not in stored:
        status["storedVersions"] = [*stored, storage]
    crd["status"] = status


def warnings(crd: Object, old: Object | None = None) -> list[str]:
    """Warnings about what is new: formats that the server doesn't know, sets of non-scalars."""
    formats = list(_formats(crd))
    sets = sorted(set(_sets(crd)))
    if old is not None:
        known = set(_formats(old)) | set(_sets(old))
        formats = [text for text in formats if text not in known]
        sets = [text for text in sets if text not in known]
    return [*formats, *sets]


def _formats(crd: Object) -> Iterator[str]:
    for schema in to_internal(crd["spec"]).schemas():
        for held in every(schema):
            form = held.get("format", "")
            if form and unrecognized(form, held.get("type", "")):
                yield f'unrecognized format "{form}"'


def _sets(crd: Object) -> Iterator[str]:
    for schema in to_internal(crd["spec"]).schemas():
        for held in every(schema):
            items = held.get("items")
            if held.get("x-kubernetes-list-type") == "set" and isinstance(items, dict):
                kind = items.get("type", "")
                if kind in ("object", "array"):
                    yield (
                        f'x-kubernetes-list-type: set for items of type "{kind}" is not supported '
                        "by server-side apply or CEL validation rules"
                    )
