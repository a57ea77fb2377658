"""Sets of field paths, as the nested dicts that FieldsV1 writes (fieldpath.Set upstream).

A node is the dict under an element. It is a *member* of the set when it is empty or holds ".";
every other key leads to children:

    {"f:data": {".": {}, "f:a": {}}}    the paths data and data.a
    {"f:data": {"f:a": {}}}             the path data.a alone

The root is different in one thing: `{}` is the empty set. No node is ever edited, so sets share
their parts. Order does not matter until a set is written (`ordered`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery.apply import element
from fakek8s.machinery.apply.element import InvalidElement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Fields = dict[str, Any]

#: A member without children. Shared: never to be edited.
LEAF: Final[Fields] = {}

# Where the order of the written elements may not be that of their bytes: values that are not
# strings, several keys, and characters that sort before the closing quote of a string.
_NOT_STRING: Final = re.compile(rb'\\":[^\\]').search
_NOT_STRING_ITEM: Final = re.compile(rb'"v:[^\\]').search
_UNSURE: Final = (b',\\"', b" ", b"!", b"\\\\", b'"i:')


class InvalidFields(ValueError):
    """Something that is no field set."""


def of(*paths: Sequence[str]) -> Fields:
    """The set of some paths, each a sequence of elements."""
    root: Fields = {}
    for path in paths:
        if not path:
            continue
        single: Fields = LEAF
        for step in reversed(path):
            single = {step: single}
        root = union(root, single)
    return root


def dotted(paths: Iterable[str]) -> Fields:
    """The set of some dotted field names: ("status", "metadata.labels")."""
    return of(*(["f:" + name for name in path.split(".")] for path in paths))


def parsed(raw: Any) -> Fields:
    """A set from what somebody sent as FieldsV1; raises InvalidFields.

    Elements of unknown types are dropped, keys are brought to our spelling.
    """
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InvalidFields("expected an object")
    return _children(raw)


def _children(raw: Fields) -> Fields:
    found: Fields = {}
    for text, below in raw.items():
        if text == ".":
            continue
        try:
            step = element.parsed(text)
        except InvalidElement as error:
            raise InvalidFields(f"parsing key as path element: {text}") from error
        if step is None:
            continue
        if not below:
            if below is not None and not isinstance(below, dict):
                raise InvalidFields(f"expected an object under {text}")
            found[step] = LEAF
            continue
        if not isinstance(below, dict):
            raise InvalidFields(f"expected an object under {text}")
        children = _children(below)
        if children and "." in below:
            children = {".": LEAF, **children}
        found[step] = children
    return found


def ordered(fields: Fields) -> Fields:
    """A copy in upstream's order, which shares nothing: what is stored and sent."""
    raw = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    found: Fields = orjson.loads(raw)
    if _NOT_STRING(raw) or _NOT_STRING_ITEM(raw) or any(part in raw for part in _UNSURE):
        _sort_items(found)
    return found


def _sort_items(node: Fields) -> None:
    """Brings list items into the order of their values, in place, in a set sorted as strings."""
    for below in node.values():
        if below:
            _sort_items(below)
    # "f" sorts before the other types, "." before all: the last name tells what this node holds.
    if len(node) > 1 + ("." in node) and next(reversed(node)) > "g":
        for name in sorted(node, key=_item_order):
            node[name] = node.pop(name)


def _item_order(name: str) -> tuple[int, Any]:
    return (-1, "") if name == "." else element.order(name)


def union(a: Fields, b: Fields) -> Fields:
    """The paths of either set."""
    if not a or not b:
        return a or b
    found = dict(a)
    for step, below in b.items():
        mine = found.get(step)
        found[step] = below if mine is None else _union(mine, below)
    return found


def _union(x: Fields, y: Fields) -> Fields:
    if x is y:
        return x
    if not x:
        return y if not y or "." in y else {".": LEAF, **y}
    if not y:
        return x if "." in x else {".": LEAF, **x}
    found = dict(x)
    for step, below in y.items():
        mine = found.get(step)
        found[step] = below if mine is None else _union(mine, below)
    return found


