"""Whether a value is valid, and nothing else: schemas compiled to closures.

Says exactly when explain.py finds no error. Scalars with one type get a closure of their own,
since most of an object is that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.structural import formats
from fakek8s.machinery.structural.explain import explain
from fakek8s.machinery.structural.node import checks_format
from fakek8s.machinery.structural.regexp import RegexpError, compile_regexp

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.structural.node import Node

    Check = Callable[[Any], bool]

__all__ = ["compile_check"]


def compile_check(node: Node) -> Check | None:
    """The check of a schema; None if nothing can fail it."""
    if _is_special(node):
        return lambda value: explain(node, value, "").valid
    kind = node.types[0] if node.types else ""
    if not kind:
        return _untyped(node)
    check = _BUILDERS.get(kind, _never)(node)
    if node.nullable:
        return lambda value: value is None or check(value)
    return check


def _is_special(node: Node) -> bool:
    """What is too rare to have a closure: the exact validator answers."""
    return bool(
        node.any_of
        or node.one_of
        or node.all_of
        or node.not_ is not None
        or len(node.types) > 1
        or node.unique_items
        or (node.enum and node.types != ("string",))
        or (node.nullable and node.enum)
        or (node.format and node.types not in (("string",), ("integer",)))
    )


def _never(_: Node) -> Check:
    return lambda _: False


def _untyped(node: Node) -> Check | None:
    # Without a type the keywords of every type may apply.
    string, integer = _string(node), _integer(node)
    array, obj = _array(node), _object(node)
    if _is_bare(node):
        return None
    number = _number(node)

    def check(value: Any) -> bool:
        kind = value.__class__
        if kind is str:
            return string(value)
        if kind is int:
            return integer(value)
        if kind is list:
            return array(value)
        if kind is dict:
            return obj(value)
        if kind is bool or value is None:
            return True
        return number(value)

    return check


_KEYWORDS = (
    "maximum",
    "minimum",
    "max_length",
    "min_length",
    "max_items",
    "min_items",
    "multiple_of",
    "max_properties",
    "min_properties",
    "items",
    "additional",
)


def _is_bare(node: Node) -> bool:
    return not (
        node.pattern
        or node.required
        or node.properties
        or not node.allows_additional
        or any(getattr(node, name) is not None for name in _KEYWORDS)
    )


def _string(node: Node) -> Check:
    checks: list[Check] = []
    low, high = node.min_length, node.max_length
    if low is not None or high is not None:
        least, most = low or 0, 2**63 if high is None else high
        checks.append(lambda value: least <= len(value) <= most)
    if node.pattern:
        try:
            search = compile_regexp(node.pattern).search
            checks.append(lambda value: search(value) is not None)
        except RegexpError:
            checks.append(lambda _: False)
    if checks_format(node):
        checks.append(formats.check(node.format))
    if node.enum:
        allowed = frozenset(entry for entry in node.enum if isinstance(entry, str))
        checks.append(allowed.__contains__)
    # An array passes for a string with a format, upstream too.
    lists = bool(node.format)
    if not checks:
        return lambda value: value.__class__ is str or (lists and value.__class__ is list)
    if len(checks) == 1 and not lists:
        only = checks[0]
        return lambda value: value.__class__ is str and only(value)

    def check(value: Any) -> bool:
        if value.__class__ is not str:
            return lists and explain(node, value, "").valid
        return all(rule(value) for rule in checks)

    return check


def _integer(node: Node) -> Check:
    bare = (
        node.maximum is None and node.minimum is None and node.multiple_of is None and not node.enum
    )
    limit = 2**31 if node.format == "int32" else 2**63
    if bare:
        return lambda value: (
            -limit <= value < limit
            if value.__class__ is int
            else value.__class__ is not bool and explain(node, value, "").valid
        )
    return _bounded(node, limit)


def _bounded(node: Node, limit: int) -> Check:
    low, high, factor = node.minimum, node.maximum, node.multiple_of
    fractions = any(n is not None and n != int(n) for n in (low, high, factor))
    if fractions or (factor is not None and factor <= 0):
        return lambda value: explain(node, value, "").valid
    least = -limit if low is None else int(low) + node.exclusive_minimum
    most = limit - 1 if high is None else int(high) - node.exclusive_maximum
    least, most = max(least, -limit), min(most, limit - 1)
    if not -limit <= (low or 0) < limit or not -limit <= (high or 0) < limit:
        return lambda value: explain(node, value, "").valid
    step = 1 if factor is None else int(factor)

    def check(value: Any) -> bool:
        if value.__class__ is int:
            return least <= value <= most and value % step == 0
        return value.__class__ is not bool and explain(node, value, "").valid

    return check


def _number(node: Node) -> Check:
    plain = node.maximum is None and node.minimum is None and node.multiple_of is None
    if plain and not node.format:
        return lambda value: value.__class__ is not bool and isinstance(value, (int, float))
    return lambda value: explain(node, value, "").valid


def _boolean(_: Node) -> Check:
    return lambda value: value.__class__ is bool


def _array(node: Node) -> Check:
    inner = None if node.items is None else compile_check(node.items)
    least = node.min_items or 0
    most = 2**63 if node.max_items is None else node.max_items

    def check(value: Any) -> bool:
        if value.__class__ is not list or not least <= len(value) <= most:
            return False
        if inner is not None:
            for item in value:
                if not inner(item):
                    return False
        return True

    return check


def _object(node: Node) -> Check:
    known = {name: compile_check(below) for name, below in node.properties.items()}
    checked = [(name, check) for name, check in known.items() if check is not None]
    required = tuple(node.required)
    least = node.min_properties or 0
    most = 2**63 if node.max_properties is None else node.max_properties
    closed = not node.allows_additional
    other = None if node.additional is None else compile_check(node.additional)
    sized = least > 0 or most < 2**63
    free = other is None and not closed
    get = dict(checked).get

    def check(value: Any) -> bool:
        if value.__class__ is not dict or (sized and not least <= len(value) <= most):
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():
            rule = get(name)
            if rule is not None:
                if not rule(item):
                    return False
            elif not free and name not in known and (closed or (other and not other(item))):
                return False
        return True

    return check


_BUILDERS: dict[str, Callable[[Node], Check]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
