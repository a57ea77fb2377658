"""Lists that must not repeat: x-kubernetes-list-type set and map.

Upstream: apiextensions pkg/apiserver/schema/listtype/validation.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import child, duplicate, index, invalid, key
from fakek8s.machinery.printing import json_text
from fakek8s.machinery.structural.explain import kind_of
from fakek8s.machinery.structural.failure import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.structural.node import Node

    #: (value, its path, where causes go).
    Check = Callable[[Any, str, list[FieldError]], None]

__all__ = ["compile_lists"]

_ABSENT: Any = object()


def compile_lists(node: Node) -> Check | None:
    """The check of all lists at and below a place; None if no list has a type that matters."""
    known = {name: compile_lists(below) for name, below in node.properties.items()}
    inner = {name: check for name, check in known.items() if check is not None}
    other = None if node.additional is None else compile_lists(node.additional)
    items = None if node.items is None else compile_lists(node.items)
    own = node.list_type in ("set", "map")
    if not own and not inner and other is None and items is None:
        return None

    def run(value: Any, path: str, found: list[FieldError]) -> None:
        if value.__class__ is dict:
            for name, item in value.items():
                if other is not None:
                    other(item, key(path, name), found)
                if name in inner:
                    inner[name](item, child(path, name), found)
        elif value.__class__ is list:
            if own:
                found += _repeated(node, value, path)
            if items is not None:
                for number, item in enumerate(value):
                    items(item, index(path, number), found)

    return run


def _repeated(node: Node, items: list[Any], path: str) -> list[FieldError]:
    if node.list_type == "set":
        return [duplicate(index(path, n), shown(items[n])) for n in _second(items)]
    for number, item in enumerate(items):
        if item is not None and not isinstance(item, dict):
            detail = "must be an object for an array of list-type map"
            return [invalid(index(path, number), shown(item), detail)]
    if len(node.list_keys) == 1:
        name = node.list_keys[0]
        keys = [_ABSENT if item is None else item.get(name, _ABSENT) for item in items]
        return [
            duplicate(index(path, n), {} if keys[n] is _ABSENT else {name: shown(keys[n])})
            for n in _second(keys)
        ]
    composed = [
        {name: item[name] for name in node.list_keys if name in (item or ())} for item in items
    ]
    return [duplicate(index(path, n), shown(composed[n])) for n in _second(composed)]


def _second(items: list[Any]) -> list[int]:
    """Where a value stands for the second time (a third and later ones are not told)."""
    times: dict[Hashable, int] = {}
    found: list[int] = []
    for number, item in enumerate(items):
        identity = _identity(item)
        times[identity] = times.get(identity, 0) + 1
        if times[identity] == 2:
            found.append(number)
    return found


def _identity(item: Any) -> Hashable:
    if item is _ABSENT:
        return ("absent", None)
    if isinstance(item, (dict, list)):
        return ("json", json_text(shown(item)))
    return (kind_of(item), item)
