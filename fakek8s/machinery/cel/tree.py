"""The nodes of a parsed expression; the checker writes types and overloads onto them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.cel.types import Type

__all__ = [
    "Call", "Comprehension", "Entry", "Ident", "ListNode", "Literal", "MapNode", "Node",
    "Select", "StructNode", "copy", "walk",
]  # fmt: skip


class Node:
    """at: offset in code points of the token that errors point at."""

    __slots__ = ("at", "type")
    kind: ClassVar[str] = ""

    def __init__(self, at: int) -> None:
        self.at = at
        self.type: Type | None = None

    def children(self) -> list[Node]:
        return []


class Literal(Node):
    """value: as in values.py; of: its type's name."""

    __slots__ = ("of", "value")
    kind = "literal"

    def __init__(self, at: int, value: Any, of: str) -> None:
        super().__init__(at)
        self.value = value
        self.of = of


class Ident(Node):
    """A name, with a leading dot if it was written so. constant: what a type's name stands for."""

    __slots__ = ("constant", "name")
    kind = "ident"

    def __init__(self, at: int, name: str) -> None:
        super().__init__(at)
        self.name = name
        self.constant: Type | None = None


class Select(Node):
    """operand.field, or has(operand.field) if test_only.

    resolved: the whole chain is the name of a variable or type (`a.b` declared as such).
    """

    __slots__ = ("constant", "field", "operand", "resolved", "test_only")
    kind = "select"

    def __init__(self, at: int, operand: Node, field: str, *, test_only: bool = False) -> None:
        super().__init__(at)
        self.operand = operand
        self.field = field
        self.test_only = test_only
        self.resolved: str | None = None
        self.constant: Type | None = None

    def children(self) -> list[Node]:
        return [self.operand]


class Call(Node):
    """function(args) or target.function(args); the checker may turn `a.f()` into a global `a.f`."""

    __slots__ = ("args", "function", "overloads", "target")
    kind = "call"

    def __init__(
        self, at: int, function: str, args: list[Node], target: Node | None = None
    ) -> None:
        super().__init__(at)
        self.function = function
        self.args = args
        self.target = target
        self.overloads: list[str] = []

    def children(self) -> list[Node]:
        return [self.target, *self.args] if self.target is not None else list(self.args)


class ListNode(Node):
    """[a, ?b]; optional: indices of the elements marked with `?`."""

    __slots__ = ("elements", "optional")
    kind = "list"

    def __init__(self, at: int, elements: list[Node], optional: frozenset[int]) -> None:
        super().__init__(at)
        self.elements = elements
        self.optional = optional

    def children(self) -> list[Node]:
        return list(self.elements)


class Entry(Node):
    """One `key: value` of a map or a struct (key is then a str)."""

    __slots__ = ("key", "optional", "value")
    kind = "entry"

    def __init__(self, at: int, key: Node | str, value: Node, *, optional: bool) -> None:
        super().__init__(at)
        self.key = key
        self.value = value
        self.optional = optional


class MapNode(Node):
    """{k: v, ?k: v}."""

    __slots__ = ("entries",)
    kind = "map"

    def __init__(self, at: int, entries: list[Entry]) -> None:
        super().__init__(at)
        self.entries = entries

    def children(self) -> list[Node]:
        found: list[Node] = []
        for entry in self.entries:
            if isinstance(entry.key, Node):
                found.append(entry.key)
            found.append(entry.value)
        return found


class StructNode(Node):
    """Name{field: value}."""

    __slots__ = ("entries", "name")
    kind = "struct"

    def __init__(self, at: int, name: str, entries: list[Entry]) -> None:
        super().__init__(at)
        self.name = name
        self.entries = entries

    def children(self) -> list[Node]:
        return [entry.value for entry in self.entries]


class Comprehension(Node):
    """A fold over over; second is "" with one variable. macro: what it was written as."""

    __slots__ = ("accu", "condition", "first", "init", "macro", "over", "result", "second", "step")
    kind = "comprehension"

    def __init__(
        self,
        at: int,
        over: Node,
        first: str,
        second: str,
        accu: str,
        init: Node,
        condition: Node,
        step: Node,
        result: Node,
    ) -> None:
        super().__init__(at)
        self.over = over
        self.first = first
        self.second = second
        self.accu = accu
        self.init = init
        self.condition = condition
        self.step = step
        self.result = result

    @property
    def is_bind(self) -> bool:
        """A local variable in the form of a fold over nothing (checker isBind)."""
        return (
            isinstance(self.over, ListNode)
            and not self.over.elements
            and isinstance(self.condition, Literal)
            and self.condition.value is False
            and self.accu != "__result__"
        )

    def children(self) -> list[Node]:
        return [self.over, self.init, self.condition, self.step, self.result]


def copy(node: Node) -> Node:
    """The same expression as nodes of its own."""
    at = node.at
    if isinstance(node, Literal):
        return Literal(at, node.value, node.of)
    if isinstance(node, Ident):
        return Ident(at, node.name)
    if isinstance(node, Select):
        return Select(at, copy(node.operand), node.field, test_only=node.test_only)
    if isinstance(node, Call):
        target = None if node.target is None else copy(node.target)
        return Call(at, node.function, [copy(a) for a in node.args], target)
    if isinstance(node, ListNode):
        return ListNode(at, [copy(e) for e in node.elements], node.optional)
    if isinstance(node, MapNode):
        return MapNode(at, [_copy_entry(e) for e in node.entries])
    if isinstance(node, StructNode):
        return StructNode(at, node.name, [_copy_entry(e) for e in node.entries])
    if isinstance(node, Comprehension):
        return Comprehension(
            at, copy(node.over), node.first, node.second, node.accu, copy(node.init),
            copy(node.condition), copy(node.step), copy(node.result),
        )  # fmt: skip
    raise TypeError(node.kind)


def _copy_entry(entry: Entry) -> Entry:
    key = entry.key if isinstance(entry.key, str) else copy(entry.key)
    return Entry(entry.at, key, copy(entry.value), optional=entry.optional)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below, parents first."""
    yield node
    for below in node.children():
        yield from walk(below)
