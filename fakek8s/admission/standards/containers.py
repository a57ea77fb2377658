"""Containers as the checks go through them, and lists of names as their texts have them.

Source: k8s.io/pod-security-admission policy/{helpers,visitor}.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Object = dict[str, Any]


def every(spec: Object) -> Iterator[tuple[str, Object]]:
    """(name, container) of all: init containers, containers, ephemeral ones."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            yield container.get("name", ""), container


def contexts(spec: Object) -> Iterator[tuple[str, Object]]:
    """(name, security context) of all containers; an absent one is empty."""
    for name, container in every(spec):
        yield name, container.get("securityContext") or {}


def quoted(names: Iterable[str]) -> str:
    """joinQuote."""
    return ", ".join(f'"{name}"' for name in names)


def plural(word: str, count: int) -> str:
    """The word as it is for one, or with an s."""
    return word if count == 1 else f"{word}s"


def named(names: list[str]) -> str:
    """`container "a"` or `containers "a", "b"`."""
    return f"{plural('container', len(names))} {quoted(names)}"


def setters(spec: Object, is_bad: Callable[[Object], bool]) -> str:
    """Who sets something bad in its security context: `pod and container "c"`, "" if nobody."""
    found = ["pod"] if is_bad(spec.get("securityContext") or {}) else []
    bad = [name for name, context in contexts(spec) if is_bad(context)]
    if bad:
        found.append(named(bad))
    return " and ".join(found)
