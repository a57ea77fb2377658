"""Defaults of a schema filled into an object, in place: on writes, and on reads of old objects.

Upstream: apiextensions pkg/apiserver/schema/defaulting/algorithm.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural.node import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.structural.node import Node

    Fill = Callable[[Any], None]

__all__ = ["compile_defaulting"]


def compile_defaulting(node: Node) -> Fill | None:
    """Fills in what is missing, and nulls that aren't allowed; None if nothing ever changes."""
    below = {name: compile_defaulting(inner) for name, inner in node.properties.items()}
    inner = [(name, fill) for name, fill in below.items() if fill is not None]
    own = [
        (name, held.default, held.nullable)
        for name, held in node.properties.items()
        if held.default is not UNSET
    ]
    other = None if node.additional is None else _element(node.additional)
    items = None if node.items is None else _element(node.items)
    if not own and not inner and other is None and items is None:
        return None
    known = node.properties.keys()

    def run(value: Any) -> None:
        if value.__class__ is dict:
            for name, default, nullable in own:
                if name not in value or (value[name] is None and not nullable):
                    value[name] = clone(default)
            for name, fill in inner:
                if name in value:
                    fill(value[name])
            if other is not None:
                for name in value:
                    if name not in known:
                        value[name] = other(value[name])
        elif value.__class__ is list and items is not None:
            value[:] = [items(item) for item in value]

    return run


def _element(node: Node) -> Callable[[Any], Any] | None:
    """The same for an item of a list or map: its value with defaults."""
    fill = compile_defaulting(node)
    default = None if node.default is UNSET else node.default
    if fill is None and (default is None or node.nullable):
        return None
    replaces = not node.nullable

    def run(value: Any) -> Any:
        if value is None and replaces:
            value = clone(default)
        if fill is not None:
            fill(value)
        return value

    return run
