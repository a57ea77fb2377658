"""List: pages of one moment, with tokens that lead on at that same moment.

Sources: apiserver pkg/storage/{continue,util}.go, etcd3/store.go (`GetList`), cacher.go.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.wire import jsontext
from fakek8s.registry import convert
from fakek8s.registry.get import too_large
from fakek8s.registry.options import parse_revision
from fakek8s.registry.select import predicate, single_namespace
from fakek8s.store.types import Compacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry
    from fakek8s.registry.options import ListOptions
    from fakek8s.store.types import Entry

Object = dict[str, Any]

_EXPIRED = "The resourceVersion for the provided list is too old."
_INCONSISTENT = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this response "
    "to retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list, entries in order, with its list metadata.

    `metadata` is a canonical ListMeta: resourceVersion, continue, remainingItemCount.
    """

    entries: Sequence[Entry]
    metadata: Object


async def list_page(
    registry: Registry, kind: Kind, namespace: str, options: ListOptions
) -> ListPage:
    """One page (or all) of a list. Raises APIError 400, 410 or 504."""
    namespace = namespace or single_namespace(options)
    prefix = f"{namespace}/" if namespace and kind.namespaced else ""
    revision, start = _position(registry, options, prefix)
    try:
        page = registry.store.range(
            kind.resource, prefix=prefix, start=start, revision=revision or None
        )
    except Compacted:
        raise _gone(options, prefix, start) from None
    limit = options.limit if options.resource_version != "0" or options.continue_token else 0
    entries: list[Entry] = page.entries
    await convert.ready(kind, entries)
    selected = predicate(kind, options)
    more = False
    total = len(entries)
    if selected is None:
        if 0 < limit < total:
            entries, more = entries[:limit], True
    else:
        entries, more = _select(kind, entries, selected, limit)
    metadata: Object = {"resourceVersion": str(page.revision)}
    if more:
        metadata["continue"] = token(entries[-1].name_key, prefix, page.revision)
        if selected is None:
            metadata["remainingItemCount"] = total - limit
    return ListPage(entries=entries, metadata=metadata)


def _select(
    kind: Kind, entries: list[Entry], selected: Any, limit: int
) -> tuple[list[Entry], bool]:
    """The selected entries up to the limit, and whether any entry is left after them."""
    found: list[Entry] = []
    for number, entry in enumerate(entries, 1):
        if selected(convert.shown_entry(kind, entry)):
            found.append(entry)
            if limit and len(found) >= limit:
                return found, number < len(entries)
    return found, False


def _position(registry: Registry, options: ListOptions, prefix: str) -> tuple[int, str]:
    """(revision to read at, 0 = now; first key) (storage.ValidateListOptions)."""
    if options.continue_token:
        start, revision = decode_token(options.continue_token, prefix)
        if revision > registry.store.revision:
            raise too_large(registry, revision)
        if options.resource_version not in ("", "0"):
            raise errors.bad_request(
                "specifying resource version is not allowed when using continue"
            )
        return max(revision, 0), start
    if not options.resource_version:
        return 0, ""
    text = options.resource_version
    try:
        revision = parse_revision(text)
    except ValueError as error:
        cause = invalid("resourceVersion", text, str(error))
        raise errors.bad_request(f"invalid resource version: {cause.text}") from None
    if revision > registry.store.revision:
        raise too_large(registry, revision)
    exact = options.match == "Exact" or (not options.match and options.limit > 0)
    return (revision, "") if exact else (0, "")


def _gone(options: ListOptions, prefix: str, start: str) -> errors.APIError:
    if not options.continue_token:
        return errors.expired(_EXPIRED)
    error = errors.expired(_INCONSISTENT)
    error.metadata = {"continue": _encode(start, prefix, -1)}
    return error


def token(last_key: str, prefix: str, revision: int) -> str:
    """The continue token that leads on right after `last_key` (storage.EncodeContinue)."""
    return _encode(last_key + "\0", prefix, revision)


def _encode(start: str, prefix: str, revision: int) -> str:
    body = jsontext.dump(
        {"v": "meta.k8s.io/v1", "rv": revision, "start": start.removeprefix(prefix)}
    )
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


_TOKEN_FIELDS = {"v": (str, "string"), "rv": (int, "int64"), "start": (str, "string")}


def decode_token(text: str, prefix: str) -> tuple[str, int]:
    """(first key, revision) of a continue token; raises APIError 400 in upstream's words."""

    def refuse(why: str) -> errors.APIError:
        return errors.bad_request(f"invalid continue token: continue key is not valid: {why}")

    position = next((i for i, c in enumerate(text) if not (c.isalnum() or c in "-_")), -1)
    if position >= 0 or len(text) % 4 == 1:
        where = position if position >= 0 else len(text) - 1
        raise refuse(f"illegal base64 data at input byte {where}")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body = jsontext.parse(raw)
    except (binascii.Error, jsontext.JSONSyntaxError) as error:
        raise refuse(str(error)) from None
    if body is None:
        body = {}
    if not isinstance(body, dict):
        found = jsontext.json_kind(body)
        raise refuse(f"json: cannot unmarshal {found} into Go value of type storage.continueToken")
    for name, (held, go_type) in _TOKEN_FIELDS.items():
        value = body.get(name)
        if value is not None and value.__class__ is not held:
            found = jsontext.json_kind(value)
            if found == "number" and held is int:
                found += f" {value}"
            raise refuse(
                f"json: cannot unmarshal {found} into Go struct field "
                f"continueToken.{name} of type {go_type}"
            )
    version = body.get("v") or ""
    if version != "meta.k8s.io/v1":
        raise refuse(f"server does not recognize this encoded version {version}")
    if not body.get("rv"):
        raise refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    start = body.get("start")
    if not start:
        raise refuse("encoded start key empty (version meta.k8s.io/v1)")
    key = start if start.startswith("/") else f"/{start}"
    if posixpath.normpath(key) != key:
        raise refuse(start)
    return prefix + key[1:], body["rv"]
