"""Managed fields on writes: which manager a request is, and what its write now owns.

The algebra is machinery.apply's; this module knows when it runs and with which names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply.updater import update_managed_fields
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kind import Kind
    from fakek8s.machinery.schema import Schema
    from fakek8s.registry.catalogue import Catalogue

Object = dict[str, Any]
Convert = Callable[[Object, str], "tuple[Object, Schema] | None"]

_MANAGER_LIMIT = 128


@lru_cache(maxsize=128)
def manager_of(field_manager: str, user_agent: str) -> str:
    """The manager's name: the parameter, else the User-Agent up to its first slash.

    Upstream: handlers.managerOrUserAgent, prefixFromUserAgent.
    """
    if field_manager:
        return field_manager
    prefix = user_agent.partition("/")[0]
    if prefix.isascii() and prefix.isprintable() and len(prefix) <= _MANAGER_LIMIT:
        return prefix
    kept, size = "", 0
    for char in filter(str.isprintable, prefix):
        size += len(char.encode())
        if size > _MANAGER_LIMIT:
            break
        kept += char
    return kept


def track(
    catalogue: Catalogue,
    kind: Kind,
    live: Object | None,
    new: Object,
    manager: str,
    now: datetime,
    *,
    subresource: str = "",
    resets: tuple[str, ...] = (),
    owned: tuple[tuple[str, ...], ...] = (),
) -> None:
    """Sets `new`'s metadata.managedFields, in place, to what holds after this write."""
    if kind.schema is None:
        return
    entries = update_managed_fields(
        live,
        new,
        schema=kind.schema,
        manager=manager,
        api_version=kind.api_version,
        now=format_time(now),
        subresource=subresource,
        reset=resets,
        only=owned,
        empty=None if live is not None or kind.custom else kind.shape.empty(),
        # Other versions have a say only through managers that are there already.
        convert=converter(catalogue, kind)
        if live is not None or new["metadata"].get("managedFields")
        else None,
    )
    metadata = new["metadata"]
    if entries:
        metadata["managedFields"] = entries
    else:
        metadata.pop("managedFields", None)


def converter(catalogue: Catalogue, kind: Kind) -> Convert | None:
    """(object, apiVersion) -> (object in that version, its schema), None for unserved versions.

    None for kinds of one version, which need no conversion.
    """
    if kind.behaviour.conversions is not None:
        return kind.behaviour.conversions
    versions = catalogue.versions_of(kind.resource)
    if len(versions) < 2:
        return None

    def convert(obj: Object, api_version: str) -> tuple[Object, Schema] | None:
        target = versions.get(api_version)
        # Upstream converts within a group only: events of the other group count as unknown.
        if target is None or target.schema is None or target.group != kind.group:
            return None
        source = versions.get(obj.get("apiVersion", ""), kind)
        if target is source:
            return obj, target.schema
        to_stored = source.behaviour.to_stored
        stored = to_stored(clone(obj)) if to_stored else clone(obj)
        from_stored = target.behaviour.from_stored
        return (from_stored(stored) if from_stored else stored), target.schema

    return convert
