"""The type checker: types and overloads onto the tree, errors onto the source.

Upstream: cel-go checker/checker.go, and cel/validator.go for what is checked of literals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.declarations import TYPE_NAMES, UNDEFINED_TYPE_NAMES
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
from fakek8s.machinery.cel.types import Type, show
from fakek8s.machinery.cel.unify import (
    Bindings,
    assignable,
    assignable_all,
    most_general,
    substitute,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fakek8s.machinery.cel.declarations import Overload
    from fakek8s.machinery.cel.report import Source

__all__ = ["TypeProvider", "check"]


class TypeProvider(Protocol):
    """The structs that an environment knows."""

    def has_struct(self, name: str) -> bool: ...

    def field_type(self, struct: str, field: str) -> Type | None: ...


def check(
    root: Node,
    source: Source,
    variables: Mapping[str, Type],
    functions: Mapping[str, list[Overload]],
    provider: TypeProvider,
) -> Type:
    """The type of the expression; whether it has errors, the source says."""
    checker = _Checker(source, variables, functions, provider)
    checker.check(root)
    checker.settle(root)
    return root.type or t.ERROR


def _qualified(node: Node) -> str | None:
    """`a.b.c` as text if the node is nothing but names (containers.ToQualifiedName)."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.test_only:
        prefix = _qualified(node.operand)
        return None if prefix is None else f"{prefix}.{node.field}"
    return None


def _first_name(node: Node) -> str:
    while isinstance(node, Select):
        node = node.operand
    return node.name if isinstance(node, Ident) else ""


