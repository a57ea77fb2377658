"""'%s is %d'.format([a, b]): clauses, what they take, how values look.

Upstream: cel-go ext/formatting.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.standard import go_float
from fakek8s.machinery.cel.values import CelError, Duration, Timestamp, UInt, type_name
from fakek8s.machinery.cel.wiretext import duration_text, time_text
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CLAUSE_TYPES", "FormatError", "clauses", "format_text", "wrong_type"]

_CLAUSE: Final = re.compile(
    r"%(?:(?P<percent>%)|(?P<dot>\.)?(?P<digits>[0-9]*)(?P<letter>[\s\S])?)"
)
_SUPERSCRIPT: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SPECIAL_NUMBERS: Final = frozenset({"NaN", "Infinity", "-Infinity"})

_WRONG: Final = {
    "s": "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, "
    "types, durations, and timestamps, was given {}",
    "d": "decimal clause can only be used on integers, was given {}",
    "f": "fixed-point clause can only be used on doubles, was given {}",
    "e": "scientific clause can only be used on doubles, was given {}",
    "b": "only integers and bools can be formatted as binary, was given {}",
    "x": "only integers, byte buffers, and strings can be formatted as hex, was given {}",
    "o": "octal clause can only be used on integers, was given {}",
}
#: The kinds of static types that a clause takes.
CLAUSE_TYPES: Final = {
    "s": frozenset(
        [
            "list",
            "map",
            "int",
            "uint",
            "double",
            "bool",
            "string",
            "timestamp",
            "bytes",
            "duration",
            "type",
            "null_type",
        ]
    ),
    "d": frozenset({"int", "uint"}),
    "f": frozenset({"double", "string"}),
    "e": frozenset({"double", "string"}),
    "b": frozenset({"int", "uint", "bool"}),
    "x": frozenset({"int", "uint", "string", "bytes"}),
    "o": frozenset({"int", "uint"}),
}


class FormatError(ValueError):
    """A format string that can't be read; the message is upstream's."""


def wrong_type(letter: str, name: str) -> str:
    """The message about an argument that the clause doesn't take."""
    return "error during formatting: " + _WRONG[letter.lower()].format(name)


def clauses(
    text: str, count: int, *, checking: bool = False
) -> Iterator[tuple[str, str, int | None]]:
    """(text before, letter, precision) per clause, at last the text behind them with letter "".

    count: how many arguments there are. checking: the arguments aren't fetched, so a text that ends
    too early is found before one too few of them. Raises FormatError where upstream does.
    """
    at = 0
    before = ""
    used = 0
    while True:
        mark = text.find("%", at)
        if mark < 0:
            yield before + text[at:], "", None
            return
        before += text[at:mark]
        match = _CLAUSE.match(text, mark)
        assert match is not None
        if match["percent"]:
            before += "%"
            at = match.end()
            continue
        if mark + 1 >= len(text) and (used < count or checking):
            raise FormatError("unexpected end of string")
        if used >= count:
            raise FormatError(f"index {used} out of range")
        yield before, *_clause(match)
        before = ""
        used += 1
        at = match.end()


def _clause(match: re.Match[str]) -> tuple[str, int | None]:
    problem = "could not parse formatting clause: "
    letter = match["letter"]
    precision = None
    if match["dot"]:
        parsing = problem + "error while parsing precision: "
        if letter is None:
            raise FormatError(parsing + "could not find end of precision specifier")
        if not match["digits"]:
            raise FormatError(
                parsing + "error while converting precision to integer: strconv.Atoi: parsing "
                '"": invalid syntax'
            )
        precision = int(match["digits"])
    elif match["digits"]:
        raise FormatError(f'{problem}unrecognized formatting clause "{match["digits"][0]}"')
    if letter not in _CLAUSES:
        raise FormatError(f'{problem}unrecognized formatting clause "{letter}"')
    return letter, precision


