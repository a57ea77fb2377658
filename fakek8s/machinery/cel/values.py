"""CEL's values in Python: what stands for what, equality, order, and the names of types.

bool, int (64 bits), float, str, bytes, None, list and dict are themselves; the rest is here.
Objects of custom resources are the JSON dicts themselves: their schema is known statically.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NONE", "CelError", "Duration", "MapList", "Opaque", "Optional", "SetList", "Timestamp",
    "UInt", "compare", "equal", "go_type", "no_such_overload", "type_name", "type_value",
    "unsupported",
]  # fmt: skip


class CelError(Exception):
    """An expression couldn't be evaluated; the message is cel-go's."""


class UInt(int):
    """An unsigned integer of 64 bits."""

    __slots__ = ()


class Duration:
    """nanoseconds, signed 64 bits."""

    __slots__ = ("nanoseconds",)

    def __init__(self, nanoseconds: int) -> None:
        if not -(2**63) <= nanoseconds < 2**63:
            raise CelError("integer overflow")
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        return hash(("duration", self.nanoseconds))


_FIRST_SECOND: Final = -62135596800
_LAST_SECOND: Final = 253402300799


class Timestamp:
    """nanoseconds since 1970 UTC; offset: seconds east of UTC of the zone it was written in."""

    __slots__ = ("nanoseconds", "offset")

    def __init__(self, nanoseconds: int, offset: int = 0) -> None:
        if not _FIRST_SECOND <= nanoseconds // 1_000_000_000 <= _LAST_SECOND:
            raise CelError("timestamp overflow")
        self.nanoseconds = nanoseconds
        self.offset = offset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        return hash(("timestamp", self.nanoseconds))


class Optional:
    """optional.of(value); NONE is optional.none()."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


#: optional.none()
NONE: Final = Optional(None)


class Opaque:
    """Base of Kubernetes' own values (quantities, addresses ...): a type with a name."""

    __slots__ = ()
    type: t.Type


class SetList(list[Any]):
    """A list with x-kubernetes-list-type: set: equal in any order, + is a union."""

    __slots__ = ()


class MapList(list[Any]):
    """A list with x-kubernetes-list-type: map: equal in any order, + replaces by key.

    keys: the names of the key fields; equal_items: compares two items.
    """

    __slots__ = ("equal_items", "keys")

    def __init__(
        self, items: list[Any], keys: tuple[str, ...], equal_items: Callable[[Any, Any], bool]
    ) -> None:
        super().__init__(items)
        self.keys = keys
        self.equal_items = equal_items

    def key(self, item: Any) -> Any:
        found = tuple(item.get(name) for name in self.keys) if isinstance(item, dict) else (item,)
        return tuple((type(part), part) for part in found)


def no_such_overload(function: str = "", *args: Any) -> CelError:
    """The error of a call whose arguments have the wrong types at run time."""
    if not function:
        return CelError("no such overload")
    return CelError(f"no such overload: {function}({', '.join(type_name(a) for a in args)})")


_NAMES: Final[dict[type, str]] = {
    bool: "bool", int: "int", UInt: "uint", float: "double", str: "string", bytes: "bytes",
    type(None): "null_type", list: "list", SetList: "list", MapList: "list", dict: "map",
    Duration: "google.protobuf.Duration", Timestamp: "google.protobuf.Timestamp",
    Optional: "optional_type", t.Type: "type",
}  # fmt: skip


def type_name(value: Any) -> str:
    """The name of a value's type as run time errors say it."""
    name = _NAMES.get(type(value))
    return name if name is not None else t.show(value.type)


def unsupported(function: str, left: Any) -> CelError:
    """The error of an operator that the left operand doesn't know.

    Texts, times and durations are asked for a method of that name, which says less.
    """
    if isinstance(left, str | Duration | Timestamp):
        return no_such_overload()
    return CelError(f"no such overload: {function}")


_GO_NAMES: Final[dict[type, str]] = {
    bool: "types.Bool", int: "types.Int", UInt: "types.Uint", float: "types.Double",
    str: "types.String", bytes: "types.Bytes", type(None): "types.Null",
    Duration: "types.Duration", Timestamp: "types.Timestamp", Optional: "*types.Optional",
    t.Type: "*types.Type",
}  # fmt: skip


def go_type(value: Any) -> str:
    """The name of a value's type in Go."""
    name = _GO_NAMES.get(type(value))
    return name if name is not None else f"cel.{type_name(value).rsplit('.', 1)[-1]}"


def type_value(value: Any) -> t.Type:
    """type(value): parameters are left out, as types compare by name."""
    name = type_name(value)
    if isinstance(value, Opaque):
        return t.Type(value.type.kind, value.type.name)
    short = {"google.protobuf.Duration": "duration", "google.protobuf.Timestamp": "timestamp"}
    if name == "optional_type":
        return t.opaque(name)
    return t.Type(short.get(name, name))


def equal(left: Any, right: Any) -> bool:
    """left == right for any two values: numbers by value, the rest only within one type."""
    kind = type(left)
    other = type(right)
    if kind is other:
        if kind is list:
            return len(left) == len(right) and all(map(equal, left, right))
        if kind is dict:
            return _equal_maps(left, right)
        if kind is Optional:
            if left is NONE or right is NONE:
                return left is right
            return equal(left.value, right.value)
        if kind is t.Type:
            return bool(left.kind == right.kind and left.name == right.name)
        if kind is not SetList and kind is not MapList:
            return bool(left == right)
    if isinstance(left, list):
        return isinstance(right, list) and _equal_lists(left, right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return kind is not bool and other is not bool and left == right
    if isinstance(left, Opaque) and right is not None:
        # Kubernetes' own values refuse to be compared with others.
        raise no_such_overload()
    return False


def _equal_maps(left: dict[Any, Any], right: dict[Any, Any]) -> bool:
    if len(left) != len(right):
        return False
    for key, value in left.items():
        if key not in right or not equal(value, right[key]):
            return False
    return True


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    if isinstance(value, dict):
        return ("map", *sorted((k, _hashable(v)) for k, v in value.items()))
    if isinstance(value, bool):
        return ("bool", value)
    return value


def _equal_lists(left: list[Any], right: list[Any]) -> bool:
    if len(left) != len(right):
        return False
    if isinstance(left, SetList):
        mine = {_hashable(v) for v in left}
        return mine == {_hashable(v) for v in right}
    if isinstance(left, MapList):
        by_key = {left.key(item): item for item in left}
        seen = set()
        for item in right:
            key = left.key(item)
            if key not in by_key or not left.equal_items(by_key[key], item):
                return False
            seen.add(key)
        return len(seen) == len(by_key)
    return all(map(equal, left, right))


_NUMBERS: Final = (int, UInt, float)


def compare(left: Any, right: Any, function: str) -> int:
    """-1, 0 or 1. Raises CelError for values that have no order between them."""
    kind, other = type(left), type(right)
    if kind in _NUMBERS and other in _NUMBERS:
        if left != left or right != right:
            raise CelError("NaN values cannot be ordered")
    elif kind is Duration or kind is Timestamp:
        if other is not kind:
            raise no_such_overload()
        left, right = left.nanoseconds, right.nanoseconds
    elif kind is str or kind is bytes or kind is bool:
        if other is not kind:
            raise no_such_overload()
    elif kind in _NUMBERS:
        raise no_such_overload()
    else:
        raise unsupported(function, left)
    if left < right:
        return -1
    return 1 if left > right else 0
