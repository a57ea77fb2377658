"""Managed fields on writes: which manager a request is, and what its write now owns.

The algebra is machinery.apply's; this module knows when it runs and with which names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.apply.element import Unconvertible
from fakek8s.machinery.apply.updater import update_managed_fields
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time
from fakek8s.machinery.wire.encode import dump

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kind import Kind
    from fakek8s.machinery.schema import Schema
    from fakek8s.registry.catalogue import Catalogue

Object = dict[str, Any]
Convert = Callable[[Object, str], "tuple[Object, Schema] | None"]

_MANAGER_LIMIT = 128
_SURROGATES = re.compile("[\ud800-\udfff]")


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
    # Bytes that are no UTF-8 came as surrogates; Go reads them as U+FFFD.
    prefix = _SURROGATES.sub("\ufffd", prefix)
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
    conversions: Conversions | None = None,
) -> None:
    """Sets `new`'s metadata.managedFields, in place, to what holds after this write.

    Raises ConversionNeeded if `conversions` are given.
    """
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
        convert=converter(catalogue, kind, conversions)
        if live is not None or new["metadata"].get("managedFields")
        else None,
        settled=not kind.custom,
    )
    metadata = new["metadata"]
    if entries:
        metadata["managedFields"] = entries
    else:
        metadata.pop("managedFields", None)


class ConversionNeeded(Exception):
    """Managers of another version have to see an object there first: `answer`, then try again."""

    def __init__(self, conversions: Conversions, obj: Object, api_version: str) -> None:
        super().__init__(api_version)
        self._conversions = conversions
        self._obj = obj
        self._api_version = api_version

    async def answer(self) -> None:
        """Has the object converted."""
        await self._conversions.convert(self._obj, self._api_version)


class Conversions:
    """What a webhook has made of objects while one write is decided.

    Who owns what is decided without waiting, so what is not known yet raises ConversionNeeded.
    """

    def __init__(self, kind: Kind) -> None:
        self._converts = kind.behaviour.converts
        self._known: dict[tuple[bytes, str], Object | str] = {}

    def __call__(self, obj: Object, api_version: str) -> Object:
        """The object in another version; raises ConversionNeeded, Unconvertible."""
        if self._converts is None or obj.get("apiVersion", api_version) == api_version:
            return obj
        found = self._known.get((dump(obj), api_version))
        if found is None:
            raise ConversionNeeded(self, obj, api_version)
        if isinstance(found, str):
            raise Unconvertible(found)
        return found

    async def convert(self, obj: Object, api_version: str) -> None:
        """Has an object converted, or learns that it can't be."""
        assert self._converts is not None
        found: Object | str
        try:
            found = await self._converts.converted(clone(obj), api_version)
        except errors.APIError as error:
            found = error.message
        self._known[dump(obj), api_version] = found


def converter(
    catalogue: Catalogue, kind: Kind, conversions: Conversions | None = None
) -> Convert | None:
    """(object, apiVersion) -> (object in that version, its schema), None for unserved versions.

    None for kinds of one version, which need no conversion. Without `conversions` webhooks are
    not asked.
    """
    plain = kind.behaviour.conversions
    if plain is not None and conversions is not None and kind.behaviour.converts is not None:

        def converted(obj: Object, api_version: str) -> tuple[Object, Schema] | None:
            found = plain(obj, api_version)
            return None if found is None else (conversions(obj, api_version), found[1])

        return converted
    if plain is not None:
        return plain
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