def intersection(a: Fields, b: Fields) -> Fields:
    """The paths of both sets."""
    found: Fields = {}
    for step, below in a.items():
        other = b.get(step)
        if other is not None:
            both = _intersection(below, other)
            if both is not None:
                found[step] = both
    return found


def _intersection(x: Fields, y: Fields) -> Fields | None:
    if x is y:
        return x
    if not x:
        return LEAF if not y or "." in y else None
    if not y:
        return LEAF if "." in x else None
    found: Fields = {}
    for step, below in x.items():
        other = y.get(step)
        if other is not None:
            both = _intersection(below, other)
            if both is not None:
                found[step] = both
    return _tidy(found)


def _tidy(found: Fields) -> Fields | None:
    """The node of what is left: nothing, a member alone, or something with children."""
    if not found:
        return None
    return LEAF if len(found) == 1 and "." in found else found


def difference(a: Fields, b: Fields) -> Fields:
    """The paths of `a` that are not in `b`; a parent in `b` takes no child with it.

    Gives `a` itself when nothing is taken away.
    """
    if not b:
        return a
    return _difference(a, b) or {}


def _difference(x: Fields, y: Fields) -> Fields | None:
    """x without y; y is not a bare member (the root, or a node with children)."""
    found: Fields | None = None
    for step, other in y.items():
        below = x.get(step)
        if below is None:
            continue
        left: Fields | None
        if not below:
            if other and "." not in other:
                continue
            left = None
        elif not other:
            if "." not in below:
                continue
            left = {k: v for k, v in below.items() if k != "."} or None
        else:
            left = _difference(below, other)
            if left is below:
                continue
        if found is None:
            found = dict(x)
        if left is None:
            del found[step]
        else:
            found[step] = left
    return x if found is None else _tidy(found)


def recursive_difference(a: Fields, b: Fields) -> Fields:
    """The paths of `a` that are neither in `b` nor below a path of `b`."""
    return a if not b else _recursive_difference(a, b) or {}


def _recursive_difference(x: Fields, y: Fields) -> Fields | None:
    found: Fields | None = None
    for step, other in y.items():
        below = x.get(step)
        if below is None or step == ".":
            continue
        if not other or "." in other:
            left = None
        elif not below:
            continue
        else:
            left = _recursive_difference(below, other)
            if left is below:
                continue
        if found is None:
            found = dict(x)
        if left is None:
            del found[step]
        else:
            found[step] = left
    return x if found is None else _tidy(found)


def matching(fields: Fields, patterns: Sequence[Sequence[str]]) -> Fields:
    """The paths that match or lie below a pattern; "*" stands for any element.

    A member on the way to a pattern stays (Set.FilterIncludeMatches).
    """
    if any(not pattern for pattern in patterns):
        return fields
    found: Fields = {}
    for step, below in fields.items():
        if step == ".":
            found[step] = below
            continue
        rest = [p[1:] for p in patterns if p[0] in ("*", step)]
        if not rest:
            continue
        if not below:
            found[step] = below
            continue
        left = _tidy(matching(below, rest))
        if left is not None:
            found[step] = left
    return found


def has(fields: Fields, path: Sequence[str]) -> bool:
    """Is the path itself (not something below or above it) in the set?"""
    if not path:
        return False
    node = fields
    for step in path:
        below = node.get(step)
        if below is None:
            return False
        node = below
    return not node or "." in node


def paths(fields: Fields) -> Iterator[tuple[str, ...]]:
    """All members in upstream's order: at each level first the members, then what is below."""
    return _paths(ordered(fields), ())


def _paths(node: Fields, prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for step, below in node.items():
        if step != "." and (not below or "." in below):
            yield (*prefix, step)
    for step, below in node.items():
        if below:
            yield from _paths(below, (*prefix, step))


def leaves(fields: Fields) -> Fields:
    """The members that have nothing below them."""
    return {step: leaves(below) if below else LEAF for step, below in fields.items() if step != "."}


def shown(path: Sequence[str]) -> str:
    """A path as messages show it: `.spec.containers[name="c"].image`."""
    return "".join(map(element.shown, path))
