"""What upstream's generated parser says about text it can't parse.

Its messages come out of the tables and the error recovery of a parser generator. Google's C++
CEL, generated from the same grammar, knows them all; where it isn't installed, the ordinary ones
are said here, and of several errors only the first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fakek8s.machinery.cel.lexer import Token
    from fakek8s.machinery.cel.report import Source

__all__ = ["OPERAND", "report", "unexpected", "unrecognized"]

#: What may begin an operand.
OPERAND: Final = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, "
    "STRING, BYTES, IDENTIFIER}"
)
_BEGINNINGS: Final = frozenset(
    ("[", "{", "(", ".", "-", "!", "true", "false", "null", "name", "string", "bytes", "int",
     "uint", "float")
)  # fmt: skip
_LINE: Final = re.compile(
    r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (Syntax error: .*)$"
)
_RESERVED_FIELD: Final = re.compile(r"no viable alternative at input '\.(true|false|null)'")

Finding = tuple[int, str]


def report(source: Source, own: Finding) -> None:
    """Write onto the source what the generated parser says, or `own` where nobody can ask it."""
    found = _ask(source.text)
    if not found:
        source.report(*own)
        return
    for line, column, message in found:
        source.report_at(line, column, message)


def unexpected(token: Token, follows: str, wanted: str) -> Finding:
    """A token that can't stand where it stands. follows: the kind of the one behind it."""
    text = token.text
    if wanted == "IDENTIFIER":
        return token.at, f"Syntax error: no viable alternative at input '.{text}'"
    if wanted in ("')'", "']'") and token.kind == "EOF":
        return token.at, f"Syntax error: missing {wanted} at '{text}'"
    # Alone too much is what would be right if it weren't there.
    superfluous = follows == "EOF" if wanted == "<EOF>" else follows in _BEGINNINGS
    if token.kind != "EOF" and superfluous and wanted in ("<EOF>", OPERAND):
        return token.at, f"Syntax error: extraneous input '{text}' expecting {wanted}"
    return token.at, f"Syntax error: mismatched input '{text}' expecting {wanted}"


def unrecognized(text: str, at: int) -> Finding:
    """Characters that begin no token."""
    return at, f"Syntax error: token recognition error at: '{text[at:]}'"


def _engine() -> Any:
    try:
        from cel_expr_python import cel  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return None
    return cel


def _ask(text: str) -> list[tuple[int, int, str]]:
    engine = _engine()
    if engine is None:
        return []
    try:
        engine.NewEnv().compile(text, disable_check=True)
    except Exception as error:  # the engine's own type is no part of its interface
        message = str(error).removesuffix(" [INVALID_ARGUMENT]")
    else:
        return []
    found: list[tuple[int, int, str]] = []
    for entry in message.split("\n"):
        match = _LINE.match(entry)
        if match is not None:
            said = match[3].replace(r"'\u003F'", "'?'")
            said = _RESERVED_FIELD.sub(r"mismatched input '\1' expecting IDENTIFIER", said)
            line, column = int(match[1]), int(match[2]) - 1
            found.append((line, column, _as_written(said, text, line, column)))
    return found


_UNRECOGNIZED: Final = "Syntax error: token recognition error at: '"
_ESCAPES: Final = {"\n": "n", "\r": "r", "\t": "t"}


def _as_written(said: str, text: str, line: int, column: int) -> str:
    """What can't be read of the text with its own white space, which C++ shows escaped."""
    if not said.startswith(_UNRECOGNIZED) or "\\" not in said:
        return said
    at = start = sum(map(len, text.splitlines(keepends=True)[: line - 1])) + column
    display = said[len(_UNRECOGNIZED) : -1]
    shown = 0
    while shown < len(display) and at < len(text):
        escape = _ESCAPES.get(text[at])
        shown += 2 if escape and display.startswith("\\" + escape, shown) else 1
        at += 1
    return f"{_UNRECOGNIZED}{text[start:at]}'"
