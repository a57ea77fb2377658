"""Closures that count what they cost, and stop at a limit (cel-go interpreter/runtimecost.go).

They evaluate the tree as it stands, without shortcuts, and take several times as long; they run
only where an estimate can't rule out that a limit is exceeded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel.callcost import selector_cost
from fakek8s.machinery.cel.network import CidrValue, IpValue, UrlValue
from fakek8s.machinery.cel.program import COST, LIMIT, Frame, Planner, Program
from fakek8s.machinery.cel.quantities import FormatValue
from fakek8s.machinery.cel.sizes import fixed
from fakek8s.machinery.cel.tree import (
    Call,
    Comprehension,
    Ident,
    ListNode,
    MapNode,
    Node,
    Select,
    StructNode,
)
from fakek8s.machinery.cel.values import CelError, Opaque, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CostExceededError", "CountingPlanner", "run_counting"]


class CostExceededError(Exception):
    """The limit of one evaluation is exceeded."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


def run_counting(program: Program, values: Sequence[Any], limit: int) -> tuple[Any, int]:
    """The value, CelError or CostExceededError of an evaluation, and its cost."""
    frame: Frame = [0, limit, *values]
    frame.extend([None] * (program.size - len(frame)))
    try:
        result = program.run(frame)
    except (CelError, CostExceededError) as error:
        result = error
    return result, frame[COST]


def _spend(frame: Frame, cost: int) -> None:
    frame[COST] += cost
    if frame[COST] > frame[LIMIT]:
        raise CostExceededError


_FREE: Final = frozenset({"_&&_", "_||_", "_?_:_", "or", "orValue"})


class CountingPlanner(Planner):
    """A planner whose closures add to the frame's cost."""

    def plan(self, node: Node) -> Callable[[Frame], Any]:
        run = super().plan(node)
        cost = self.price(node)
        if not cost:
            return run

        def counted(frame: Frame) -> Any:
            value = run(frame)
            _spend(frame, cost)
            return value

        return counted

    def price(self, node: Node) -> int:
        if isinstance(node, Ident):
            return 0 if node.constant is not None else 1
        if isinstance(node, Select):
            return 0 if node.test_only or node.constant is not None else 1
        if isinstance(node, ListNode):
            return 10
        if isinstance(node, MapNode):
            return 30
        if isinstance(node, StructNode):
            return 40
        if isinstance(node, Call) and node.function in (
            "!_", "@not_strictly_false", "_?._", "_[?_]",
        ):  # fmt: skip
            return 1
        return 0

    def apply(self, node: Call, arguments: list[Callable[[Frame], Any]]) -> Callable[[Frame], Any]:
        function = self.function(node)
        name = node.function
        overload = node.overloads[0] if len(node.overloads) == 1 else ""

        def run(frame: Frame) -> Any:
            values = [argument(frame) for argument in arguments]
            try:
                result = function(*values)
            except CelError:
                _spend(frame, actual_cost(name, overload, values, None))
                raise
            _spend(frame, actual_cost(name, overload, values, result))
            return result

        return run

    def shortcut(
        self, node: Comprehension, over: Callable[[Frame], Any], first: int, second: int
    ) -> Callable[[Frame], Any] | None:
        return None


def actual_size(value: Any) -> int:
    """How large a value is, 1 for what has no size."""
    if isinstance(value, str | bytes | list | dict | IpValue | CidrValue):
        return len(value)
    if isinstance(value, Optional) and value.value is not None:
        return actual_size(value.value)
    return 1


def _text(size: float, factor: float = 0.1) -> int:
    return math.ceil(size * factor)


def _traversal(value: Any) -> int:
    if isinstance(value, str | bytes):
        return int(len(value.encode() if isinstance(value, str) else value) * 0.1)
    if isinstance(value, list):
        return sum(map(_traversal, value))
    if isinstance(value, dict):
        return sum(_traversal(k) + _traversal(v) for k, v in value.items())
    return 1


def _product(text: Any, pattern: Any) -> int:
    return _text(1 + actual_size(text)) * _text(actual_size(pattern), 0.25)


