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
    Literal,
    MapNode,
    Node,
    Select,
    StructNode,
)
from fakek8s.machinery.cel.values import NONE, CelError, Opaque, Optional

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


_CONVERSIONS: Final = frozenset(
    ("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint")
)


def _is_constant(node: Node) -> bool:
    """Whether upstream computes the value when it makes the program (decOptimize)."""
    if isinstance(node, Literal):
        return True
    if isinstance(node, Ident | Select):
        return node.constant is not None
    if isinstance(node, ListNode):
        return not node.optional and all(map(_is_constant, node.elements))
    if isinstance(node, MapNode):
        return not any(e.optional for e in node.entries) and all(map(_is_constant, node.children()))
    if isinstance(node, Call):
        return node.function in _CONVERSIONS and all(map(_is_constant, node.children()))
    return False


def _root(node: Node) -> Node | None:
    """The name that a chain of selections and indices starts from, if it is one."""
    while True:
        if isinstance(node, Ident):
            return node if node.constant is None else None
        if isinstance(node, Select) and not node.test_only and node.resolved is None:
            node = node.operand
        elif isinstance(node, Call) and node.function == "_[_]":
            node = node.args[0]
        else:
            return None


def _is_relative(node: Node) -> bool:
    """Whether a member of this is looked up apart from what gives it, which costs one more."""
    if isinstance(node, Call):
        return node.function not in ("_[_]", "_?._", "_[?_]", "_?_:_")
    return not isinstance(node, Ident | Select)


def _costing(run: Callable[[Frame], Any], cost: int) -> Callable[[Frame], Any]:
    def counted(frame: Frame) -> Any:
        value = run(frame)
        _spend(frame, cost)
        return value

    return counted


def _costing_if_present(run: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    def counted(frame: Frame) -> Any:
        value = run(frame)
        if value is not NONE:
            _spend(frame, 1)
        return value

    return counted


class CountingPlanner(Planner):
    """A planner whose closures add to the frame's cost.

    free: names that cost nothing where they stand, by the id of their node. Upstream resolves the
    branches of a conditional, and names as indices, without anybody watching.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.free: set[int] = set()

    def plan(self, node: Node) -> Callable[[Frame], Any]:
        run = super().plan(node)
        if isinstance(node, Call) and node.function in ("_?._", "_[?_]"):
            return _costing_if_present(run)
        cost = self.price(node)
        return _costing(run, cost) if cost else run

    def price(self, node: Node) -> int:
        if _is_constant(node) or id(node) in self.free:
            return 0
        if isinstance(node, Ident):
            return 1
        if isinstance(node, Select):
            if node.test_only:
                return 0
            return 2 if _is_relative(node.operand) else 1
        if isinstance(node, ListNode):
            return 10
        if isinstance(node, MapNode):
            return 30
        if isinstance(node, StructNode):
            return 40
        if isinstance(node, Call) and node.function in ("!_", "@not_strictly_false"):
            return 1
        return 0

    def call(self, node: Call) -> Callable[[Frame], Any]:
        unwatched: list[Node] = []
        if node.function == "_?_:_":
            unwatched = node.args[1:]
        elif node.function in ("_[_]", "_[?_]"):
            unwatched = node.args[1:2]
        for argument in unwatched:
            root = _root(argument)
            if root is not None:
                self.free.add(id(root))
        return super().call(node)

    def apply(self, node: Call, arguments: list[Callable[[Frame], Any]]) -> Callable[[Frame], Any]:
        if _is_constant(node):
            return super().apply(node, arguments)
        if node.overloads == ["in_list"] and _is_set(node.args[1]):
            return super().apply(node, arguments)
        if node.function == "_[_]" and _is_relative(node.args[0]):
            return _costing(super().apply(node, arguments), 2)
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


def _is_set(node: Node) -> bool:
    """A constant list of plain values, which upstream looks up in a set."""
    return isinstance(node, ListNode) and all(
        isinstance(element, Literal) and element.of not in ("bytes", "null_type")
        for element in node.elements
    )


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


def _sorted_or_distinct(values: Any) -> int:
    is_text = isinstance(values, list) and values and isinstance(values[0], str | bytes)
    return int(actual_size(values) ** 2 * (2.1 if is_text else 2.0)) + 11


def _sets(args: Sequence[Any]) -> int:
    return actual_size(args[0]) * actual_size(args[1])


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
    "sets.contains": lambda args, result: 1 + _sets(args),
    "sets.intersects": lambda args, result: 1 + _sets(args),
    "sets.equivalent": lambda args, result: 1 + 2 * _sets(args),
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
