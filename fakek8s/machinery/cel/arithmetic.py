"""Operators on values: numbers of 64 bits that don't overflow silently, order, membership."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel.values import (
    CelError,
    Duration,
    MapList,
    SetList,
    Timestamp,
    UInt,
    compare,
    equal,
    no_such_overload,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.cel.types import Type

__all__ = ["BINARY", "UNARY", "contains_value", "same_type_operator"]

_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1
_MOST_UNSIGNED: Final = 2**64 - 1


def _int(value: int) -> int:
    if not _LEAST <= value <= _MOST:
        raise CelError("integer overflow")
    return value


def _uint(value: int) -> UInt:
    if not 0 <= value <= _MOST_UNSIGNED:
        raise CelError("unsigned integer overflow")
    return UInt(value)


def _add(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is int and other is int:
        return _int(left + right)
    if kind is other and kind in (str, float, bytes):
        return left + right
    if isinstance(left, list):
        if not isinstance(right, list):
            raise no_such_overload()
        return _add_lists(left, right)
    if kind is UInt and other is UInt:
        return _uint(int(left) + int(right))
    if kind is Duration:
        if other is Duration:
            return Duration(left.nanoseconds + right.nanoseconds)
        if other is Timestamp:
            return Timestamp(left.nanoseconds + right.nanoseconds, right.offset)
    if kind is Timestamp and other is Duration:
        return Timestamp(left.nanoseconds + right.nanoseconds, left.offset)
    raise _unsupported("_+_", left, _ADDERS)


def _add_lists(left: list[Any], right: list[Any]) -> list[Any]:
    if isinstance(left, SetList):
        found = list(left)
        found += [item for item in right if not any(equal(item, seen) for seen in left)]
        return SetList(found)
    if isinstance(left, MapList):
        by_key = {left.key(item): item for item in right}
        replaced = [by_key.pop(left.key(item), item) for item in left]
        return MapList(replaced + list(by_key.values()), left.keys, left.equal_items)
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is int and other is int:
        return _int(left - right)
    if kind is float and other is float:
        return left - right
    if kind is UInt and other is UInt:
        return _uint(int(left) - int(right))
    if kind is Duration and other is Duration:
        return Duration(left.nanoseconds - right.nanoseconds)
    if kind is Timestamp:
        if other is Duration:
            return Timestamp(left.nanoseconds - right.nanoseconds, left.offset)
        if other is Timestamp:
            return Duration(left.nanoseconds - right.nanoseconds)
    raise _unsupported("_-_", left, _SUBTRACTORS)


def _multiply(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is int and other is int:
        return _int(left * right)
    if kind is float and other is float:
        return left * right
    if kind is UInt and other is UInt:
        return _uint(int(left) * int(right))
    raise _unsupported("_*_", left, _NUMBERS)


def _divide(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is float and other is float:
        if right == 0:
            if left == 0 or left != left:
                return float("nan")
            positive = (left > 0) == (not str(right).startswith("-"))
            return float("inf") if positive else float("-inf")
        return left / right
    if kind is other and kind in (int, UInt):
        if right == 0:
            raise CelError("division by zero")
        quotient = abs(int(left)) // abs(int(right))
        if (left < 0) != (right < 0):
            quotient = -quotient
        return _int(quotient) if kind is int else _uint(quotient)
    raise _unsupported("_/_", left, _NUMBERS)


def _modulo(left: Any, right: Any) -> Any:
    kind = type(left)
    if kind is type(right) and kind in (int, UInt):
        if right == 0:
            raise CelError("modulus by zero")
        remainder = abs(int(left)) % abs(int(right))
        if kind is UInt:
            return UInt(remainder)
        return -remainder if left < 0 else remainder
    raise _unsupported("_%_", left, (int, UInt))


_ADDERS: Final = (int, UInt, float, str, bytes, Duration, Timestamp)
_SUBTRACTORS: Final = (int, UInt, float, Duration, Timestamp)
_NUMBERS: Final = (int, UInt, float)


def _unsupported(function: str, left: Any, able: tuple[type, ...]) -> CelError:
    """The left operand does (but not with that right one) or doesn't know the operator at all."""
    return no_such_overload() if type(left) in able else unsupported(function, left)


def _negate(value: Any) -> Any:
    if type(value) is int:
        return _int(-value)
    if type(value) is float:
        return -value
    if type(value) is Duration:
        return Duration(-value.nanoseconds)
    raise no_such_overload() if type(value) is bool else unsupported("-_", value)


def _less(left: Any, right: Any) -> bool:
    return compare(left, right, "_<_") < 0


def _less_equals(left: Any, right: Any) -> bool:
    return compare(left, right, "_<=_") <= 0


def _greater(left: Any, right: Any) -> bool:
    return compare(left, right, "_>_") > 0


def _greater_equals(left: Any, right: Any) -> bool:
    return compare(left, right, "_>=_") >= 0


BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "_+_": _add,
    "_-_": _subtract,
    "_*_": _multiply,
    "_/_": _divide,
    "_%_": _modulo,
    "_<_": _less,
    "_<=_": _less_equals,
    "_>_": _greater,
    "_>=_": _greater_equals,
}
UNARY: Final[dict[str, Callable[[Any], Any]]] = {"-_": _negate}

_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}


def same_type_operator(function: str, kinds: list[Type]) -> Callable[[Any, Any], Any] | None:
    """Python's own operator where the static types leave nothing to check."""
    left, right = kinds
    if left.kind != right.kind:
        return None
    if function in _ORDER and left.kind in ("int", "string", "bytes"):
        return _ORDER[function]
    if function == "_+_" and left.kind == "string":
        return operator.add
    return None


def contains_value(value: Any, of: Any) -> bool:
    """value in of, for any two values."""
    if isinstance(of, list):
        return any(equal(value, each) for each in of)
    if type(of) is dict:
        return bool(of) and value in of and type(value) is not bool
    raise no_such_overload()
