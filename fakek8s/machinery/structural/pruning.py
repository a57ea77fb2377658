"""Fields that a schema doesn't know are taken away, and nulls that it doesn't allow.

All edit the object they are given. Upstream: apiextensions pkg/apiserver/schema/pruning and
defaulting/prunenulls.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.structural.node import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.structural.node import Node

    #: (value, its path, where paths of unknown fields go or None).
    Prune = Callable[[Any, str, list[str] | None], None]
    DropNulls = Callable[[Any], None]

__all__ = ["META_FIELDS", "compile_nulls", "compile_pruning", "prune"]

META_FIELDS: Final = frozenset(("apiVersion", "kind", "metadata"))


def prune(value: Any, node: Node | None, *, resource_root: bool) -> list[str]:
    """Prunes once, without keeping the closures; the sorted paths of what was unknown."""
    unknown: list[str] = []
    compile_pruning(node, resource_root=resource_root)(value, "", unknown)
    return sorted(unknown)


def compile_pruning(node: Node | None, *, resource_root: bool = False) -> Prune:
    """Prune, for one place of a schema; a root keeps apiVersion, kind and metadata."""
    if node is None:
        return _prune_all if not resource_root else _prune_root_without_schema
    return _compile(node, embedded=resource_root or node.embedded)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _prune_all(value: Any, path: str, unknown: list[str] | None) -> None:
    if value.__class__ is dict:
        if unknown is not None:
            unknown.extend(_join(path, name) for name in value)
        value.clear()
    elif value.__class__ is list:
        for number, item in enumerate(value):
            _prune_all(item, f"{path}[{number}]", unknown)


def _prune_root_without_schema(value: Any, path: str, unknown: list[str] | None) -> None:
    if value.__class__ is dict:
        for name in [name for name in value if name not in META_FIELDS]:
            if unknown is not None:
                unknown.append(_join(path, name))
            del value[name]


def _compile(node: Node, *, embedded: bool) -> Prune:
    known: dict[str, Prune] = {
        name: _compile(below, embedded=below.embedded) for name, below in node.properties.items()
    }
    items = None if node.items is None else _compile(node.items, embedded=node.items.embedded)
    other: Prune | None = None
    if node.additional is not None:
        other = _compile(node.additional, embedded=node.additional.embedded)
    elif node.has_additional:
        other = _prune_all
    keeps = META_FIELDS if embedded else frozenset()
    if node.preserve:
        return _preserving(node, known, other, keeps)
    if items is None:
        items = _prune_all

    def run(value: Any, path: str, unknown: list[str] | None) -> None:
        if value.__class__ is dict:
            dropped: list[str] = []
            for name, item in value.items():
                if name in keeps:
                    continue
                below = known.get(name, other)
                if below is None:
                    dropped.append(name)
                elif item.__class__ is dict or item.__class__ is list:
                    below(item, f"{path}.{name}" if path else name, unknown)
            for name in dropped:
                if unknown is not None and (path or name not in META_FIELDS):
                    unknown.append(_join(path, name))
                del value[name]
        elif value.__class__ is list:
            for number, item in enumerate(value):
                if item.__class__ is dict or item.__class__ is list:
                    items(item, f"{path}[{number}]", unknown)

    return run


def _preserving(
    node: Node, known: dict[str, Prune], other: Prune | None, keeps: frozenset[str]
) -> Prune:
    """x-kubernetes-preserve-unknown-fields: only what is specified below is pruned inside."""
    # The items of a preserving list preserve as well, unlike its fields.
    items = None
    if node.items is not None:
        inner = node.items
        items = _preserving(
            inner,
            {name: _compile(b, embedded=b.embedded) for name, b in inner.properties.items()},
            _other(inner),
            META_FIELDS if inner.embedded else frozenset(),
        )
    if not known and other is None and items is None:
        return lambda value, path, unknown: None

    def run(value: Any, path: str, unknown: list[str] | None) -> None:
        if value.__class__ is dict:
            for name, item in value.items():
                if name not in keeps and (below := known.get(name, other)) is not None:
                    below(item, _join(path, name), unknown)
        elif value.__class__ is list and items is not None:
            for number, item in enumerate(value):
                items(item, f"{path}[{number}]", unknown)

    return run


def _other(node: Node) -> Prune | None:
    if node.additional is not None:
        return _compile(node.additional, embedded=node.additional.embedded)
    return _prune_all if node.has_additional else None


def compile_nulls(node: Node) -> DropNulls | None:
    """Removes null fields that are neither nullable nor defaulted
    (PruneNonNullableNullsWithoutDefaults); None if there is nothing to look for.
    """
    known = {name: compile_nulls(below) for name, below in node.properties.items()}
    refused = {name for name, below in node.properties.items() if _refuses_null(below)}
    items = None if node.items is None else compile_nulls(node.items)
    other = None if node.additional is None else compile_nulls(node.additional)
    refuses_others = node.additional is not None and _refuses_null(node.additional)
    if not known and items is None and node.additional is None:
        return None
    inner = {name: below for name, below in known.items() if below is not None}

    def run(value: Any) -> None:
        if value.__class__ is dict:
            dropped: list[str] = []
            for name, item in value.items():
                if item is None:
                    if name in refused or (refuses_others and name not in known):
                        dropped.append(name)
                elif item.__class__ is dict or item.__class__ is list:
                    below = inner.get(name) if name in known else other
                    if below is not None:
                        below(item)
            for name in dropped:
                del value[name]
        elif value.__class__ is list and items is not None:
            for item in value:
                items(item)

    return run


def _refuses_null(node: Node) -> bool:
    return not node.nullable and node.default is UNSET
