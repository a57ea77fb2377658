"""Get: one object, at any moment the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.printing import quote
from fakek8s.registry import convert
from fakek8s.registry.options import parse_revision

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry
    from fakek8s.store.types import Entry

Object = dict[str, Any]


def check_name(name: str) -> None:
    """Refuses a name that no key can hold (registry.NamespaceKeyFunc); raises APIError 400."""
    messages = names.is_path_segment_name(name)
    if messages:
        text = ";".join(messages)
        raise errors.bad_request(f"Name parameter invalid: {quote(name)}: {text}")


def find(registry: Registry, kind: Kind, namespace: str, name: str) -> Entry:
    """The stored entry; raises APIError 400 or 404."""
    entry = registry.entry(kind, namespace, name)
    if entry is None:
        check_name(name)
        raise errors.not_found(kind.plural, kind.group, name)
    return entry


def get(
    registry: Registry, kind: Kind, namespace: str, name: str, resource_version: str = ""
) -> tuple[Object, Entry]:
    """The object in the kind's version, and its entry.

    A resourceVersion asks for one at least as new; raises APIError 404, 500 or 504.
    """
    if resource_version:
        check_not_newer(registry, resource_version)
    entry = find(registry, kind, namespace, name)
    return convert.shown_entry(kind, entry), entry


def check_not_newer(registry: Registry, resource_version: str) -> int:
    """The revision asked for; a malformed one is a bare 500, one of the future a 504."""
    try:
        revision = parse_revision(resource_version)
    except ValueError as error:
        cause = invalid("resourceVersion", resource_version, str(error))
        raise errors.plain(500, cause.text) from None
    if revision > registry.store.revision:
        raise too_large(registry, revision)
    return revision


def too_large(registry: Registry, revision: int) -> errors.APIError:
    """storage.NewTooLargeResourceVersionError."""
    current = registry.store.revision
    error = errors.timeout(f"Too large resource version: {revision}, current: {current}", 1)
    error.details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return error