class _Checker:
    def __init__(
        self,
        source: Source,
        variables: Mapping[str, Type],
        functions: Mapping[str, list[Overload]],
        provider: TypeProvider,
    ) -> None:
        self.source = source
        self.variables = variables
        self.functions = functions
        self.provider = provider
        self.scopes: list[dict[str, Type]] = []
        self.bindings: Bindings = {}
        self.fresh = 0
        self.visits: Final[dict[str, Callable[[Any], None]]] = {
            "literal": self.literal,
            "ident": self.ident,
            "select": self.select,
            "call": self.call,
            "list": self.list,
            "map": self.map,
            "struct": self.struct,
            "comprehension": self.comprehension,
        }

    def check(self, node: Node) -> None:
        self.visits[node.kind](node)

    def report(self, node: Node, message: str) -> None:
        self.source.report(node.at, message)

    def settle(self, root: Node) -> None:
        """Replaces type variables by what they turned out to be."""
        root.type = substitute(self.bindings, root.type or t.DYN, to_dyn=True)
        for below in root.children():
            self.settle(below)

    def new_variable(self) -> Type:
        self.fresh += 1
        return t.param(f"_var{self.fresh - 1}")

    def local(self, name: str) -> Type | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def assignable(self, left: Type, right: Type) -> bool:
        found = assignable(self.bindings, left, right)
        if found is None:
            return False
        self.bindings = found
        return True

    def literal(self, node: Literal) -> None:
        node.type = Type(node.of)

    def look_up(self, name: str) -> tuple[Type, Type | None] | None:
        """A variable's type, or for a type's name the type and what it stands for."""
        found = self.variables.get(name)
        if found is not None:
            return found, None
        named = TYPE_NAMES.get(name) or UNDEFINED_TYPE_NAMES.get(name)
        if named is None and self.provider.has_struct(name):
            named = t.struct(name)
        return None if named is None else (t.type_of_type(named), named)

    def ident(self, node: Ident) -> None:
        name = node.name
        found = None if name.startswith(".") else self.local(name)
        if found is not None:
            node.type = found
            return
        known = self.look_up(name.removeprefix("."))
        if known is None:
            node.type = t.ERROR
            self.report(node, f"undeclared reference to '{name}' (in container '')")
            return
        node.type, node.constant = known
        node.name = name.removeprefix(".")

    def select(self, node: Select) -> None:
        name = None if node.test_only else _qualified(node)
        if name is not None and self.local(_first_name(node)) is None:
            known = self.look_up(name.removeprefix("."))
            if known is not None:
                node.type, node.constant = known
                node.resolved = name.removeprefix(".")
                return
        found = self.field(node, node.operand, node.field, optional=False)
        node.type = t.BOOL if node.test_only else substitute(self.bindings, found)

    def field(self, node: Node, operand: Node, field: str, *, optional: bool) -> Type:
        self.check(operand)
        of, is_optional = t.unwrap_optional(substitute(self.bindings, operand.type or t.DYN))
        found = t.ERROR
        if of.kind == "map":
            found = of.params[1]
        elif of.kind == "struct":
            if not self.provider.has_struct(of.name):
                self.report(node, f"unexpected failed resolution of '{of.name}'")
            else:
                declared = self.provider.field_type(of.name, field)
                if declared is None:
                    self.report(node, f"undefined field '{field}'")
                else:
                    found = declared
        elif of.kind == "param":
            self.assignable(t.DYN, of)
            found = t.DYN
        else:
            if not of.is_dyn_or_error:
                self.report(node, f"type '{show(of)}' does not support field selection")
            found = t.DYN
        return t.optional_of(found) if is_optional or optional else found

    def call(self, node: Call) -> None:
        if node.function == "_?._":
            self.optional_select(node)
            return
        for argument in node.args:
            self.check(argument)
        if node.target is None:
            name = node.function.removeprefix(".")
            if name not in self.functions:
                node.type = t.ERROR
                self.report(node, f"undeclared reference to '{node.function}' (in container '')")
                return
            node.function = name
            self.resolve(node, self.functions[name])
            return
        prefix = _qualified(node.target)
        if prefix is not None:
            full = f"{prefix}.{node.function}".removeprefix(".")
            if full in self.functions:
                node.function = full
                node.target = None
                self.resolve(node, self.functions[full])
                return
        self.check(node.target)
        overloads = self.functions.get(node.function)
        if overloads is None:
            node.type = t.ERROR
            self.report(node, f"undeclared reference to '{node.function}' (in container '')")
            return
        self.resolve(node, overloads)

    def optional_select(self, node: Call) -> None:
        field = node.args[1]
        assert isinstance(field, Literal)
        field.type = t.STRING
        found = self.field(node, node.args[0], field.value, optional=True)
        node.type = substitute(self.bindings, found)
        node.overloads = ["select_optional_field"]

    def resolve(self, node: Call, overloads: Sequence[Overload]) -> None:
        nodes = node.children()
        given = [n.type or t.DYN for n in nodes]
        member = node.target is not None
        if node.function in ("_&&_", "_||_"):
            self.logic(node, overloads[0])
            return
        result: Type | None = None
        for overload in overloads:
            if overload.member != member:
                continue
            wanted: Sequence[Type] = overload.arguments
            returns = overload.result
            if overload.variables:
                fresh = {t.param(name): self.new_variable() for name in overload.variables}
                wanted = [substitute(fresh, argument) for argument in wanted]
                returns = substitute(fresh, returns)
            found = assignable_all(self.bindings, given, wanted)
            if found is None:
                continue
            self.bindings = found
            node.overloads.append(overload.id)
            returns = substitute(self.bindings, returns)
            if result is None:
                result = returns
            elif not result.is_dyn and returns != result:
                result = t.DYN
        if result is None:
            shown = [substitute(self.bindings, g, to_dyn=True) for g in given]
            applied = t.signature(shown, member=member)
            self.report(
                node, f"found no matching overload for '{node.function}' applied to '{applied}'"
            )
            result = t.ERROR
        node.type = result

    def logic(self, node: Call, overload: Overload) -> None:
        node.type = t.BOOL
        node.overloads = [overload.id]
        for argument in node.args:
            if not self.assignable(argument.type or t.DYN, t.BOOL):
                self.mismatch(argument, t.BOOL, argument.type or t.DYN)
                node.type = t.ERROR

    def mismatch(self, node: Node, expected: Type, found: Type) -> None:
        self.report(node, f"expected type '{show(expected)}' but found '{show(found)}'")

    def join(self, before: Type | None, now: Type) -> Type:
        if before is None:
            return now
        # Mixed literals are dyn here; validators.py reports them where they aren't allowed.
        return most_general(before, now) if self.assignable(before, now) else t.DYN

    def maybe_optional(self, node: Node, *, optional: bool) -> Type:
        found = node.type or t.DYN
        if not optional:
            return found
        inner, is_optional = t.unwrap_optional(found)
        if not is_optional and not inner.is_dyn:
            self.mismatch(node, t.optional_of(inner), inner)
        return inner

    def list(self, node: ListNode) -> None:
        found: Type | None = None
        for number, element in enumerate(node.elements):
            self.check(element)
            of = self.maybe_optional(element, optional=number in node.optional)
            found = self.join(found, of)
        node.type = t.list_of(found or self.new_variable())

    def map(self, node: MapNode) -> None:
        keys: Type | None = None
        values: Type | None = None
        for entry in node.entries:
            assert isinstance(entry.key, Node)
            self.check(entry.key)
            keys = self.join(keys, entry.key.type or t.DYN)
            self.check(entry.value)
            of = self.maybe_optional(entry.value, optional=entry.optional)
            values = self.join(values, of)
        if keys is None or values is None:
            keys, values = self.new_variable(), self.new_variable()
        node.type = t.map_of(keys, values)

    def struct(self, node: StructNode) -> None:
        name = node.name.removeprefix(".")
        if not self.provider.has_struct(name):
            node.type = t.ERROR
            self.report(node, f"undeclared reference to '{node.name}' (in container '')")
            return
        node.name = name
        node.type = t.struct(name)
        for entry in node.entries:
            self.check(entry.value)
            field = str(entry.key)
            declared = self.provider.field_type(name, field)
            if declared is None:
                self.report(entry, f"undefined field '{field}'")
                declared = t.ERROR
            given = self.maybe_optional(entry.value, optional=entry.optional)
            if not self.assignable(declared, given):
                self.report(
                    entry,
                    f"expected type of field '{field}' is '{show(declared)}' but provided type is "
                    f"'{show(given)}'",
                )

    def comprehension(self, node: Comprehension) -> None:
        self.check(node.over)
        self.check(node.init)
        over = substitute(self.bindings, node.over.type or t.DYN)
        accu = node.init.type or t.DYN
        self.scopes.append({node.accu: accu})
        first, second = self.range_types(node, over)
        names = {node.first: first}
        if node.second:
            names[node.second] = second
        self.scopes.append(names)
        self.check(node.condition)
        self.expect(node.condition, t.BOOL)
        self.check(node.step)
        self.expect(node.step, accu)
        self.scopes.pop()
        self.check(node.result)
        self.scopes.pop()
        node.type = substitute(self.bindings, node.result.type or t.DYN)

    def range_types(self, node: Comprehension, over: Type) -> tuple[Type, Type]:
        if over.kind == "list":
            return (t.INT, over.params[0]) if node.second else (over.params[0], t.DYN)
        if over.kind == "map":
            return over.params[0], over.params[1]
        if over.kind != "any" and (over.is_dyn_or_error or over.kind == "param"):
            self.assignable(t.DYN, over)
            return t.DYN, t.DYN
        self.report(
            node.over,
            f"expression of type '{show(over)}' cannot be range of a comprehension (must be list, "
            "map, or dynamic)",
        )
        return t.ERROR, t.ERROR

    def expect(self, node: Node, wanted: Type) -> None:
        found = node.type or t.DYN
        if not self.assignable(wanted, found):
            self.mismatch(node, wanted, found)
