"""JSON text exactly as Go's encoding/json scans it: syntax errors in its words, duplicates and
number texts kept.

The slow way: jsontext takes it when orjson refuses a text or when something about it has to be
explained.
"""

from __future__ import annotations

import re
from typing import Any, Final

MAX_DEPTH: Final = 10000

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_STRING_START = re.compile(
    rb'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*'
)
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Final[dict[int, tuple[bytes, Any]]] = {
    ord("t"): (b"true", True),
    ord("f"): (b"false", False),
    ord("n"): (b"null", None),
}


class JSONSyntaxError(ValueError):
    """The text is no JSON; the message is encoding/json's."""


class Pairs(list[tuple[str, Any]]):
    """An object as written: every pair in order, duplicates too."""


class NumberText(str):
    """A number as written."""

    __slots__ = ()


def quote(text: str, mark: str = '"') -> str:
    """strconv.Quote: printable characters stand, others are escaped as Go source would."""
    if text.isprintable() and "\\" not in text and mark not in text:
        return f"{mark}{text}{mark}"
    named = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
    out = []
    for c in text:
        code = ord(c)
        if c in (mark, "\\"):
            out.append("\\" + c)
        elif c.isprintable():
            out.append(c)
        elif c in named:
            out.append("\\" + named[c])
        elif code < 0x20 or code == 0x7F:
            out.append(f"\\x{code:02x}")
        else:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return mark + "".join(out) + mark


def _quote_char(byte: int) -> str:
    if byte == ord('"'):
        return "'\"'"
    return quote(chr(byte), "'")


def _bad(data: bytes, at: int, context: str) -> JSONSyntaxError:
    # Go's scanner is fed one space at the end of input; what that space breaks is what the message
    # names.
    character = data[at] if at < len(data) else ord(" ")
    return JSONSyntaxError(f"invalid character {_quote_char(character)} {context}".rstrip())


def _end() -> JSONSyntaxError:
    return JSONSyntaxError("unexpected end of JSON input")


def utf8(data: bytes) -> str:
    """Text of bytes, each byte that is no valid UTF-8 replaced by U+FFFD (as Go ranges over a
    string).
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    out, at = [], 0
    while at < len(data):
        try:
            out.append(data[at:].decode())
            break
        except UnicodeDecodeError as bad:
            out.append(data[at : at + bad.start].decode())
            out.append("\ufffd")
            at += bad.start + 1
    return "".join(out)


def _unescape(match: re.Match[str]) -> str:
    code, plain = match.groups()
    if code is not None:
        return chr(int(code, 16))
    return _ESCAPED.get(plain, plain)


def _unquote(body: bytes) -> str:
    text = utf8(body)
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_unescape, text)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Pairs of surrogates become their character, lone ones U+FFFD.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text


def _string(data: bytes, at: int) -> tuple[str, int]:
    found = _STRING.match(data, at)
    if found is not None:
        return _unquote(data[at + 1 : found.end() - 1]), found.end()
    start = _STRING_START.match(data, at)
    assert start is not None
    stop = start.end()
    if stop >= len(data):
        raise _end()
    if data[stop] != ord("\\"):
        raise _bad(data, stop, "in string literal")
    if data[stop + 1 : stop + 2] != b"u":
        raise _bad(data, stop + 1, "in string escape code")
    at = stop + 2
    while data[at : at + 1].isalnum() and data[at : at + 1] in b"0123456789abcdefABCDEF":
        at += 1
    raise _bad(data, at, "in \\u hexadecimal character escape")


def _number(data: bytes, at: int) -> tuple[NumberText, int]:
    found = _NUMBER.match(data, at)
    if found is None:
        raise _bad(data, at + 1, "in numeric literal")
    stop = found.end()
    follower = data[stop : stop + 1]
    if follower == b"." and found[1] is None and found[2] is None:
        raise _bad(data, stop + 1, "after decimal point in numeric literal")
    if follower and follower in b"eE" and found[2] is None:
        sign = data[stop + 1 : stop + 2]
        raise _bad(
            data, stop + (2 if sign and sign in b"+-" else 1), "in exponent of numeric literal"
        )
    return NumberText(found[0].decode()), stop


def _literal(data: bytes, at: int) -> tuple[Any, int]:
    word, value = _LITERALS[data[at]]
    for i in range(1, len(word)):
        if data[at + i : at + i + 1] != word[i : i + 1]:
            raise _bad(data, at + i, f"in literal {word.decode()} (expecting '{chr(word[i])}')")
    return value, at + len(word)


def _skip(data: bytes, at: int) -> int:
    found = _SPACE.match(data, at)
    assert found is not None
    return found.end()


def scan(data: bytes) -> Any:
    """The value of a whole JSON text, objects as Pairs and numbers as NumberText; raises
    JSONSyntaxError.

    Iterative, so that depth is limited by MAX_DEPTH and not by Python's stack.
    Upstream: encoding/json scanner.go.
    """
    stack: list[list[Any]] = []  # open containers
    keys: list[str] = []  # the key whose value is awaited, for each open object
    at = _skip(data, 0)
    while True:
        # A value begins at `at`.
        if at >= len(data):
            raise _end()
        c = data[at]
        value: Any
        if c in b"{[":
            value = Pairs() if c == ord("{") else []
            if len(stack) >= MAX_DEPTH:
                raise _bad(data, at, "exceeded max depth")
            at = _skip(data, at + 1)
            if data[at : at + 1] == (b"}" if c == ord("{") else b"]"):
                at += 1
            else:
                stack.append(value)
                if c == ord("{"):
                    key, at = _key(data, at)
                    keys.append(key)
                continue
        elif c == ord('"'):
            value, at = _string(data, at)
        elif c in b"-0123456789":
            value, at = _number(data, at)
        elif c in _LITERALS:
            value, at = _literal(data, at)
        else:
            raise _bad(data, at, "looking for beginning of value")
        # A value has ended: put it where it belongs, and close what closes.
        while True:
            at = _skip(data, at)
            if not stack:
                if at < len(data):
                    raise _bad(data, at, "after top-level value")
                return value
            holder = stack[-1]
            if at >= len(data):
                raise _end()
            c = data[at]
            at += 1
            if isinstance(holder, Pairs):
                holder.append((keys[-1], value))
                if c == ord(","):
                    keys[-1], at = _key(data, _skip(data, at))
                    break
                if c != ord("}"):
                    raise _bad(data, at - 1, "after object key:value pair")
                keys.pop()
            else:
                holder.append(value)
                if c == ord(","):
                    at = _skip(data, at)
                    break
                if c != ord("]"):
                    raise _bad(data, at - 1, "after array element")
            value = stack.pop()


def _key(data: bytes, at: int) -> tuple[str, int]:
    """The key at `at` and where its value begins."""
    if at >= len(data):
        raise _end()
    if data[at] != ord('"'):
        raise _bad(data, at, "looking for beginning of object key string")
    key, at = _string(data, at)
    at = _skip(data, at)
    if at >= len(data):
        raise _end()
    if data[at] != ord(":"):
        raise _bad(data, at, "after object key")
    return key, _skip(data, at + 1)