def format_text(text: str, args: list[Any]) -> str:
    """text.format(args). Raises CelError."""
    found: list[str] = []
    given = iter(args)
    try:
        for before, letter, precision in clauses(text, len(args)):
            found.append(before)
            if letter:
                found.append(_CLAUSES[letter](next(given), precision))
    except FormatError as error:
        raise CelError(str(error)) from None
    return "".join(found)


def _wrong(letter: str, value: Any) -> FormatError:
    return FormatError(wrong_type(letter, type_name(value)))


def _string(value: Any, _: int | None = None) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is UInt:
        return str(int(value))
    if kind is float:
        return go_float(value)
    if kind is bytes:
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise FormatError(f"could not convert argument {value!r} to string") from None
    if value is None:
        return "null"
    if kind is Duration:
        return duration_text(value)
    if kind is Timestamp:
        return time_text(value)
    if kind is t.Type:
        return _type_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    if kind is dict:
        pairs = sorted((_nested_key(k), _nested(v)) for k, v in value.items())
        return "{" + ", ".join(f"{k}:{v}" for k, v in pairs) + "}"
    raise _wrong("s", value)


def _type_text(value: t.Type) -> str:
    long = {"duration": "google.protobuf.Duration", "timestamp": "google.protobuf.Timestamp"}
    return long.get(value.kind, value.name or value.kind)


def _nested(value: Any) -> str:
    """A value inside a list or a map, written as CEL would be."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is bytes:
        return "b" + quote(value.decode("utf-8", "replace"))
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            return quote(go_float(value))
        return f"{value:.6f}"
    if kind is Timestamp:
        return f"timestamp({quote(time_text(value))})"
    if kind is Duration:
        return f"duration({quote(duration_text(value))})"
    return _string(value)


def _nested_key(key: Any) -> str:
    if type(key) is str:
        return quote(key)
    if type(key) in (bool, int, UInt):
        return _string(key)
    raise FormatError(
        f"error during formatting: no formatting function for map key of type {type_name(key)}"
    )


def _decimal(value: Any, _: int | None) -> str:
    if type(value) is int or type(value) is UInt:
        return str(int(value))
    raise _wrong("d", value)


def _number(value: Any, letter: str) -> float:
    if type(value) is float:
        return value
    if type(value) is str and value in _SPECIAL_NUMBERS:
        return float(value)
    raise _wrong(letter, value)


def _special(number: float) -> str | None:
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "∞" if number > 0 else "-∞"
    return None


def _fixed(value: Any, precision: int | None) -> str:
    number = _number(value, "f")
    return _special(number) or f"{number:,.{6 if precision is None else precision}f}"


def _scientific(value: Any, precision: int | None) -> str:
    number = _number(value, "e")
    special = _special(number)
    if special is not None:
        return special
    mantissa, exponent = f"{number or 0.0:.6e}".split("e")
    sign = "-" if exponent.startswith("-") else ""
    power = (sign + exponent.lstrip("+-")).translate(_SUPERSCRIPT)
    # Upstream takes the precision for a width.
    return f"{mantissa}\u00d710{power}".rjust(precision or 0)


def _binary(value: Any, _: int | None) -> str:
    if type(value) is bool:
        return "1" if value else "0"
    if type(value) is int or type(value) is UInt:
        return f"{int(value):b}"
    raise _wrong("b", value)


def _hex(value: Any, _: int | None) -> str:
    if type(value) is int or type(value) is UInt:
        return f"{int(value):x}"
    if type(value) is str:
        return value.encode().hex()
    if type(value) is bytes:
        return value.hex()
    raise _wrong("x", value)


def _octal(value: Any, _: int | None) -> str:
    if type(value) is int or type(value) is UInt:
        return f"{int(value):o}"
    raise _wrong("o", value)


_CLAUSES: Final[dict[str, Callable[[Any, int | None], str]]] = {
    "s": _string,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "x": _hex,
    "X": lambda value, precision: _hex(value, precision).upper(),
    "o": _octal,
}
