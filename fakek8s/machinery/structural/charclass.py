"""Classes of characters in Go's regular expressions, as ranges of code points."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = [
    "PERL",
    "POSIX",
    "TOP",
    "Ranges",
    "character",
    "class_text",
    "complement",
    "unicode_ranges",
]

Ranges = list[tuple[int, int]]

TOP: Final = 0x10FFFF
_DIGIT: Final = ((48, 57),)
_SPACE: Final = ((9, 10), (12, 13), (32, 32))
_WORD: Final = ((48, 57), (65, 90), (95, 95), (97, 122))
PERL: Final = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
POSIX: Final = {
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


def complement(ranges: Ranges) -> Ranges:
    """All characters but these."""
    found: Ranges = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= TOP:
        found.append((start, TOP))
    return found


@lru_cache(maxsize=64)
def unicode_ranges(name: str) -> tuple[tuple[int, int], ...] | None:
    """A general category (`L`, `Lu`) or a script, by the names of its characters."""
    if name == "Any":
        return ((0, TOP),)
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


def character(code: int) -> str:
    """One character as Python's syntax has it, in a class or outside."""
    return re.escape(chr(code)) if code < 128 else f"\\U{code:08x}"


def class_text(ranges: Ranges, *, negated: bool) -> str:
    """The class of these characters, or of all but them, in Python's syntax."""
    parts = [
        character(low) if low == high else f"{character(low)}-{character(high)}"
        for low, high in ranges
    ]
    if not parts:
        return r"[\s\S]" if negated else r"[^\s\S]"
    return f"[{'^' if negated else ''}{''.join(parts)}]"
