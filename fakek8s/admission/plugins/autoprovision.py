"""NamespaceAutoProvision: a namespace comes to be with the first thing created in it.

Source: kubernetes plugin/pkg/admission/namespace/autoprovision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.engine import SELF, registry_of
from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.registry.create import create
from fakek8s.registry.options import WriteOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from fakek8s.kind import Operation

Object = dict[str, Any]

_NAMESPACES = "namespaces"


def _admit(obj: Object, op: Operation) -> Awaitable[None] | None:
    if op.dry_run or not op.namespace or op.kind.resource == _NAMESPACES:
        return None
    if op.reader.get(_NAMESPACES, "", op.namespace) is not None:
        return None
    return _provide(obj, op)


async def _provide(obj: Object, op: Operation) -> None:
    try:
        registry = registry_of(op)
        kind = registry.catalogue.by_resource(_NAMESPACES)
        new: Object = kind.shape.canonical({"metadata": {"name": op.namespace}})
        await create(registry, kind, "", new, WriteOptions(), SELF)
    except errors.APIError as error:
        if error.reason != "AlreadyExists":
            raise refuse(op, obj, error.message) from None


PLUGIN = Plugin(
    name="NamespaceAutoProvision",
    subresources=None,
    verbs=frozenset({"create"}),
    mutate=_admit,
)
