"""Costs estimated from the tree and the declared sizes (cel-go checker/cost.go).

Each node gets the range of what evaluating it once costs; what functions cost is in callcost.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.macros import ACCUMULATOR
from fakek8s.machinery.cel.sizes import MOST, UNKNOWN, ZERO, Range, fixed
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fakek8s.machinery.cel.decl import Decl
    from fakek8s.machinery.cel.types import Type

__all__ = ["Argument", "Estimator", "estimate"]

Path = tuple[str, ...]
_ONE: Final = fixed(1)
_SCALARS: Final = frozenset({"bool", "double", "duration", "int", "timestamp", "uint"})


class _Entry(NamedTuple):
    """The sizes of a container's keys (or indices) and values."""

    kind: str
    key: Range
    value: Range


class _Local(NamedTuple):
    path: Path
    size: Range | None
    entry: _Entry | None


class Argument(NamedTuple):
    """A target or an argument as the costs of functions see it (checker.AstNode)."""

    path: Path | None
    type: Type
    node: Node | None
    computed: Range | None


def estimate(root: Node, decls: Mapping[str, Decl], *, cap: int | None = None) -> Range:
    """What evaluating the expression once costs, at least and at most.

    decls: the declared types of variables. cap: no value from outside is larger than this
    (characters, elements), which bounds the cost for objects whose size is known.
    """
    return Estimator(decls, cap).cost(root)


