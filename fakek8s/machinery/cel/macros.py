"""Macros: has, all, map, transformList ... as folds.

Upstream: cel-go parser/macro.go, ext/comprehensions.go, cel/library.go.

An expander gets the offset of the call's parenthesis, the target and the arguments. It gives the
expression, or None where the call is no macro after all. Raises MacroError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fakek8s.machinery.cel.tree import (
    Call,
    Comprehension,
    Entry,
    Ident,
    ListNode,
    Literal,
    MapNode,
    Node,
    Select,
    copy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ACCUMULATOR", "MacroError", "find"]

ACCUMULATOR: Final = "@result"
_RESERVED: Final = (ACCUMULATOR, "__result__")
_MAP_INSERT: Final = "cel.@mapInsert"
_UNUSED: Final = "#unused"

if TYPE_CHECKING:
    Expander = Callable[[int, Node, list[Node]], Node | None]


class MacroError(ValueError):
    """A macro whose arguments are wrong. at: the offset of the one that is."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


def _true(at: int) -> Node:
    return Literal(at, True, "bool")


def _list(at: int, *elements: Node) -> Node:
    return ListNode(at, list(elements), frozenset())


def _accu(at: int) -> Node:
    return Ident(at, ACCUMULATOR)


def _one_name(node: Node, what: str) -> str:
    if not isinstance(node, Ident):
        raise MacroError(node.at, what)
    if node.name in _RESERVED:
        raise MacroError(node.at, "iteration variable overwrites accumulator variable")
    return node.name


def _two_names(first: Node, second: Node) -> tuple[str, str]:
    simple = "argument must be a simple name"
    for node in (first, second):
        if not isinstance(node, Ident):
            raise MacroError(node.at, simple)
    assert isinstance(first, Ident)
    assert isinstance(second, Ident)
    if first.name == second.name:
        raise MacroError(second.at, f"duplicate variable name: {first.name}")
    return _one_name(first, simple), _one_name(second, simple)


def _fold(
    at: int,
    over: Node,
    names: tuple[str, str],
    init: Node,
    step: Node,
    *,
    condition: Node | None = None,
    result: Node | None = None,
) -> Node:
    return Comprehension(
        at, over, *names, ACCUMULATOR, init, condition or _true(at), step, result or _accu(at)
    )


def has(at: int, _: Node, args: list[Node]) -> Node:
    """has(a.b)."""
    node = args[0]
    if not isinstance(node, Select):
        raise MacroError(node.at, "invalid argument to has() macro")
    return Select(at, node.operand, node.field, test_only=True)


def _names_and_rest(args: list[Node], two: bool, what: str) -> tuple[tuple[str, str], list[Node]]:
    if two:
        return _two_names(args[0], args[1]), args[2:]
    return (_one_name(args[0], what), ""), args[1:]


def _all(at: int, target: Node, args: list[Node]) -> Node:
    names, (test,) = _names_and_rest(args, len(args) == 3, "argument must be a simple name")
    condition = Call(at, "@not_strictly_false", [_accu(at)])
    step = Call(at, "_&&_", [_accu(at), test])
    return _fold(at, target, names, _true(at), step, condition=condition)


def _exists(at: int, target: Node, args: list[Node]) -> Node:
    names, (test,) = _names_and_rest(args, len(args) == 3, "argument must be a simple name")
    condition = Call(at, "@not_strictly_false", [Call(at, "!_", [_accu(at)])])
    step = Call(at, "_||_", [_accu(at), test])
    return _fold(at, target, names, Literal(at, False, "bool"), step, condition=condition)


def _exists_one(at: int, target: Node, args: list[Node]) -> Node:
    names, (test,) = _names_and_rest(args, len(args) == 3, "argument must be a simple name")
    more = Call(at, "_+_", [_accu(at), Literal(at, 1, "int")])
    step = Call(at, "_?_:_", [test, more, _accu(at)])
    result = Call(at, "_==_", [_accu(at), Literal(at, 1, "int")])
    return _fold(at, target, names, Literal(at, 0, "int"), step, result=result)


def _transform(
    at: int, target: Node, names: tuple[str, str], rest: list[Node], step: Node, init: Node
) -> Node:
    if len(rest) == 2:
        step = Call(at, "_?_:_", [rest[0], step, _accu(at)])
    return _fold(at, target, names, init, step)


def _map(at: int, target: Node, args: list[Node]) -> Node:
    name = _one_name(args[0], "argument is not an identifier")
    step = Call(at, "_+_", [_accu(at), _list(at, args[-1])])
    return _transform(at, target, (name, ""), args[1:], step, _list(at))


