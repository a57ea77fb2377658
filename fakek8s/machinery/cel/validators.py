"""What is checked of literals after the types: cel-go cel/validator.go and ext/formatting.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.declarations import UNDEFINED_TYPE_NAMES
from fakek8s.machinery.cel.formatting import CLAUSE_TYPES, FormatError, clauses, wrong_type
from fakek8s.machinery.cel.standard import FUNCTIONS, regexp
from fakek8s.machinery.cel.tree import Call, Ident, ListNode, Literal, MapNode, Node, Select
from fakek8s.machinery.cel.types import Type, show
from fakek8s.machinery.cel.values import CelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.cel.report import Source

__all__ = ["planning_error", "validate"]


def _check_duration(literal: Literal) -> None:
    if literal.of == "string":
        FUNCTIONS["string_to_duration"](literal.value)


def _check_timestamp(literal: Literal) -> None:
    if literal.of == "string":
        FUNCTIONS["string_to_timestamp"](literal.value)
    elif literal.of == "int":
        FUNCTIONS["int64_to_timestamp"](literal.value)


def _check_pattern(literal: Literal) -> None:
    if literal.of == "string":
        regexp(literal.value)


_CHECKS: Final[dict[str, Callable[[Literal], None]]] = {
    "duration": _check_duration,
    "timestamp": _check_timestamp,
    "matches": _check_pattern,
}


def validate(root: Node, source: Source) -> None:
    """Reports literals that can't mean anything at run time."""
    _visit(root, source, exempt=False)


def _visit(node: Node, source: Source, *, exempt: bool) -> None:
    if isinstance(node, Call):
        _call(node, source)
        exempt = exempt or node.function == "format"
    elif not exempt:
        if isinstance(node, ListNode):
            _same_types(
                source, [(e, i in node.optional) for i, e in enumerate(node.elements)], stop=True
            )
        elif isinstance(node, MapNode):
            keys = [(e.key, False) for e in node.entries if isinstance(e.key, Node)]
            _same_types(source, keys, stop=False)
            _same_types(source, [(e.value, e.optional) for e in node.entries], stop=False)
    for below in node.children():
        _visit(below, source, exempt=exempt)


def _same_types(source: Source, nodes: list[tuple[Node, bool]], *, stop: bool) -> None:
    first: Type | None = None
    for node, optional in nodes:
        of = node.type or t.DYN
        if optional and of.params:
            of = of.params[0]
        if first is None:
            first = of
        elif of != first:
            source.report(node.at, f"expected type '{show(first)}' but found '{show(of)}'")
            if stop:
                return


def _call(node: Call, source: Source) -> None:
    check = _CHECKS.get(node.function)
    if check is not None and node.args and isinstance(node.args[0], Literal):
        try:
            check(node.args[0])
        except CelError:
            source.report(node.args[0].at, f"invalid {node.function} argument")
    if node.function == "format" and isinstance(node.target, Literal):
        args = node.args[0] if len(node.args) == 1 else None
        if node.target.of == "string" and isinstance(args, ListNode):
            _format(node, node.target.value, args.elements, source)


_CONVERSIONS: Final = frozenset(
    ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"]
)
_PATTERNS: Final = frozenset({"matches", "find", "findAll"})


def planning_error(root: Node, call: Callable[[Call, Any], Any]) -> str:
    """What making a program of the expression finds wrong, "" if nothing.

    Upstream converts constants and compiles constant patterns when it makes a program, not when
    it checks. call: converts a value as the call of a conversion says.
    """
    try:
        _fold(root, call)
    except CelError as error:
        return str(error)
    return ""


class _NotConstant:
    """Stands for a value that is known only at run time."""


_UNKNOWN: Final = _NotConstant()


def _fold(node: Node, call: Callable[[Call, Any], Any]) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Ident | Select) and node.constant is not None:
        if isinstance(node, Ident) and node.name in UNDEFINED_TYPE_NAMES:
            raise CelError(f"reference to undefined type: {node.name}")
        return node.constant
    values = [_fold(below, call) for below in node.children()]
    if isinstance(node, ListNode):
        return _UNKNOWN if _UNKNOWN in values else values
    if isinstance(node, Call):
        if node.function in _PATTERNS and len(values) > 1 and isinstance(values[1], str):
            regexp(values[1])
        if node.function in _CONVERSIONS and len(values) == 1 and values[0] is not _UNKNOWN:
            return call(node, values[0])
    return _UNKNOWN


class _WrongError(Exception):
    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.node = node


def _format(node: Call, text: str, args: list[Node], source: Source) -> None:
    used = 0
    try:
        for _, letter, _precision in clauses(text, len(args), checking=True):
            if letter:
                _argument(letter, args[used])
                used += 1
    except FormatError as error:
        source.report(node.at, str(error))
        return
    except _WrongError as error:
        source.report(error.node.at, str(error))
        return
    if len(args) > used:
        source.report(
            node.at,
            f"too many arguments supplied to string.format (expected {used}, got {len(args)})",
        )


def _argument(letter: str, node: Node) -> None:
    of = node.type or t.DYN
    if not of.is_dyn and of.kind not in CLAUSE_TYPES[letter.lower()]:
        raise _WrongError(node, wrong_type(letter, _name(of)))
    if letter == "s":
        for below in node.children() if isinstance(node, ListNode | MapNode) else ():
            _argument(letter, below)


def _name(of: Type) -> str:
    long = {"duration": "google.protobuf.Duration", "timestamp": "google.protobuf.Timestamp"}
    return of.name or long.get(of.kind, of.kind)
