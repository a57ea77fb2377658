"""Go's regular expressions (RE2 syntax) as Python's, and Go's messages for broken ones.

A schema's `pattern` is written for Go's package regexp: `$` is the end of the text, `\\d` is
ASCII, `\\z` and `[[:alpha:]]` exist, look-around and back-references don't.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["RegexpError", "compile_regexp"]

Ranges = list[tuple[int, int]]

_TOP: Final = 0x10FFFF
_DIGIT: Final = ((48, 57),)
_SPACE: Final = ((9, 10), (12, 13), (32, 32))
_WORD: Final = ((48, 57), (65, 90), (95, 95), (97, 122))
_PERL: Final = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX: Final = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CONTROL: Final = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_REPEAT: Final = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_NAME: Final = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_LIMIT: Final = 1000


class RegexpError(ValueError):
    """The text is no regular expression to Go; the message is that of regexp.Compile."""

    def __init__(self, problem: str, at: str) -> None:
        super().__init__(f"error parsing regexp: {problem}: `{at}`")


@lru_cache(maxsize=4096)
def compile_regexp(pattern: str) -> re.Pattern[str]:
    """The Python pattern whose `search` finds what Go's MatchString finds.

    Raises RegexpError.

    >>> compile_regexp(r"^[[:alpha:]]+\\z").search("abc") is not None
    True
    """
    return re.compile(_Parser(pattern).parse())


def _complement(ranges: Ranges) -> Ranges:
    found: Ranges = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _TOP:
        found.append((start, _TOP))
    return found


@lru_cache(maxsize=64)
def _unicode_ranges(name: str) -> tuple[tuple[int, int], ...] | None:
    """A general category (`L`, `Lu`) or a script, by the names of its characters."""
    if name == "Any":
        return ((0, _TOP),)
    by_category = len(name) <= 2
    prefix = "CJK" if name == "Han" else name.upper().replace("_", " ")
    found: Ranges = []
    # Beyond these planes there is only private use and nothing.
    for code in (*range(0x32400), *range(0xE0000, 0xE0200)):
        character = chr(code)
        if by_category:
            inside = unicodedata.category(character).startswith(name)
        else:
            inside = unicodedata.name(character, "").startswith(prefix + " ")
        if inside:
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    return tuple(found) or None


def _character(code: int) -> str:
    return re.escape(chr(code)) if code < 128 else f"\\U{code:08x}"


def _class_text(ranges: Ranges, *, negated: bool) -> str:
    parts = [
        _character(low) if low == high else f"{_character(low)}-{_character(high)}"
        for low, high in ranges
    ]
    if not parts:
        return r"[\s\S]" if negated else r"[^\s\S]"
    return f"[{'^' if negated else ''}{''.join(parts)}]"


class _Parser:
    """One pass over the text that writes Python's syntax.

    flags: the letters of `i`, `m`, `s`, `U` that hold here; a group restores them at its end.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flags: frozenset[str] = frozenset()

    def parse(self) -> str:
        found = self.alternatives()
        if self.at < len(self.text):
            raise RegexpError("unexpected )", self.text)
        return found

    def rest(self) -> str:
        return self.text[self.at :]

    def alternatives(self) -> str:
        branches = [self.sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self.sequence())
        return "|".join(branches)

    def sequence(self) -> str:
        pieces: list[str] = []
        repeatable = False
        last = -1  # where the last repetition operator began, if it ended just here
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            start = self.at
            operator = self.operator()
            if operator:
                if not repeatable:
                    raise RegexpError(
                        "missing argument to repetition operator", self.text[start : self.at]
                    )
                if last >= 0:
                    raise RegexpError(
                        "invalid nested repetition operator", self.text[last : self.at]
                    )
                pieces[-1] = f"(?:{pieces[-1]}){operator}"
                last = start
                continue
            last = -1
            piece = self.atom()
            if piece is not None:
                pieces.append(piece)
                repeatable = True
        return "".join(pieces)

    def operator(self) -> str:
        """A repetition operator if one stands here, lazy or not as flags and `?` say."""
        character = self.text[self.at]
        if character in "*+?":
            found = character
            self.at += 1
        elif character == "{" and (match := _REPEAT.match(self.text, self.at)):
            low, high = int(match[1]), int(match[3]) if match[3] else None
            if low > _LIMIT or (high is not None and (high > _LIMIT or high < low)):
                raise RegexpError("invalid repeat count", match[0])
            found = match[0]
            self.at = match.end()
        else:
            return ""
        lazy = "U" in self.flags
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
            lazy = not lazy
        return found + "?" * lazy

    def atom(self) -> str | None:
        character = self.text[self.at]
        if character == "(":
            return self.group()
        if character == "[":
            return self.folded(self.bracket())
        if character == "\\":
            return self.escape()
        self.at += 1
        if character == ".":
            return r"[\s\S]" if "s" in self.flags else "."
        if character == "^":
            return "(?m:^)" if "m" in self.flags else r"\A"
        if character == "$":
            return "(?m:$)" if "m" in self.flags else r"\Z"
        return self.folded(re.escape(character))

    def folded(self, piece: str) -> str:
        return f"(?i:{piece})" if "i" in self.flags else piece

    def group(self) -> str | None:
        outer = self.flags
        opening = "("
        if self.text.startswith("(?", self.at):
            named = re.match(r"\(\?P?<", self.rest())
            if named and self.text[self.at + named.end() : self.at + named.end() + 1] not in (
                "=",
                "!",
            ):
                self.name(self.at + named.end())
            elif not self.set_flags():
                return None
            else:
                opening = "(?:"
        else:
            self.at += 1
        body = self.alternatives()
        if self.text[self.at : self.at + 1] != ")":
            raise RegexpError("missing closing )", self.text)
        self.at += 1
        self.flags = outer
        return f"{opening}{body})"

    def name(self, start: int) -> None:
        end = self.text.find(">", start)
        if end < 0:
            raise RegexpError("invalid named capture", self.rest())
        name = self.text[start:end]
        if not _NAME.fullmatch(name):
            raise RegexpError("invalid named capture", self.text[self.at : end + 1])
        self.at = end + 1

    def set_flags(self) -> bool:
        """Reads `(?i-s` up to its `:` (True: a group begins) or `)` (False)."""
        start = self.at
        flags, sign, seen = set(self.flags), 1, False
        self.at += 2
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character in "imsU":
                (flags.add if sign > 0 else flags.discard)(character)
                seen = True
            elif character == "-" and sign > 0:
                sign, seen = -1, False
            elif character in ":)" and (sign > 0 or seen):
                self.flags = frozenset(flags)
                return character == ":"
            else:
                raise RegexpError(
                    "invalid or unsupported Perl syntax", self.text[start : self.at]
                )
        raise RegexpError("invalid or unsupported Perl syntax", self.text[start:])

    def escape(self) -> str:
        if self.text.startswith("\\Q", self.at):
            quoted, found, _ = self.text[self.at + 2 :].partition("\\E")
            self.at += 2 + len(quoted) + len("\\E") * bool(found)
            return self.folded(re.escape(quoted)) if quoted else "(?:)"
        following = self.text[self.at + 1 : self.at + 2]
        if following in ("A", "b", "B", "z"):
            self.at += 2
            return {"A": r"\A", "b": r"(?a:\b)", "B": r"(?a:\B)", "z": r"\Z"}[following]
        ranges = self.class_escape()
        if ranges is not None:
            return self.folded(_class_text(ranges, negated=False))
        return self.folded(_character(self.character_escape()))

    def class_escape(self) -> Ranges | None:
        """`\\d`, `\\pL`, `\\P{Greek}`; None if no class stands here."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter and letter.lower() in _PERL:
            self.at += 2
            ranges = list(_PERL[letter.lower()])
            return _complement(ranges) if letter.isupper() else ranges
        if letter not in ("p", "P"):
            return None
        start = self.at
        self.at += 2
        if self.text[self.at : self.at + 1] == "{":
            end = self.text.find("}", self.at)
            if end < 0:
                raise RegexpError("invalid character class range", self.text[start:])
            name = self.text[self.at + 1 : end]
            self.at = end + 1
        else:
            name = self.text[self.at : self.at + 1]
            self.at += 1
        negated = (letter == "P") != name.startswith("^")
        found = _unicode_ranges(name.removeprefix("^")) if name else None
        if found is None:
            raise RegexpError("invalid character class range", self.text[start : self.at])
        return _complement(list(found)) if negated else list(found)

    def character_escape(self) -> int:
        start = self.at
        if self.at + 1 >= len(self.text):
            raise RegexpError("trailing backslash at end of expression", "")
        character = self.text[self.at + 1]
        self.at += 2
        if character in "1234567" and self.text[self.at : self.at + 1] not in (*"01234567",):
            raise RegexpError("invalid escape sequence", self.text[start : self.at])
        if character in "01234567":
            digits = re.compile("[0-7]{0,2}").match(self.text, self.at)
            more = digits[0] if digits else ""
            self.at += len(more)
            return int(character + more, 8)
        if character == "x":
            match = re.compile(r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\}").match(self.text, self.at)
            code = int(match[1] or match[2], 16) if match else _TOP + 1
            if match is None or code > _TOP:
                raise RegexpError("invalid escape sequence", self.text[start : self.at + 1])
            self.at = match.end()
            return code
        if character in _CONTROL:
            return _CONTROL[character]
        if ord(character) < 128 and not character.isalnum():
            return ord(character)
        raise RegexpError("invalid escape sequence", self.text[start : self.at])

    def bracket(self) -> str:
        start = self.at
        self.at += 1
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        ranges: Ranges = []
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            if self.at >= len(self.text):
                raise RegexpError("missing closing ]", self.text[start:])
            first = False
            if self.text.startswith("[:", self.at) and self.posix(ranges):
                continue
            if self.text[self.at] == "\\" and (found := self.class_escape()) is not None:
                ranges += found
                continue
            ranges.append(self.range(start))
        self.at += 1
        return _class_text(ranges, negated=negated)

    def posix(self, ranges: Ranges) -> bool:
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            return False
        name = self.text[self.at + 2 : end]
        known = _POSIX.get(name.removeprefix("^"))
        if known is None:
            raise RegexpError("invalid character class range", self.text[self.at : end + 2])
        ranges += _complement(list(known)) if name.startswith("^") else known
        self.at = end + 2
        return True

    def range(self, start: int) -> tuple[int, int]:
        begin = self.at
        low = self.class_character(start)
        if (
            self.text[self.at : self.at + 1] == "-"
            and self.text[self.at + 1 : self.at + 2] not in ("]", "")
        ):
            self.at += 1
            high = self.class_character(start)
            if high < low:
                raise RegexpError("invalid character class range", self.text[begin : self.at])
            return low, high
        return low, low

    def class_character(self, start: int) -> int:
        if self.at >= len(self.text):
            raise RegexpError("missing closing ]", self.text[start:])
        if self.text[self.at] == "\\":
            return self.character_escape()
        self.at += 1
        return ord(self.text[self.at - 1])
