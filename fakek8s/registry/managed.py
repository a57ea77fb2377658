"""Managed fields on writes: which manager a request is, and what its write now owns.

The algebra is machinery.apply's; this module knows when it runs and with which names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply.updater import update_managed_fields
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kind import Kind

Object = dict[str, Any]

_MANAGER_LIMIT = 128


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
    kind: Kind,
    live: Object | None,
    new: Object,
    manager: str,
    now: datetime,
    *,
    subresource: str = "",
    resets: tuple[str, ...] = (),
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
        empty=None if live is not None or kind.custom else kind.shape.empty(),
    )
    metadata = new["metadata"]
    if entries:
        metadata["managedFields"] = entries
    else:
        metadata.pop("managedFields", None)
