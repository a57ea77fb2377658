"""Email addresses as Go's net/mail reads them: `a@b`, `Name <a@b>`, quotes, comments."""

from __future__ import annotations

import re
from typing import Final

from fakek8s.machinery.addresses import parse_sloppy

__all__ = ["is_email"]

_ATEXT: Final = r"[!#-'*+\-/-9=?A-Z^-~\x80-\U0010ffff]"
_QUOTED: Final = r'"(?:[ \t!#-\[\]-~\x80-\U0010ffff]|\\[ \t!-~\x80-\U0010ffff])*"'
_SPACE: Final = re.compile(r"[ \t]*")
_DOT_ATOM: Final = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*(?!\.)")
_LOCAL_QUOTED: Final = re.compile(_QUOTED)
_DOMAIN_LITERAL: Final = re.compile(r"\[([!-Z^-~\x80-\U0010ffff]*)\]")
_WORD: Final = re.compile(rf"{_QUOTED}|(?:{_ATEXT}|\.)+")


def is_email(text: str) -> bool:
    """Whether mail.ParseAddress accepts it (strfmt.IsEmail)."""
    end = _address(text, 0)
    if end is not None:
        end = _skip(text, end)
    return end == len(text)


def _spaces(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _address(text: str, at: int, *, groups: bool = True) -> int | None:
    """Where one address ends, None if there is none."""
    at = _spaces(text, at)
    end = _spec(text, at)
    if end is not None:
        return end
    named = _phrase(text, at)
    if groups and named > at and text.startswith(":", named):
        return _group(text, named + 1)
    if not text.startswith("<", named):
        return None
    end = _spec(text, named + 1)
    return end + 1 if end is not None and text.startswith(">", end) else None


def _group(text: str, at: int) -> int | None:
    """The rest of `name: a@b;`; only a group of one is an address."""
    end = _address(text, at, groups=False)
    if end is not None:
        end = _skip(text, end)
    return end + 1 if end is not None and text.startswith(";", end) else None


def _spec(text: str, at: int) -> int | None:
    at = _spaces(text, at)
    match = (_LOCAL_QUOTED if text.startswith('"', at) else _DOT_ATOM).match(text, at)
    if match is None or match[0] == '""' or not text.startswith("@", match.end()):
        return None
    at = _spaces(text, match.end() + 1)
    if text.startswith("[", at):
        literal = _DOMAIN_LITERAL.match(text, at)
        return literal.end() if literal and parse_sloppy(literal[1]) is not None else None
    domain = _DOT_ATOM.match(text, at)
    return domain.end() if domain else None


def _phrase(text: str, at: int) -> int:
    while match := _WORD.match(text, at):
        after = _skip(text, match.end())
        if after is None:
            return len(text)
        at = after
    return at


def _skip(text: str, at: int) -> int | None:
    """Past spaces and comments; None for a comment that doesn't end."""
    at = _spaces(text, at)
    while text.startswith("(", at):
        depth = 1
        at += 1
        while depth:
            if at >= len(text):
                return None
            if text[at] == "\\":
                at += 1
            elif text[at] in "()":
                depth += 1 if text[at] == "(" else -1
            at += 1
        at = _spaces(text, at)
    return at
