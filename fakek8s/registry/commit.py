"""Plain guarded writes below the strategies (storage.GuaranteedUpdate)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.clone import clone
from fakek8s.registry import convert
from fakek8s.registry.create import stored_form
from fakek8s.registry.get import find
from fakek8s.store.types import RevisionMismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry

Object = dict[str, Any]


async def guaranteed_update(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    change: Callable[[Object], Object],
    *,
    dry_run: bool = False,
) -> Object:
    """Stores `change(private copy of the object)`, again while others write in between.

    `change` may raise APIError to refuse. Raises APIError 404.
    """
    while True:
        entry = find(registry, kind, namespace, name)
        await convert.ready(kind, (entry,))
        changed = change(clone(convert.shown_entry(kind, entry)))
        value = await stored_form(registry, kind, changed)
        if value == entry.object:
            return convert.shown_entry(kind, entry)
        if dry_run:
            return await convert.shown_new(kind, value)
        try:
            stored = await registry.store.commit(
                kind.resource, entry.name_key, entry.revision, value
            )
        except RevisionMismatch:
            continue
        assert stored is not None
        await convert.ready(kind, (stored,))
        return convert.shown_entry(kind, stored)
