"""A checked tree as closures: `run(frame)` gives the value or raises CelError.

A frame is a list: [cost so far, limit, variables ..., local variables ...]. Every node becomes one
closure, specialized by the static types; what is dynamic is looked at when it runs. The closures
of `plan` don't count costs; see counting.py for those that do.
Upstream: cel-go interpreter (planner.go, interpretable.go, attributes.go).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.access import get_index, get_member, optional_index, optional_member
from fakek8s.machinery.cel.arithmetic import BINARY, UNARY, contains_value, same_type_operator
from fakek8s.machinery.cel.dispatch import dispatch
from fakek8s.machinery.cel.folds import Failure, collect, fold, quantifier
from fakek8s.machinery.cel.library import IMPLEMENTATIONS
from fakek8s.machinery.cel.logic import both_of, chosen, either_of, negation_of, unless_false
from fakek8s.machinery.cel.macros import ACCUMULATOR
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
from fakek8s.machinery.cel.values import (
    NONE,
    CelError,
    Optional,
    equal,
    no_such_overload,
    type_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fakek8s.machinery.cel.decl import Decl, Provider
    from fakek8s.machinery.cel.declarations import Overload

__all__ = ["FIRST_VARIABLE", "Frame", "Planner", "Program", "Run"]

Frame = list[Any]
Run = "Callable[[Frame], Any]"

COST: Final = 0
LIMIT: Final = 1
#: Where the first variable stands in a frame.
FIRST_VARIABLE: Final = 2


class Program:
    """run: the closure; size: how many places a frame needs."""

    __slots__ = ("run", "size")

    def __init__(self, run: Callable[[Frame], Any], size: int) -> None:
        self.run = run
        self.size = size

    def evaluate(self, values: Sequence[Any], limit: int = 0) -> Any:
        """The value for the variables' values, in the order they were declared."""
        frame = [0, limit, *values]
        frame.extend([None] * (self.size - len(frame)))
        return self.run(frame)


