"""Kubernetes' JSONPath: printer columns, selectable fields, scale paths (client-go util/jsonpath).

A template is text with actions in braces; `compile_path` is for the bare paths of CRDs (`.spec.x`).

    {.items[*].metadata.name}   {.status.conditions[?(@.type=="Ready")].status}   {..name}

Not here: `range` and `end`, which only kubectl uses; they are refused as unknown identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fakek8s.machinery.printing import go_type, go_value, json_text

_DICT_KEY = re.compile("'([^']*)'")
_SLICE = re.compile(r"(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.DOTALL)
_PLAIN_PATH = re.compile(r"(?:\.[A-Za-z_][A-Za-z0-9_-]*)+")
_NUMBER = re.compile(r"[+-]?[0-9.]*")
_UNQUOTED = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.?))", re.DOTALL
)
_ESCAPES = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_TERMINATORS = " \t\r\n.,[]${}@"

Values = list[Any]
Step = Callable[[Values], Values]


class JSONPathSyntaxError(ValueError):
    """The template can't be read; the message is upstream's."""


class JSONPathError(ValueError):
    """The template can't be evaluated on this object; the message is upstream's."""


@dataclass(frozen=True, slots=True)
class JSONPath:
    """A parsed template: one list of steps per piece of text or action."""

    text: str
    _pieces: tuple[tuple[Step, ...], ...]

    def find(self, data: Any) -> list[list[Any]]:
        """The values of each piece (JSONPath.FindResults, missing keys allowed).

        Raises JSONPathError.
        """
        return [_run(steps, [data]) for steps in self._pieces]

    def first(self, data: Any, default: Any = None) -> Any:
        """The first value found, as table columns show it. Raises JSONPathError."""
        for values in self.find(data):
            if values:
                return values[0]
        return default


def _run(steps: tuple[Step, ...], values: Values) -> Values:
    for step in steps:
        values = step(values)
    return values


def _field(name: str) -> Step:
    def step(values: Values) -> Values:
        return [
            value[name] for value in _present(values) if isinstance(value, dict) and name in value
        ]

    return step


def _present(values: Values) -> Iterator[Any]:
    return (value for value in values if value is not None)


def _children(value: Any) -> Values:
    # Upstream walks a map in random order; in the map's own order it is repeatable.
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, str):
        return list(value.encode("utf-8", "replace"))  # Go indexes a string's bytes
    return value if isinstance(value, list) else []


def _wildcard(values: Values) -> Values:
    return [child for value in _present(values) for child in _children(value)]


def _recursive(values: Values) -> Values:
    found: Values = []
    for value in _present(values):
        if children := _children(value):
            found.append(value)
            found += _recursive(children)
    return found


def _constant(constant: Any, *, per_value: bool) -> Step:
    return lambda values: [constant] * len(values) if per_value else [constant]


def _union(branches: list[tuple[Step, ...]]) -> Step:
    return lambda values: [found for branch in branches for found in _run(branch, values)]


def _slice(start: int | None, end: int | None, step: int | None, *, single: bool) -> Step:
    def one(items: list[Any]) -> Values:
        size = len(items)
        first = start or 0
        first += size if first < 0 else 0
        last = size if end is None else end
        last += size if last < 0 or (last == 0 and single) else 0
        if first == last:
            return []
        if not 0 <= first < size:
            raise JSONPathError(f"array index out of bounds: index {first}, length {size}")
        if not 0 <= last <= size:
            raise JSONPathError(f"array index out of bounds: index {last - 1}, length {size}")
        if first > last:
            raise JSONPathError(f"starting index {first} is greater than ending index {last}")
        if step is not None and step <= 0:
            raise JSONPathError("step must be > 0")
        return items[first : last : step or 1]

    def run(values: Values) -> Values:
        found: Values = []
        for value in _present(values):
            if not isinstance(value, list):
                raise JSONPathError(f"{go_type(value)} is not array or slice")
            found += one(value)
        return found

    return run


def _kind(value: Any) -> str:
    for types, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "string")):
        if isinstance(value, types):
            return name
    raise JSONPathError("error calling eq: invalid type for comparison")


def _equal(left: Any, right: Any) -> bool:
    if _kind(left) != _kind(right):
        raise JSONPathError("incompatible types for comparison")
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    if _kind(left) != _kind(right):
        raise JSONPathError("incompatible types for comparison")
    if isinstance(left, bool):
        raise JSONPathError("invalid type for comparison")
    return bool(left < right)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _less,
    "<=": lambda left, right: _less(left, right) or _equal(left, right),
    ">": lambda left, right: not (_less(left, right) or _equal(left, right)),
    ">=": lambda left, right: not _less(left, right),
}


def _filter(left: tuple[Step, ...], operator: str, right: tuple[Step, ...]) -> Step:
    def passes(item: Any) -> bool:
        if operator == "exists":
            return bool(_run(left, [item]))
        sides = []
        for steps in (left, right):
            found = _run(steps, [item])
            if not found:
                return False
            if len(found) > 1:
                raise JSONPathError("can only compare one element at a time")
            sides.append(found[0])
        compare = _COMPARE.get(operator)
        if compare is None:
            raise JSONPathError(f"unrecognized filter operator {operator}")
        return compare(*sides)

    def run(values: Values) -> Values:
        found: Values = []
        for value in values:
            if not isinstance(value, list):
                raise JSONPathError(
                    f"{go_value(value)} is not array or slice and cannot be filtered"
                )
            found += filter(passes, value)
        return found

    return run


def _identifier(name: str) -> Step:
    def step(_: Values) -> Values:
        raise JSONPathError(f"unrecognized identifier {name}")

    return step


def _is_word(character: str) -> bool:
    return character == "_" or character.isalpha() or character.isdecimal()


class _Parser:
    """Upstream's parser.go: text until a brace, then actions until the closing one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def pieces(self) -> tuple[tuple[Step, ...], ...]:
        found: list[tuple[Step, ...]] = []
        while self.at < len(self.text):
            brace = self.text.find("{", self.at)
            literal = self.text[self.at : brace if brace >= 0 else len(self.text)]
            if literal:
                found.append((_constant(literal, per_value=False),))
            if brace < 0:
                break
            self.at = brace + 1
            found.append(self.action())
        return tuple(found)

    def action(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while not self.text.startswith("}", self.at):
            if self.text.startswith("[?(", self.at):
                self.at += 3
                steps.append(self.filter())
                continue
            if self.text.startswith("..", self.at):
                if steps and steps[-1] is _recursive:
                    raise JSONPathSyntaxError("invalid multiple recursive descent")
                self.at += 2
                steps.append(_recursive)
                if _is_word(self.text[self.at : self.at + 1] or " "):
                    steps.append(self.field())
                continue
            character = self.text[self.at : self.at + 1]
            if character in ("", "\r", "\n"):
                raise JSONPathSyntaxError("unclosed action")
            self.at += 1
            if character in " @$":
                continue
            if character == "[":
                steps += self.array()
            elif character in "\"'":
                steps.append(self.quoted(character))
            elif character == ".":
                steps.append(self.field())
            elif character in "+-" or character.isdecimal():
                self.at -= 1
                steps.append(self.number())
            elif _is_word(character):
                self.at -= 1
                steps.append(self.word())
            else:
                shown = f" '{character}'" if character.isprintable() else ""
                raise JSONPathSyntaxError(
                    f"unrecognized character in action: U+{ord(character):04X}{shown}"
                )
        self.at += 1
        return tuple(steps)

    def until_terminator(self, *, escapes: bool) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _TERMINATORS:
            self.at += 2 if escapes and self.text[self.at] == "\\" else 1
        self.at = min(self.at, len(self.text))
        return self.text[start : self.at]

    def field(self) -> Step:
        name = self.until_terminator(escapes=True)
        return _wildcard if name == "*" else _field(name.replace("\\", ""))

    def word(self) -> Step:
        name = self.until_terminator(escapes=False)
        if name in ("true", "false"):
            return _constant(name == "true", per_value=True)
        return _identifier(name)

    def number(self) -> Step:
        match = _NUMBER.match(self.text, self.at)
        digits = match[0] if match else ""
        self.at += len(digits)
        for convert in (int, float):
            try:
                return _constant(convert(digits), per_value=True)
            except ValueError:
                continue
        raise JSONPathSyntaxError(f"cannot parse number {digits}")

    def quoted(self, mark: str) -> Step:
        start = self.at
        while True:
            character = self.text[self.at : self.at + 1]
            if character in ("", "\n"):
                raise JSONPathSyntaxError("unterminated quoted string")
            self.at += 1
            if character == mark and self.text[self.at - 2] != "\\":
                break
        return _constant(_unquote(self.text[start : self.at - 1], mark), per_value=False)

    def array(self) -> list[Step]:
        end = next(
            (at for at in range(self.at, len(self.text)) if self.text[at] in "]\n"), len(self.text)
        )
        if self.text[end : end + 1] != "]":
            raise JSONPathSyntaxError("unterminated array")
        inside = self.text[self.at : end]
        self.at = end + 1
        if "," in inside:
            return [
                _union([_Parser(f"[{part.strip(' ')}]}}").action() for part in inside.split(",")])
            ]
        if match := _DICT_KEY.fullmatch(inside):
            return list(_Parser(f".{match[1]}}}").action())
        match = _SLICE.fullmatch(":" if inside == "*" else inside)
        if match is None:
            raise JSONPathSyntaxError(f"invalid array index {inside}")
        numbers = []
        for text in match.groups():
            digits = (text or "").removeprefix(":")
            if digits == "-":
                raise JSONPathSyntaxError(f"array index {digits} is not a number")
            numbers.append(int(digits) if digits else None)
        start, stop, step = numbers
        single = match[2] is None
        return [_slice(start, (start or 0) + 1 if single else stop, step, single=single)]

    def filter(self) -> Step:
        start = self.at
        mark, closed = "", False
        while True:
            character = self.text[self.at : self.at + 1]
            if character in ("", "\n"):
                raise JSONPathSyntaxError("unterminated filter")
            self.at += 1
            if character in "\"'":
                if not mark:
                    mark = character
                elif character == mark and self.text[self.at - 2] != "\\":
                    closed = True
            elif character == ")" and bool(mark) == closed:
                break
        if not self.text.startswith("]", self.at):
            raise JSONPathSyntaxError("unclosed array expect ]")
        inside = self.text[start : self.at - 1]
        self.at += 1
        match = _COMPARISON.fullmatch(inside)
        if match is None:
            return _filter(_Parser(f"{inside}}}").action(), "exists", ())
        left, operator, right = match.groups()
        return _filter(_Parser(f"{left}}}").action(), operator, _Parser(f"{right}}}").action())


def _unquote(text: str, mark: str) -> str:
    def replace(match: re.Match[str]) -> str:
        simple, hexadecimal, unicode = match[1], match[2], match[3]
        if simple and (simple not in "'\"" or simple == mark):
            return _ESCAPES[simple]
        if hexadecimal or unicode:
            return chr(int(hexadecimal or unicode, 16))
        raise JSONPathSyntaxError(f"unquote string {mark}{text}{mark} error invalid syntax")

    return _UNQUOTED.sub(replace, text)


@lru_cache(maxsize=2048)
def parse(text: str) -> JSONPath:
    """Read a template (jsonpath.Parse).

    Raises JSONPathSyntaxError.

    >>> parse("{.a[*].b} items").find({"a": [{"b": 1}, {"b": 2}]})
    [[1, 2], [' items']]
    """
    return JSONPath(text, _Parser(text).pieces())


def compile_path(path: str) -> JSONPath:
    """Read a bare path, as CRDs have them: `.spec.replicas`, `.status.items[*].name`.

    Raises JSONPathSyntaxError.
    """
    return parse(f"{{{path}}}")


def plain_fields(path: str) -> tuple[str, ...] | None:
    """The fields of a path that is nothing but dots and names; None for any other."""
    return tuple(path[1:].split(".")) if _PLAIN_PATH.fullmatch(path) else None


def text_of(value: Any) -> str:
    """A found value as text: maps and lists as JSON, the rest as `%v` (JSONPath.PrintResults)."""
    return json_text(value) if isinstance(value, (dict, list)) else go_value(value)
