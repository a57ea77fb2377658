"""Request targets: path and query as Go reads them, and upstream's rules for paths.

A path is decoded whole before it is split, so an escaped slash separates and an escaped dot
stays a name (net/url, `setPath`). Trailing slashes do not count; what an empty segment elsewhere
means is for route.py to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, unquote_plus

Query = dict[str, list[str]]

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadTarget(ValueError):
    """A target that net/http refuses with 400 before anybody sees the request."""


@dataclass(frozen=True, slots=True)
class Target:
    """path: decoded. parts: its segments; `empty`: one of them is,
    and not behind a `proxy` subresource, where anything may be.

    Shared by all requests for it: not to be edited.
    """

    path: str
    parts: list[str]
    query: Query
    empty: bool = False


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
    empty = "" in parts and not _is_proxied(parts)
    return Target(path, parts, parse_query(query) if query else {}, empty)


def _is_proxied(parts: list[str]) -> bool:
    """Whether the first empty segment stands behind a `proxy` subresource."""
    before = parts[: parts.index("")]
    return "proxy" in before[4:]


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
