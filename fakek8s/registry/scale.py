"""The scale subresource: one number of an object, shown and changed as an autoscaling/v1 Scale.

Sources: kubernetes pkg/registry/apps/deployment/storage (`ScaleREST`, `scaleUpdatedObjectInfo`)
and apiextensions-apiserver pkg/registry/customresource/etcd.go for custom resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.apply import scale as owners
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.clone import clone
from fakek8s.registry import convert, managed
from fakek8s.registry.create import ensure_namespace
from fakek8s.registry.get import find
from fakek8s.registry.update import check_body_name, update

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions

Object = dict[str, Any]

#: Stands for a number that the object lacks; whoever leaves it so has not set one.
_UNSET = -(2**31)


def scale_of(kind: Kind, obj: Object) -> Object:
    """The Scale of one object, in canonical form."""
    scale = kind.behaviour.scale
    assert scale is not None
    metadata = obj["metadata"]
    found: Object = {"kind": "Scale", "apiVersion": "autoscaling/v1"}
    found["metadata"] = {
        name: metadata[name]
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if name in metadata
    }
    replicas = _at(obj, scale.spec_replicas) or 0
    found["spec"] = {"replicas": replicas} if replicas else {}
    status: Object = {"replicas": _at(obj, scale.status_replicas) or 0}
    selector = scale.selector(obj) if scale.selector else ""
    if selector:
        status["selector"] = selector
    found["status"] = status
    return found


def _at(obj: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(obj, dict):
            return None
        obj = obj.get(name)
    return obj


def get(registry: Registry, kind: Kind, namespace: str, name: str) -> Object:
    """The Scale; raises APIError 404, and 500 for an object without the number."""
    obj = convert.shown_entry(kind, find(registry, kind, namespace, name))
    scale = kind.behaviour.scale
    assert scale is not None
    if scale.required and _at(obj, scale.spec_replicas) is None:
        raise errors.internal(f'the spec replicas field ".{scale.spec_replicas}" does not exist')
    return scale_of(kind, obj)


async def change(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    changed: Callable[[Object], Object],
    options: WriteOptions,
    caller: Caller,
    *,
    tracked: bool = False,
    expected_uid: str = "",
) -> Object:
    """Sets the number from `changed(the live Scale)`; returns the new Scale. Raises APIError.

    The live Scale carries the parent's owners of the number as its managedFields. `tracked`: the
    change has set its managedFields itself (apply). `expected_uid`: of a whole Scale that says
    whose it is.
    """
    scale = kind.behaviour.scale
    assert scale is not None
    scale_kind = registry.catalogue.scale_kind()
    paths = {
        api_version: owners.path_of(known.behaviour.scale.spec_replicas)
        for api_version, known in registry.catalogue.versions_of(kind.resource).items()
        if known.behaviour.scale is not None
    }

    async def apply(live: Object | None) -> Object:
        assert live is not None
        entries = live["metadata"].get("managedFields") or []
        old = scale_of(kind, live)
        old_entries = owners.to_scale(entries, paths)
        if old_entries:
            old["metadata"]["managedFields"] = old_entries
        if scale.required and _at(live, scale.spec_replicas) is None:
            old["spec"] = {"replicas": _UNSET}
        wanted = clone(changed(old))
        ensure_namespace(wanted, namespace)
        check_body_name(wanted, name, namespace)
        replicas = (wanted.get("spec") or {}).get("replicas") or 0
        metadata = wanted["metadata"]
        _check_uid(kind, metadata, live)
        if replicas == _UNSET and scale.required:
            raise errors.bad_request(
                f'the spec replicas field ".{scale.spec_replicas}" cannot be empty'
            )
        if replicas < 0 and not scale.required:  # those have rules of their own
            cause = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
            raise errors.invalid("Scale", "autoscaling", metadata.get("name", ""), [cause])
        if not tracked:
            now = registry.clock.now()
            managed.track(
                registry.catalogue,
                scale_kind,
                old,
                wanted,
                caller.manager,
                now,
                subresource="scale",
            )
        obj = clone(live)
        _set(obj, scale.spec_replicas, replicas)
        if metadata.get("resourceVersion") or not scale.required:
            obj["metadata"]["resourceVersion"] = metadata.get("resourceVersion", "")
        found = owners.to_parent(entries, metadata.get("managedFields"), kind.api_version, paths)
        if found:
            obj["metadata"]["managedFields"] = found
        return obj

    _, found, _ = await update(
        registry,
        kind,
        namespace,
        name,
        apply,
        options,
        caller,
        subresource="scale",
        tracked=True,
        expected_uid=expected_uid,
    )
    return scale_of(kind, found)


def inconvertible(kind: Kind) -> str:
    """Why applies can't change a Scale, "" if they can: custom resources have a converter that
    knows no Scale (crConverter.ConvertToVersion)."""
    if not kind.custom:
        return ""
    return "request to convert CR to an invalid group/version: autoscaling/v1"


def _check_uid(kind: Kind, metadata: Object, live: Object) -> None:
    """What a patch made of the uid, which the scales of custom resources do not look at."""
    uid, found = metadata.get("uid", ""), live["metadata"]["uid"]
    if not uid or uid == found or kind.custom:
        return
    why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {found}"
    raise errors.conflict(f"{kind.plural}/scale", kind.group, live["metadata"]["name"], why)


def _set(obj: Object, path: str, value: int) -> None:
    *parents, last = path.split(".")
    for name in parents:
        obj = obj.setdefault(name, {})
    obj[last] = value
