"""Which plain scalar is what in YAML 1.1, by go-yaml v2, and how Go prints floats there."""

from __future__ import annotations

import math
import re
import struct
from typing import Any, Final

__all__ = ["BINARY", "MERGE", "STR", "YAMLError", "go_g", "resolve"]

STR: Final = "tag:yaml.org,2002:str"
MERGE: Final = "tag:yaml.org,2002:merge"
BINARY: Final = "tag:yaml.org,2002:binary"
_FLOAT_TAG: Final = "tag:yaml.org,2002:float"
_INT_TAG: Final = "tag:yaml.org,2002:int"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_BOOL: Final = "tag:yaml.org,2002:bool"
_NULL: Final = "tag:yaml.org,2002:null"
_RESOLVABLE: Final = frozenset(("", STR, _BOOL, _INT_TAG, _FLOAT_TAG, _NULL, _TIMESTAMP))

_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_POINT_FLOAT = re.compile(r"\.[0-9]+(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII)
_STAMP = re.compile(
    r"[0-9]{4}-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2}))"
    r"| ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?",
    re.ASCII,
)


def _words() -> dict[str, tuple[str, Any]]:
    table: dict[str, tuple[str, Any]] = {}
    for value, words in ((True, "y yes true on"), (False, "n no false off")):
        for word in words.split():
            for form in (word, word.capitalize(), word.upper()):
                table[form] = (_BOOL, value)
    for form in ("", "~", "null", "Null", "NULL"):
        table[form] = (_NULL, None)
    for form in ("nan", "NaN", "NAN"):
        table[f".{form}"] = (_FLOAT_TAG, math.nan)
    for form in ("inf", "Inf", "INF"):
        table[f".{form}"] = table[f"+.{form}"] = (_FLOAT_TAG, math.inf)
        table[f"-.{form}"] = (_FLOAT_TAG, -math.inf)
    return table


_WORDS: Final = _words()
_HINTS: Final = frozenset("+-0123456789yYnNtTfFoO~.")


class YAMLError(ValueError):
    """The text is no YAML, or holds what JSON can't; the message is go-yaml's (`yaml: line 2:
    ...`).
    """


def _integer(text: str) -> int | None:
    """strconv.ParseInt or ParseUint with base 0."""
    found = _INT.fullmatch(text)
    if found is None:
        return None
    digits = found[2]
    if digits[:1] == "0" and digits[1:2].isdigit():
        digits = "0o" + digits[1:]
    value = int(digits, 0)
    if found[1] == "-":
        return -value if value <= 2**63 else None
    return value if value < 2**63 or (not found[1] and value < 2**64) else None


def _is_stamp(text: str) -> bool:
    found = _STAMP.fullmatch(text)
    if found is None:
        return False
    month, day = int(found[1]), int(found[2])
    hour, minute, second = (int(found[i] or found[i + 3] or 0) for i in (3, 4, 5))
    return 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60


def resolve(text: str, tag: str = "") -> tuple[str, Any]:
    """The tag and value of a plain scalar (go-yaml v2 resolve.go)."""
    if tag not in _RESOLVABLE:
        return tag, text
    found, value = _resolve(text, tag)
    if tag in ("", found, STR):
        return found, value
    if tag == _FLOAT_TAG and found == _INT_TAG:
        return tag, float(value)
    short = {t: "!!" + t.rpartition(":")[2] for t in (found, tag)}
    raise YAMLError(f"yaml: cannot decode {short[found]} `{text}` as a {short[tag]}")


def _resolve(text: str, tag: str) -> tuple[str, Any]:
    if tag == STR or (text and text[0] not in _HINTS):
        return STR, text
    word = _WORDS.get(text)
    if word is not None:
        return word
    first = text[0]
    if first == "." and _POINT_FLOAT.fullmatch(text):
        return _FLOAT_TAG, float(text)
    if first in "+-0123456789":
        if tag in ("", _TIMESTAMP) and _is_stamp(text):
            return _TIMESTAMP, text
        plain = text.replace("_", "")
        whole = _integer(plain)
        if whole is not None:
            return _INT_TAG, whole
        if _FLOAT.fullmatch(plain) and math.isfinite(float(plain)):
            return _FLOAT_TAG, float(plain)
    return STR, text


def go_g(value: float, *, single: bool = False) -> str:
    """strconv.FormatFloat(value, 'g', -1, 64); 32 bits if `single`."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if single:
        try:
            near = struct.unpack("f", struct.pack("f", value))[0]
        except OverflowError:
            return ".inf" if value > 0 else "-.inf"
        texts = (f"{near:.{n}e}" for n in range(9))
        text = next(t for t in texts if struct.unpack("f", struct.pack("f", float(t)))[0] == near)
    else:
        texts = (f"{value:.{n}e}" for n in range(17))
        text = next((t for t in texts if float(t) == value), f"{value:.17e}")
    mantissa, _, exponent = text.partition("e")
    power, digits = int(exponent), len(mantissa.lstrip("-").replace(".", ""))
    # For the shortest form %g goes over to an exponent below -4 and from 6 on.
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return f"{float(text):.{max(digits - 1 - power, 0)}f}"