def _filter(at: int, target: Node, args: list[Node]) -> Node:
    name = _one_name(args[0], "argument is not an identifier")
    step = Call(at, "_+_", [_accu(at), _list(at, args[0])])
    return _transform(at, target, (name, ""), [args[1], step], step, _list(at))


def _transform_list(at: int, target: Node, args: list[Node]) -> Node:
    names = _two_names(args[0], args[1])
    step = Call(at, "_+_", [_accu(at), _list(at, args[-1])])
    return _transform(at, target, names, args[2:], step, _list(at))


def _transform_map(at: int, target: Node, args: list[Node]) -> Node:
    names = _two_names(args[0], args[1])
    step = Call(at, _MAP_INSERT, [_accu(at), Ident(at, names[0]), args[-1]])
    return _transform(at, target, names, args[2:], step, MapNode(at, []))


def _transform_map_entry(at: int, target: Node, args: list[Node]) -> Node:
    names = _two_names(args[0], args[1])
    step = Call(at, _MAP_INSERT, [_accu(at), args[-1]])
    return _transform(at, target, names, args[2:], step, MapNode(at, []))


def _bind(at: int, name: str, value: Node, body: Node) -> Node:
    nothing = _list(at)
    never = Literal(at, False, "bool")
    return Comprehension(at, nothing, _UNUSED, "", name, value, never, Ident(at, name), body)


def _optional_map(at: int, target: Node, args: list[Node], *, flat: bool) -> Node:
    which = "optFlatMap" if flat else "optMap"
    if not isinstance(args[0], Ident):
        raise MacroError(args[0].at, f"{which}() variable name must be a simple identifier")
    inner = _bind(at, args[0].name, Call(at, "value", [], copy(target)), args[1])
    found = inner if flat else Call(at, "optional.of", [inner])
    test = Call(at, "hasValue", [], target)
    return Call(at, "_?_:_", [test, found, Call(at, "optional.none", [])])


def _opt_map(at: int, target: Node, args: list[Node]) -> Node:
    return _optional_map(at, target, args, flat=False)


def _opt_flat_map(at: int, target: Node, args: list[Node]) -> Node:
    return _optional_map(at, target, args, flat=True)


def _sort_by(at: int, target: Node, args: list[Node]) -> Node:
    if target.kind in ("literal", "map", "struct"):
        raise MacroError(
            target.at,
            "sortBy can only be applied to a list, identifier, comprehension, call or select "
            "expression",
        )
    name = "@__sortBy_input__"
    keys = _map(at, Ident(at, name), args)
    return _bind(at, name, target, Call(at, "@sortByAssociatedKeys", [keys], Ident(at, name)))


_MEMBERS: Final[dict[tuple[str, int], Expander]] = {
    ("all", 2): _all,
    ("all", 3): _all,
    ("exists", 2): _exists,
    ("exists", 3): _exists,
    ("exists_one", 2): _exists_one,
    ("exists_one", 3): _exists_one,
    ("existsOne", 3): _exists_one,
    ("map", 2): _map,
    ("map", 3): _map,
    ("filter", 2): _filter,
    ("transformList", 3): _transform_list,
    ("transformList", 4): _transform_list,
    ("transformMap", 3): _transform_map,
    ("transformMap", 4): _transform_map,
    ("transformMapEntry", 3): _transform_map_entry,
    ("transformMapEntry", 4): _transform_map_entry,
    ("optMap", 2): _opt_map,
    ("optFlatMap", 2): _opt_flat_map,
    ("sortBy", 2): _sort_by,
}


def _cel_bind(at: int, target: Node, args: list[Node]) -> Node | None:
    """cel.bind(name, value, expression) (ext/bindings.go)."""
    if not isinstance(target, Ident) or target.name != "cel":
        return None
    if not isinstance(args[0], Ident):
        text = "cel.bind() variable names must be simple identifiers"
        raise MacroError(args[0].at, text)
    return _bind(at, args[0].name, args[1], args[2])


def find(name: str, count: int, *, member: bool, bind: bool = False) -> Expander | None:
    """The macro of that name and number of arguments, if there is one. bind: cel.bind is one."""
    if not member:
        return has if name == "has" and count == 1 else None
    if bind and (name, count) == ("bind", 3):
        return _cel_bind
    return _MEMBERS.get((name, count))


def entry(at: int, key: Node, value: Node) -> Entry:
    """A map entry that is always there."""
    return Entry(at, key, value, optional=False)
