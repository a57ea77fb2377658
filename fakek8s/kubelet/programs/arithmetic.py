"""The shell's arithmetic: integers, variables, the usual operators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/%<>()!]))")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


def evaluate(text: str, variables: Mapping[str, str]) -> int:
    """The value; what can't be read counts as 0, as an unset variable does."""
    tokens = [match.group(1) or match.group(2) or match.group(3) for match in _TOKEN.finditer(text)]
    return _Reader(tokens, variables).level(0)


class _Reader:
    def __init__(self, tokens: list[str], variables: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._variables = variables

    def level(self, depth: int) -> int:
        if depth == len(_LEVELS):
            return self._atom()
        value = self.level(depth + 1)
        while self._tokens and self._tokens[0] in _LEVELS[depth]:
            value = _apply(self._tokens.pop(0), value, self.level(depth + 1))
        return value

    def _atom(self) -> int:
        if not self._tokens:
            return 0
        token = self._tokens.pop(0)
        if token == "(":
            value = self.level(0)
            if self._tokens:
                self._tokens.pop(0)
            return value
        if token == "-":
            return -self._atom()
        if token == "+":
            return self._atom()
        if token == "!":
            return int(not self._atom())
        if token.isdigit():
            return int(token)
        value_text = self._variables.get(token, "").strip()
        return int(value_text) if re.fullmatch(r"-?\d+", value_text) else 0


def _apply(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" | "%" if right == 0:
            return 0
        case "/":
            return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        case "%":
            return abs(left) % abs(right) * (-1 if left < 0 else 1)
        case "<":
            return int(left < right)
        case "<=":
            return int(left <= right)
        case ">":
            return int(left > right)
        case ">=":
            return int(left >= right)
        case "==":
            return int(left == right)
        case "!=":
            return int(left != right)
        case "&&":
            return int(bool(left) and bool(right))
        case _:
            return int(bool(left) or bool(right))
