"""OwnerReferencesPermissionEnforcement: only who may delete a thing may give it an owner.

And only who may set an owner's finalizers may keep it from being deleted.
Source: kubernetes plugin/pkg/admission/gc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.engine import registry_of
from fakek8s.admission.plugin import Plugin, ask, refuse
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]


def _owners(obj: Object | None) -> list[Object]:
    found: list[Object] = ((obj or {}).get("metadata") or {}).get("ownerReferences") or []
    return found


def _validate(obj: Object, op: Operation) -> None:
    if op.kind.resource == "pods" and op.subresource == "status":
        return
    old, new = _owners(op.old if op.verb == "update" else None), _owners(obj)
    if old == new:
        return
    if op.verb != "create":
        allowed, reason = ask(
            op,
            verb="delete",
            group=op.kind.group,
            version=op.kind.version,
            namespace=op.namespace,
            resource=op.kind.plural,
            subresource=op.subresource,
            name=op.name,
        )
        if not allowed:
            why = f"cannot set an ownerRef on a resource you can't delete: {reason}, <nil>"
            raise refuse(op, obj, why)
    blocking = list(_newly_blocking(new, old))
    if not blocking or _may_finalize(op, group="*", version="*", resource="*", name="*")[0]:
        return
    for owner in blocking:
        _check_owner(owner, obj, op)


def _newly_blocking(new: list[Object], old: list[Object]) -> Iterator[Object]:
    blocked = {owner.get("uid") for owner in old if owner.get("blockOwnerDeletion")}
    for owner in new:
        if owner.get("blockOwnerDeletion") and owner.get("uid") not in blocked:
            yield owner


def _may_finalize(op: Operation, **attributes: str) -> tuple[bool, str]:
    return ask(op, verb="update", subresource="finalizers", **attributes)


def _check_owner(owner: Object, obj: Object, op: Operation) -> None:
    version, kind = owner.get("apiVersion", ""), owner.get("kind", "")
    found = registry_of(op).catalogue.by_kind(version, kind)
    if found is None:
        why = (
            "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for "
            f"APIVersion {version} Kind {kind}: no matches for kind {quote(kind)} "
            f"in version {quote(version)}"
        )
        raise refuse(op, obj, why)
    allowed, reason = _may_finalize(
        op,
        group=found.group,
        version=found.version,
        resource=found.plural,
        name=owner.get("name", ""),
        namespace=op.namespace if found.namespaced else "",
    )
    if not allowed:
        why = (
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't "
            f"set finalizers on: {reason}, <nil>"
        )
        raise refuse(op, obj, why)


PLUGIN = Plugin(name="OwnerReferencesPermissionEnforcement", subresources=None, validate=_validate)
