"""Request targets: path and query as Go reads them, and upstream's rules for paths.

A path is decoded whole before it is split, so an escaped slash separates and an escaped dot
stays a name (net/url, `setPath`). Trailing slashes do not count. An empty segment is one like any
other where a route has a namespace or a name, and in what follows a `proxy` subresource; elsewhere
it leads nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, unquote_plus

from fakek8s.server.request import NAMESPACE_SUBRESOURCES

Query = dict[str, list[str]]

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadTarget(ValueError):
    """A target that net/http refuses with 400 before anybody sees the request."""


@dataclass(frozen=True, slots=True)
class Target:
    """path: decoded. parts: its segments; `unroutable`: one of them is empty, and so no route
    fits; `gap`: the namespace or the name is empty.

    Shared by all requests for it: not to be edited.
    """

    path: str
    parts: list[str]
    query: Query
    unroutable: bool = False
    gap: bool = False


def parse_target(target: str) -> Target:
    """The parts of a request target (`/api/v1/pods?limit=1`); raises BadTarget."""
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        # The absolute form, as proxies send it.
        scheme, found, rest = path.partition("://")
        if not found or not scheme.isalpha():
            raise BadTarget(target)
        path = "/" + rest.partition("/")[2]
    if "%" in path:
        if _BAD_ESCAPE.search(path):
            raise BadTarget(target)
        path = unquote(path, errors="replace")
    trimmed = path.rstrip("/")
    parts = trimmed[1:].split("/") if trimmed else []
    gap = "" in parts and not _is_proxied(parts)
    unroutable = gap and _is_unroutable(parts)
    return Target(path, parts, parse_query(query) if query else {}, unroutable, gap)


def _is_proxied(parts: list[str]) -> bool:
    """Whether the first empty segment stands behind a `proxy` subresource."""
    before = parts[: parts.index("")]
    return "proxy" in before[4:]


def _is_unroutable(parts: list[str]) -> bool:
    """Whether another segment than the namespace and the name is empty."""
    start = 2 if parts[0] == "api" else 3
    rest = parts[start:]
    if rest[:1] == ["watch"]:
        rest = rest[1:]
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in NAMESPACE_SUBRESOURCES:
        rest = rest[2:]
    return "" in parts[:start] or "" in rest[:1] or "" in rest[2:]


def parse_query(text: str) -> Query:
    """Values by name in order; malformed pairs are left out (net/url, `parseQuery`)."""
    found: Query = {}
    for pair in text.split("&"):
        if not pair or ";" in pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            if _BAD_ESCAPE.search(pair):
                continue
            name = unquote_plus(name, errors="replace")
            value = unquote_plus(value, errors="replace")
        found.setdefault(name, []).append(value)
    return found
