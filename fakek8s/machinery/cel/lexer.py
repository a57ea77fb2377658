"""CEL's tokens (cel-go parser/gen/CEL.g4) and the values of its literals (unescape.go)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["LiteralError", "Token", "tokenize", "unescape"]

_ESCAPE: Final = (
    r"\\(?:[abfnrtv\"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
)
_QUOTED: Final = (
    rf'"""(?:{_ESCAPE}|[^\\])*?"""'
    rf"|'''(?:{_ESCAPE}|[^\\])*?'''"
    rf'|"(?:{_ESCAPE}|[^\\"\n\r])*"'
    rf"|'(?:{_ESCAPE}|[^\\'\n\r])*'"
    r'|[rR]"""[\s\S]*?"""'
    r"|[rR]'''[\s\S]*?'''"
    r'|[rR]"[^"\n\r]*"'
    r"|[rR]'[^'\n\r]*'"
)
_TOKENS: Final = re.compile(
    rf"""(?P<space>[\t \r\n\f]+|//[^\n]*)
    |(?P<bytes>[bB](?:{_QUOTED}))
    |(?P<string>{_QUOTED})
    |(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<uint>0x[0-9a-fA-F]+[uU]|[0-9]+[uU])
    |(?P<int>0x[0-9a-fA-F]+|[0-9]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quoted>`[A-Za-z0-9_.\-/\ ]+`)
    |(?P<op>==|!=|<=|>=|&&|\|\||[\[\]{{}}().,\-!?:+*/%<>])
    """.replace("\n    |", "|").strip(),
    re.ASCII,
)
_KEYWORDS: Final = frozenset({"in", "true", "false", "null"})
_SIMPLE: Final = {
    "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34,
    "`": 96, "?": 63,
}  # fmt: skip


class LiteralError(ValueError):
    """A string literal that lexes but means nothing; the message is upstream's."""


class Token(NamedTuple):
    """kind: name, string, int ...; operators and keywords are their own kind; `EOF` ends."""

    kind: str
    text: str
    at: int


def tokenize(text: str) -> tuple[list[Token], int | None]:
    """The tokens, and the offset of the first character that starts none, if there is one."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            found.append(Token("EOF", "<EOF>", at))
            return found, at
        kind = match.lastgroup or ""
        word = match[0]
        if kind == "op" or (kind == "name" and word in _KEYWORDS):
            kind = word
        if kind != "space":
            found.append(Token(kind, word, at))
        at = match.end()
    found.append(Token("EOF", "<EOF>", len(text)))
    return found, None


def unescape(text: str, *, as_bytes: bool) -> str | bytes:
    """What a string literal (without its `b`) stands for. Raises LiteralError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    raw = text[0] in "rR"
    if raw:
        text = text[1:]
    width = 3 if len(text) >= 6 and text[:3] in ('"""', "'''") else 1
    body = text[width:-width]
    if raw or "\\" not in body:
        return body.encode() if as_bytes else body
    pieces: list[str] = []
    octets = bytearray()
    at = 0
    while at < len(body):
        code, at, plain = _character(body, at, as_bytes=as_bytes)
        if as_bytes:
            octets += chr(code).encode() if plain else bytes([code & 0xFF])
        else:
            pieces.append(chr(code))
    return bytes(octets) if as_bytes else "".join(pieces)


def _character(body: str, at: int, *, as_bytes: bool) -> tuple[int, int, bool]:
    """The code, where it ends, and whether it stands for itself."""
    if body[at] != "\\":
        return ord(body[at]), at + 1, True
    letter = body[at + 1]
    if (simple := _SIMPLE.get(letter)) is not None:
        return simple, at + 2, True
    if letter in "01234567":
        code, end = int(body[at + 1 : at + 4], 8), at + 4
    else:
        if as_bytes and letter in "uU":
            raise LiteralError("unable to unescape string")
        width = {"x": 2, "X": 2, "u": 4, "U": 8}[letter]
        code, end = int(body[at + 2 : at + 2 + width], 16), at + 2 + width
    if not as_bytes and (code > 0x10FFFF or 0xD800 <= code <= 0xDFFF):
        raise LiteralError("invalid unicode code point")
    return code, end, False