class Planner:
    """Makes closures of trees. variables: in the order of their values in a frame."""

    def __init__(
        self,
        variables: Sequence[str],
        functions: Mapping[str, list[Overload]],
        provider: Provider,
    ) -> None:
        self.slots = {name: FIRST_VARIABLE + i for i, name in enumerate(variables)}
        self.scopes: list[tuple[str, int]] = []
        self.size = FIRST_VARIABLE + len(variables)
        self.functions = functions
        self.provider = provider

    def program(self, root: Node) -> Program:
        run = self.plan(root)
        return Program(run, self.size)

    def new_slot(self) -> int:
        self.size += 1
        return self.size - 1

    def slot(self, name: str) -> int:
        for known, place in reversed(self.scopes):
            if known == name:
                return place
        return self.slots[name]

    def plan(self, node: Node) -> Callable[[Frame], Any]:
        if isinstance(node, Literal):
            value = node.value
            return lambda _: value
        if isinstance(node, Ident):
            return self.ident(node)
        if isinstance(node, Select):
            return self.select(node)
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, ListNode):
            return self.list(node)
        if isinstance(node, MapNode):
            return self.map(node)
        if isinstance(node, StructNode):
            return self.struct(node)
        assert isinstance(node, Comprehension)
        return self.comprehension(node)

    def ident(self, node: Ident) -> Callable[[Frame], Any]:
        if node.constant is not None:
            constant = t.Type(node.constant.kind, node.constant.name)
            return lambda _: constant
        place = self.slot(node.name)
        if node.name == ACCUMULATOR:

            def accumulated(frame: Frame) -> Any:
                value = frame[place]
                if type(value) is Failure:
                    raise value.error
                return value

            return accumulated
        return operator.itemgetter(place)

    def select(self, node: Select) -> Callable[[Frame], Any]:
        if node.constant is not None:
            constant = t.Type(node.constant.kind, node.constant.name)
            return lambda _: constant
        if node.resolved is not None:
            return operator.itemgetter(self.slots[node.resolved])
        inner = self.plan(node.operand)
        of = node.operand.type or t.DYN
        name = node.field
        if of.kind == "struct":
            return self.field(inner, self.provider.decl(of.name), name, test=node.test_only)
        if node.test_only:
            return lambda frame: get_member(inner(frame), name, test=True)
        if of.kind == "map":

            def entry(frame: Frame) -> Any:
                try:
                    return inner(frame)[name]
                except KeyError:
                    raise CelError(f"no such key: {name}") from None

            return entry
        return lambda frame: get_member(inner(frame), name)

    def field(
        self, inner: Callable[[Frame], Any], decl: Decl | None, name: str, *, test: bool
    ) -> Callable[[Frame], Any]:
        field = None if decl is None else decl.field(name)
        if field is None:
            return lambda frame: get_member(inner(frame), name, test=test)
        key = field.key
        if test:
            return lambda frame: inner(frame).get(key) is not None
        convert = field.decl.convert
        problem = f"no such key: {name}"
        if convert is None:

            def plain(frame: Frame) -> Any:
                value = inner(frame).get(key)
                if value is None:
                    raise CelError(problem)
                return value

            return plain

        def converted(frame: Frame) -> Any:
            value = inner(frame).get(key)
            if value is None:
                raise CelError(problem)
            return convert(value)

        return converted

    def call(self, node: Call) -> Callable[[Frame], Any]:
        special = getattr(self, _SPECIAL.get(node.function, ""), None)
        if special is not None:
            found: Callable[[Frame], Any] = special(node)
            return found
        arguments = [self.plan(child) for child in node.children()]
        return self.apply(node, arguments)

    def apply(self, node: Call, arguments: list[Callable[[Frame], Any]]) -> Callable[[Frame], Any]:
        """A call of an ordinary function: all arguments first, then the function."""
        function = self.function(node)
        if len(arguments) == 1:
            (only,) = arguments
            return lambda frame: function(only(frame))
        if len(arguments) == 2:
            first, second = arguments
            return lambda frame: function(first(frame), second(frame))
        return lambda frame: function(*[argument(frame) for argument in arguments])

    def function(self, node: Call) -> Callable[..., Any]:
        """What a call calls: an overload, or a choice between several by the values."""
        name = node.function
        kinds = [child.type or t.DYN for child in node.children()]
        if name in ("_==_", "_!=_"):
            return self.equality(kinds, negated=name == "_!=_")
        if name == "@in":
            return self.membership(kinds)
        if name == "_[_]":
            return get_index
        if name in BINARY:
            exact = same_type_operator(name, kinds)
            return BINARY[name] if exact is None else exact
        if name in UNARY:
            return UNARY[name]
        if name == "type":
            return type_value
        overloads = [o for o in self.functions[name] if o.id in node.overloads]
        if not overloads:
            return IMPLEMENTATIONS[name]
        return dispatch(name, overloads, kinds)

    def equality(self, kinds: list[t.Type], *, negated: bool) -> Callable[[Any, Any], bool]:
        same = self.provider.equality(kinds[0]) if kinds[0] == kinds[1] else equal
        if same is operator.eq:
            return operator.ne if negated else operator.eq
        if negated:
            return _unlike(same)
        return same

    def membership(self, kinds: list[t.Type]) -> Callable[[Any, Any], bool]:
        if kinds[1].kind == "map":
            simple = kinds[0].kind in ("string", "int", "uint", "bool")
            return (lambda key, of: key in of) if simple else _has_key
        if kinds[1].kind == "list" and kinds[0] == kinds[1].params[0]:
            same = self.provider.equality(kinds[0])
            if same is operator.eq:
                return lambda value, of: value in of
            return lambda value, of: any(same(value, each) for each in of)
        return contains_value

    def and_(self, node: Call) -> Callable[[Frame], Any]:
        return both_of(*map(self.plan, node.args))

    def or_(self, node: Call) -> Callable[[Frame], Any]:
        return either_of(*map(self.plan, node.args))

    def not_(self, node: Call) -> Callable[[Frame], Any]:
        return negation_of(self.plan(node.args[0]))

    def not_strictly_false(self, node: Call) -> Callable[[Frame], Any]:
        return unless_false(self.plan(node.args[0]))

    def conditional(self, node: Call) -> Callable[[Frame], Any]:
        return chosen(*map(self.plan, node.args))

    def optional_field(self, node: Call) -> Callable[[Frame], Any]:
        operand, field = node.args
        assert isinstance(field, Literal)
        inner = self.plan(operand)
        name = field.value
        of, _ = t.unwrap_optional(operand.type or t.DYN)
        decl = self.provider.decl(of.name) if of.kind == "struct" else None
        known = None if decl is None else decl.field(name)
        convert = None if known is None else known.decl.convert
        key = name if known is None else known.key
        is_object = known is not None
        return lambda frame: optional_member(inner(frame), key, convert, is_object=is_object)

    def optional_lookup(self, node: Call) -> Callable[[Frame], Any]:
        inner, index = map(self.plan, node.args)
        return lambda frame: optional_index(inner(frame), index(frame))

    def or_optional(self, node: Call) -> Callable[[Frame], Any]:
        return self.optional_alternative(node, unwrap=False)

    def or_value(self, node: Call) -> Callable[[Frame], Any]:
        return self.optional_alternative(node, unwrap=True)

    def optional_alternative(self, node: Call, *, unwrap: bool) -> Callable[[Frame], Any]:
        left, right = map(self.plan, node.children())

        def choose(frame: Frame) -> Any:
            value = left(frame)
            if type(value) is not Optional:
                raise no_such_overload()
            if value is NONE:
                return right(frame)
            return value.value if unwrap else value

        return choose

    def list(self, node: ListNode) -> Callable[[Frame], Any]:
        elements = [self.plan(element) for element in node.elements]
        if not node.optional:
            if all(isinstance(element, Literal) for element in node.elements):
                constant = [
                    element.value for element in node.elements if isinstance(element, Literal)
                ]
                return lambda _: constant
            return lambda frame: [element(frame) for element in elements]
        marked = [number in node.optional for number in range(len(elements))]

        def build(frame: Frame) -> Any:
            found: list[Any] = []
            for optional, element in zip(marked, elements, strict=True):
                value = element(frame)
                if optional:
                    if type(value) is not Optional:
                        raise CelError(
                            "cannot initialize optional list element from non-optional value "
                            f"{_shown(value)}"
                        )
                    if value is NONE:
                        continue
                    value = value.value
                found.append(value)
            return found

        return build

    def map(self, node: MapNode) -> Callable[[Frame], Any]:
        entries = [
            (self.plan(e.key), self.plan(e.value), e.optional)
            for e in node.entries
            if isinstance(e.key, Node)
        ]

        def build(frame: Frame) -> Any:
            found: dict[Any, Any] = {}
            for key_of, value_of, optional in entries:
                key = key_of(frame)
                value = value_of(frame)
                if optional:
                    if type(value) is not Optional:
                        raise CelError(
                            f"cannot initialize optional entry '{_shown(key)}' from non-optional "
                            f"value {_shown(value)}"
                        )
                    if value is NONE:
                        continue
                    value = value.value
                found[key] = value
            return found

        return build

    def struct(self, node: StructNode) -> Callable[[Frame], Any]:
        entries = [(str(e.key), self.plan(e.value), e.optional) for e in node.entries]
        make = self.provider.construct(node.name)

        def build(frame: Frame) -> Any:
            found: dict[str, Any] = {}
            for name, value_of, optional in entries:
                value = value_of(frame)
                if optional:
                    if value is NONE:
                        continue
                    value = value.value
                found[name] = value
            return make(found)

        return build

    def comprehension(self, node: Comprehension) -> Callable[[Frame], Any]:
        if node.is_bind:
            return self.bind(node)
        over = self.plan(node.over)
        first = self.new_slot()
        second = self.new_slot() if node.second else -1
        place = self.new_slot()
        init = self.plan(node.init)
        self.scopes.append((node.accu, place))
        self.scopes.append((node.first, first))
        if node.second:
            self.scopes.append((node.second, second))
        depth = len(self.scopes)
        found = self.shortcut(node, over, first, second)
        if found is None:
            condition = self.plan(node.condition)
            step = self.plan(node.step)
            del self.scopes[-2 if node.second else -1 :]
            result = self.plan(node.result)
            found = fold(over, init, condition, step, result, (first, second, place))
            del self.scopes[-1]
        else:
            del self.scopes[depth - (3 if node.second else 2) :]
        return found

    def bind(self, node: Comprehension) -> Callable[[Frame], Any]:
        value = self.plan(node.init)
        place = self.new_slot()
        self.scopes.append((node.accu, place))
        result = self.plan(node.result)
        self.scopes.pop()

        def run(frame: Frame) -> Any:
            frame[place] = value(frame)
            return result(frame)

        return run

    def shortcut(
        self, node: Comprehension, over: Callable[[Frame], Any], first: int, second: int
    ) -> Callable[[Frame], Any] | None:
        """The macros as plain loops, None for what isn't one of them."""
        step = node.step
        if not isinstance(step, Call) or not isinstance(node.result, Ident):
            return None
        if step.function in ("_&&_", "_||_"):
            test = self.plan(step.args[1])
            return quantifier(over, test, first, second, stop=step.function == "_||_")
        condition = None
        if step.function == "_?_:_":
            condition, step = step.args[0], step.args[1]
            assert isinstance(step, Call)
        if step.function == "_+_" and isinstance(step.args[1], ListNode):
            element = step.args[1]
            if element.optional:
                return None
            transform = self.plan(element.elements[0])
            test_or_none = None if condition is None else self.plan(condition)
            return collect(over, test_or_none, transform, first, second)
        return None


def _unlike(same: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Not equal; what cannot be compared is just that."""

    def unlike(left: Any, right: Any) -> bool:
        try:
            return not same(left, right)
        except CelError:
            return True

    return unlike


def _has_key(key: Any, of: dict[Any, Any]) -> bool:
    if type(key) is not str and of and all(type(known) is str for known in of):
        raise no_such_overload()
    return bool(of) and key in of  # in no map is even a list or a map, which can be no key


def _shown(value: Any) -> str:
    """A value as Go's %v prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


_SPECIAL: Final = {
    "_&&_": "and_",
    "_||_": "or_",
    "!_": "not_",
    "_?_:_": "conditional",
    "@not_strictly_false": "not_strictly_false",
    "_?._": "optional_field",
    "_[?_]": "optional_lookup",
    "or": "or_optional",
    "orValue": "or_value",
}