def _sorted_or_distinct(values: list[Any]) -> int:
    factor = 2.1 if values and isinstance(values[0], str | bytes) else 2.0
    return int(len(values) ** 2 * factor) + 11


def _contains_cost(overload: str, args: Sequence[Any], *, cidr: bool) -> int:
    size, other = actual_size(args[0]), actual_size(args[1])
    cost = _text(size + size)
    if cidr:
        cost += _text(size) + 1
    return cost + _text(other) if overload.endswith("_string") else cost


_LISTS: Final[dict[str, Callable[[Sequence[Any], Any], int]]] = {
    "slice": lambda args, result: actual_size(result) + 11,
    "lists.range": lambda args, result: actual_size(result) + 11,
    "flatten": lambda args, result: int(
        actual_size(args[0]) * (args[1] if len(args) > 1 and args[1] >= 0 else 1)
    ) + 11,
    "distinct": lambda args, result: _sorted_or_distinct(args[0]),
    "sort": lambda args, result: _sorted_or_distinct(args[0]),
    "@sortByAssociatedKeys": lambda args, result: _sorted_or_distinct(args[1]),
    "sets.contains": lambda args, result: 1 + len(args[0]) * len(args[1]),
    "sets.intersects": lambda args, result: 1 + len(args[0]) * len(args[1]),
    "sets.equivalent": lambda args, result: 1 + 2 * len(args[0]) * len(args[1]),
}  # fmt: skip

_ON_FIRST: Final = frozenset(
    [
        "url",
        "lowerAscii",
        "upperAscii",
        "substring",
        "trim",
        "jsonpatch.escapeKey",
        "cidr",
        "isIP",
        "isCIDR",
        "quantity",
        "isQuantity",
        "semver",
        "isSemver",
    ]
)
_TRAVERSED: Final = frozenset(
    ["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"]
)
_EQUAL_AT_ONCE: Final = (Opaque, IpValue, CidrValue, UrlValue)


def actual_cost(function: str, overload: str, args: Sequence[Any], result: Any) -> int:
    """What one call costs; overload: "" where it was chosen by the values."""
    special = _LISTS.get(function)
    if special is not None:
        return special(args, result)
    if function in _TRAVERSED:
        return _traversal(args[0])
    if function in _ON_FIRST:
        return _text(actual_size(args[0]))
    if function == "ip":
        return 1 if overload == "cidr_ip" else _text(actual_size(args[0]))
    if function in ("replace", "split", "ip.isCanonical"):
        return _text(actual_size(args[0]) * 2)
    if function == "join":
        return _text(actual_size(result) * 2)
    if function in ("find", "findAll", "matches"):
        return _product(args[0], args[1])
    if function in ("containsIP", "containsCIDR"):
        return _contains_cost(overload, args, cidr=function == "containsCIDR")
    if function == "check":
        return 350_000
    if function in ("fieldSelector", "labelSelector"):
        return selector_cost(fixed(actual_size(args[1]))).most
    if function == "validate" and isinstance(args[0], FormatValue):
        return _text(1 + actual_size(args[1])) * _text(args[0].size, 0.25)
    if function == "reverse" and overload == "list_reverse":
        return actual_size(result) + 11
    return _standard_cost(function, overload, args)


def _standard_cost(function: str, overload: str, args: Sequence[Any]) -> int:
    if function in ("_==_", "_!=_"):
        if function == "_==_" and isinstance(args[0], _EQUAL_AT_ONCE):
            return 1
        return _text(min(actual_size(args[0]), actual_size(args[1])))
    if overload in ("starts_with_string", "ends_with_string"):
        return _text(actual_size(args[1]))
    if overload in ("string_to_bytes", "bytes_to_string", "strings_quote", "string_format"):
        return _text(actual_size(args[0]))
    if overload == "in_list":
        return actual_size(args[1])
    if overload in ("add_string", "add_bytes"):
        return _text(actual_size(args[0]) + actual_size(args[1]))
    if overload == "contains_string":
        return _text(actual_size(args[0])) * _text(actual_size(args[1]))
    if overload.startswith(("less_", "greater_")) and overload.endswith(("string", "bytes")):
        return _text(min(actual_size(args[0]), actual_size(args[1])))
    return 1
