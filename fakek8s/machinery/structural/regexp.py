"""Go's regular expressions (RE2 syntax) as Python's, and Go's messages for broken ones.

A schema's `pattern` is written for Go's package regexp: `$` is the end of the text, `\\d` is
ASCII, `\\z` and `[[:alpha:]]` exist, look-around and back-references don't.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from fakek8s.machinery.structural.charclass import (
    PERL,
    POSIX,
    TOP,
    Ranges,
    character,
    class_text,
    complement,
    unicode_ranges,
)

__all__ = ["RegexpError", "compile_regexp"]


_CONTROL: Final = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_REPEAT: Final = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_HEX: Final = re.compile(r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\}")
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


class _Parser:
    """One pass over the text that writes Python's syntax.

    flags: the letters of `i`, `m`, `s`, `U` that hold here; a group restores them at its end.
    times: the count of the last repetition. weight: how often the last piece's innermost part may
    be repeated, counts multiplied, which Go limits.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flags: frozenset[str] = frozenset()
        self.weight = 1
        self.times = 1

    def parse(self) -> str:
        found = self.alternatives()
        if self.at < len(self.text):
            raise RegexpError("unexpected )", self.text)
        return found

    def rest(self) -> str:
        return self.text[self.at :]

    def alternatives(self) -> str:
        branches = [self.sequence()]
        weight = self.weight
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self.sequence())
            weight = max(weight, self.weight)
        self.weight = weight
        return "|".join(branches)

    def sequence(self) -> str:
        pieces: list[str] = []
        repeatable = False
        last = -1  # where the last repetition operator began, if it ended just here
        weight = 1
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
                self.weight *= self.times
                if self.times > 1 and self.weight > _LIMIT:
                    raise RegexpError("invalid repeat count", self.text[start : self.at])
                weight = max(weight, self.weight)
                pieces[-1] = f"(?:{pieces[-1]}){operator}"
                last = start
                continue
            last = -1
            found = self.quoted() if self.text.startswith("\\Q", start) else self.atom()
            if found:
                pieces += found
                repeatable = True
                weight = max(weight, self.weight)
        self.weight = weight
        return "".join(pieces)

    def quoted(self) -> list[str]:
        """`\\Q...\\E`, character by character."""
        self.weight = 1
        text, end, _ = self.text[self.at + 2 :].partition("\\E")
        self.at += 2 + len(text) + len(end)
        return [self.folded(re.escape(character)) for character in text]

    def operator(self) -> str:
        """A repetition operator if one stands here, lazy or not as flags and `?` say."""
        character = self.text[self.at]
        self.times = 1
        if character in "*+?":
            found = character
            self.at += 1
        elif character == "{" and (match := _REPEAT.match(self.text, self.at)):
            low, high = int(match[1]), int(match[3]) if match[3] else None
            if low > _LIMIT or (high is not None and (high > _LIMIT or high < low)):
                raise RegexpError("invalid repeat count", match[0])
            found = match[0]
            self.times = max((low if high is None else high), 1)
            self.at = match.end()
        else:
            return ""
        lazy = "U" in self.flags
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
            lazy = not lazy
        return found + "?" * lazy

    def atom(self) -> list[str]:
        """One piece, or none for a group that only sets flags."""
        character = self.text[self.at]
        if character == "(":
            group = self.group()
            return [] if group is None else [group]
        self.weight = 1
        return [self.single(character)]

    def single(self, character: str) -> str:
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
            if named:
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
                raise RegexpError("invalid or unsupported Perl syntax", self.text[start : self.at])
        raise RegexpError("invalid or unsupported Perl syntax", self.text[start:])

    def escape(self) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        if following in ("A", "b", "B", "z"):
            self.at += 2
            return {"A": r"\A", "b": r"(?a:\b)", "B": r"(?a:\B)", "z": r"\Z"}[following]
        ranges = self.class_escape()
        if ranges is not None:
            return self.folded(class_text(ranges, negated=False))
        return self.folded(character(self.character_escape()))

    def class_escape(self) -> Ranges | None:
        """`\\d`, `\\pL`, `\\P{Greek}`; None if no class stands here."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter and letter.lower() in PERL:
            self.at += 2
            ranges = list(PERL[letter.lower()])
            return complement(ranges) if letter.isupper() else ranges
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
        found = unicode_ranges(name.removeprefix("^")) if name else None
        if found is None:
            raise RegexpError("invalid character class range", self.text[start : self.at])
        return complement(list(found)) if negated else list(found)

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
            return self.hexadecimal(start)
        if character in _CONTROL:
            return _CONTROL[character]
        if ord(character) < 128 and not character.isalnum():
            return ord(character)
        raise RegexpError("invalid escape sequence", self.text[start : self.at])

    def hexadecimal(self, start: int) -> int:
        match = _HEX.match(self.text, self.at)
        code = int(match[1] or match[2], 16) if match else 0
        if match is not None and code <= TOP:
            self.at = match.end()
            return code
        # As far as Go reads before it gives up.
        braced = re.compile(r"\{[0-9A-Fa-f]*").match(self.text, self.at)
        if braced is None:
            end = self.at + (2 if self.text[self.at : self.at + 1] else 0)
        elif match is not None:
            end = (
                self.at
                + 1
                + next(n for n in range(1, len(braced[0])) if int(braced[0][1 : n + 1], 16) > TOP)
            )
        else:
            end = braced.end() + 1
        raise RegexpError("invalid escape sequence", self.text[start:end])

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
        return class_text(ranges, negated=negated)

    def posix(self, ranges: Ranges) -> bool:
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            return False
        name = self.text[self.at + 2 : end]
        known = POSIX.get(name.removeprefix("^"))
        if known is None:
            raise RegexpError("invalid character class range", self.text[self.at : end + 2])
        ranges += complement(list(known)) if name.startswith("^") else known
        self.at = end + 2
        return True

    def range(self, start: int) -> tuple[int, int]:
        begin = self.at
        low = self.class_character(start)
        if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in (
            "]",
            "",
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