class Estimator:
    """One walk over one expression."""

    def __init__(self, decls: Mapping[str, Decl], cap: int | None) -> None:
        self.decls = decls
        self.cap = cap
        self.paths: dict[int, Path] = {}
        self.locals: dict[str, list[_Local]] = {}
        self.sizes: dict[int, Range] = {}
        self.entries: dict[int, _Entry] = {}
        self.visits: Final[dict[str, Callable[[Any], Range]]] = {
            "literal": lambda _: ZERO,
            "ident": self.ident,
            "select": self.select,
            "call": self.call,
            "list": self.list,
            "map": self.map,
            "struct": self.struct,
            "comprehension": self.comprehension,
        }

    def cost(self, node: Node) -> Range:
        return self.visits[node.kind](node)

    def sum(self, nodes: list[Node]) -> Range:
        total = ZERO
        for node in nodes:
            total = total.plus(self.cost(node))
        return total

    def peek(self, name: str) -> _Local | None:
        stack = self.locals.get(name)
        return stack[-1] if stack else None

    def push(self, name: str, local: _Local) -> None:
        self.locals.setdefault(name, []).append(local)

    def path(self, node: Node) -> Path:
        if isinstance(node, Ident):
            local = self.peek(node.name)
            if local is not None:
                return local.path
        return self.paths.get(id(node), ())

    def ident(self, node: Ident) -> Range:
        local = self.peek(node.name)
        self.paths[id(node)] = (node.name,) if local is None else local.path
        return _ONE

    def select(self, node: Select) -> Range:
        if node.constant is not None or node.resolved is not None:
            if node.resolved is not None:
                self.paths[id(node)] = (node.resolved,)
            return _ONE
        total = self.cost(node.operand)
        if node.test_only:
            return total
        if self.cap is not None:
            # What a member costs at most, whatever it is a member of.
            total = total.plus(fixed(2))
        elif (node.operand.type or t.DYN).kind in ("map", "struct", "param"):
            total = total.plus(_ONE)
        self.paths[id(node)] = (*self.path(node.operand), node.field)
        return total

    def argument(self, node: Node) -> Argument:
        path: Path | None = self.path(node)
        if path and path[0] in (ACCUMULATOR, "__result__"):
            path = None
        return Argument(path or None, node.type or t.DYN, node, self.size(node))

    def call(self, node: Call) -> Range:
        from fakek8s.machinery.cel.callcost import call_cost

        if node.function == "dyn":
            total = _ONE.plus(self.cost(node.args[0]))
            self.copy_sizes(node, node.args[0])
            return total
        costs = [self.cost(a) for a in node.args]
        args = [self.argument(a) for a in node.args]
        if not node.overloads:
            return ZERO
        total = ZERO if self.cap is None else _ONE
        target = None
        if node.target is not None:
            total = self.cost(node.target)
            target = self.argument(node.target)
        span = Range(MOST, 0)
        result: Range | None = None
        for overload in node.overloads:
            cost, size = call_cost(self, node, overload, target, args, costs)
            span = span.union(cost)
            if size is not None:
                result = size if result is None else result.union(size)
            if overload in ("index_list", "index_map") and node.args:
                entry = self.entry(node.args[0])
                result = None if entry is None else entry.value
                part = "@items" if overload == "index_list" else "@values"
                self.paths[id(node)] = (*self.path(node.args[0]), part)
            if result is None:
                result = self.size(node)
        if result is not None:
            self.sizes[id(node)] = result
        return total.plus(span)

    def list(self, node: ListNode) -> Range:
        total = ZERO
        item = Range(MOST if node.elements else 0, 0)
        for element in node.elements:
            total = total.plus(self.cost(element))
            item = item.union(self.size_or_unknown(element))
        self.entries[id(node)] = _Entry("list", _ONE, item)
        return total.plus(fixed(10))

    def map(self, node: MapNode) -> Range:
        total = ZERO
        least = MOST if node.entries else 0
        keys = values = Range(least, 0)
        for entry in node.entries:
            assert isinstance(entry.key, Node)
            total = total.plus(self.cost(entry.key)).plus(self.cost(entry.value))
            keys = keys.union(self.size_or_unknown(entry.key))
            values = values.union(self.size_or_unknown(entry.value))
        self.entries[id(node)] = _Entry("map", keys, values)
        return total.plus(fixed(30))

    def struct(self, node: StructNode) -> Range:
        return self.sum([entry.value for entry in node.entries]).plus(fixed(40))

    def comprehension(self, node: Comprehension) -> Range:
        if node.is_bind:
            return self.bind(node)
        total = self.cost(node.over).plus(self.cost(node.init))
        self.push(node.accu, self.local_of(node.init))
        over = self.path(node.over)
        entry = self.entry(node.over)
        kind = (node.over.type or t.DYN).kind if entry is None else entry.kind
        is_list = kind == "list"
        keys = None if entry is None else entry.key
        values = None if entry is None else entry.value
        if node.second:
            key_part = "@indices" if is_list else "@keys"
            value_part = "@items" if is_list else "@values"
            self.push(node.first, _Local((*over, key_part), keys, None))
            self.push(node.second, _Local((*over, value_part), values, None))
        elif is_list:
            self.push(node.first, _Local((*over, "@items"), values, None))
        else:
            self.push(node.first, _Local((*over, "@keys"), keys, None))
        loop = self.cost(node.condition)
        step = self.cost(node.step)
        self.locals[node.first].pop()
        if node.second:
            self.locals[node.second].pop()
        total = total.plus(self.cost(node.result))
        self.locals[node.accu].pop()
        count = self.size_or_unknown(node.over)
        total = total.plus(count.times(step.plus(loop)))
        if isinstance(node.init, Literal):
            size = self.size(node.init)
            if size is not None:
                self.sizes[id(node)] = size
        elif isinstance(node.init, ListNode | MapNode):
            self.sizes[id(node)] = count
            step_entry = self.entry(node.step)
            if step_entry is not None:
                self.entries[id(node)] = step_entry
        return total

    def local_of(self, node: Node) -> _Local:
        return _Local(self.path(node), self.size(node), self.entry(node))

    def bind(self, node: Comprehension) -> Range:
        total = self.cost(node.over).plus(self.cost(node.init))
        self.push(node.accu, self.local_of(node.init))
        total = total.plus(self.cost(node.result))
        self.locals[node.accu].pop()
        self.copy_sizes(node, node.result)
        return total

    def copy_sizes(self, to: Node, of: Node) -> None:
        size = self.size(of)
        if size is not None:
            self.sizes[id(to)] = size
        entry = self.entry(of)
        if entry is not None:
            self.entries[id(to)] = entry

    def set_entry(self, node: Node, entry: _Entry | None) -> None:
        if entry is not None:
            self.entries[id(node)] = entry

    def union_entries(self, left: Node | None, right: Node | None) -> _Entry | None:
        """The sizes of the elements of either, if both are known."""
        if left is None or right is None:
            return None
        mine, other = self.entry(left), self.entry(right)
        if mine is None or other is None:
            return None
        return _Entry(mine.kind, mine.key.union(other.key), mine.value.union(other.value))

    def entry(self, node: Node) -> _Entry | None:
        found = self.entries.get(id(node))
        if found is None and isinstance(node, Ident):
            local = self.peek(node.name)
            return None if local is None else local.entry
        return found

    def size_or_unknown(self, node: Node) -> Range:
        found = self.size(node)
        return UNKNOWN if found is None else found

    def size(self, node: Node) -> Range | None:
        """The size a value may have, None if nobody knows (computeSize)."""
        found = self.sizes.get(id(node))
        if found is not None:
            return found
        found = _size_of_literal(node)
        if found is not None:
            return found
        found = self.declared(self.path(node))
        if found is not None:
            self.sizes[id(node)] = found
            return found
        if _is_scalar(node.type or t.DYN):
            return _ONE
        if isinstance(node, Ident):
            local = self.peek(node.name)
            return None if local is None else local.size
        return None

    def declared(self, path: Path | None) -> Range | None:
        """What the schema says about a place (sizeEstimator.EstimateSize)."""
        if not path:
            return None
        # Upstream looks at no first name: whatever it is stands for the value itself.
        decl = self.decls.get(path[0]) or self.decls.get("self")
        for name in path[1:]:
            if decl is None:
                break
            if name in ("@items", "@values"):
                decl = decl.element
            elif name == "@keys":
                decl = decl.key
            else:
                field = decl.fields.get(name)
                decl = None if field is None else field.decl
        if decl is None:
            return None if self.cap is None else Range(0, self.cap)
        if self.cap is None:
            return Range(0, decl.max_elements)
        # Upstream's estimate takes objects for empty; a bound may not.
        return Range(0, min(decl.max_elements or self.cap, self.cap))


def _is_scalar(of: Type) -> bool:
    inner, optional = t.unwrap_optional(of)
    return _is_scalar(inner) if optional else of.kind in _SCALARS


def _size_of_literal(node: Node) -> Range | None:
    if isinstance(node, Literal):
        return fixed(len(node.value) if node.of in ("string", "bytes") else 1)
    if isinstance(node, ListNode):
        return fixed(len(node.elements))
    if isinstance(node, MapNode):
        return fixed(len(node.entries))
    return None
