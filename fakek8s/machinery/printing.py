"""How Go prints values: `%q`, `%v`, `%s` and encoding/json, as upstream's messages show them.

Values are decoded JSON: dict, list, str, bool, int, float, None.
"""

from __future__ import annotations

import re
from typing import Any

_PLAIN = re.compile(r"[ !#-\[\]-~]*")  # printable ASCII but for the quote and the backslash
_QUOTE_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_JSON_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_JSON_SPECIAL = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_TYPE_NAMES: dict[type, str] = {
    dict: "map[string]interface {}",
    list: "[]interface {}",
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
}


def quote(text: str) -> str:
    r"""Quote as Go's strconv.Quote (`%q`) does.

    >>> print(quote('a "b"\n\x01é\u200b'))
    "a \"b\"\n\x01é\u200b"
    """
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(map(_quote_character, text)) + '"'


def _quote_character(character: str) -> str:
    if (escaped := _QUOTE_ESCAPES.get(character)) is not None:
        return escaped
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xD800 <= code < 0xE000:  # Go strings hold no surrogates
        return "\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _decimal_parts(number: float) -> tuple[str, str, int]:
    """Sign, shortest digits and the position of the decimal point: 1200.0 -> '', '12', 4."""
    mantissa, _, exponent = repr(number).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return sign, stripped.rstrip("0") or "0", point if stripped else 1


def _fixed(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


def _scientific(digits: str, point: int, width: int) -> str:
    exponent = point - 1
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):0{width}d}"


def float_text(number: float) -> str:
    """A float64 as `%v` prints it.

    >>> float_text(100000.5), float_text(1000000.0), float_text(0.00001)
    ('100000.5', '1e+06', '1e-05')
    """
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, point = _decimal_parts(number)
    if -4 <= point - 1 < 6:
        return sign + _fixed(digits, point)
    return sign + _scientific(digits, point, 2)


def json_float(number: float) -> str:
    """A float64 as Go's encoding/json writes it.

    >>> json_float(1.0), json_float(1e21), json_float(1e-7)
    ('1', '1e+21', '1e-7')
    """
    sign, digits, point = _decimal_parts(number)
    if digits == "0" or -6 <= point - 1 < 21:
        return sign + _fixed(digits, point)
    return sign + _scientific(digits, point, 1 if point - 1 > -10 and point < 1 else 2)


def json_string(text: str) -> str:
    """A string as Go's encoding/json writes it, HTML characters escaped."""
    return '"' + _JSON_SPECIAL.sub(_escape_json, text) + '"'


def _escape_json(match: re.Match[str]) -> str:
    character = match[0]
    if (escaped := _JSON_ESCAPES.get(character)) is not None:
        return escaped
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return f"\\u{ord(character):04x}"


def json_text(value: Any) -> str:
    """Compact JSON as Go's json.Marshal writes it; dicts keep their order."""
    if isinstance(value, str):
        return json_string(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return json_float(value)
    if isinstance(value, dict):
        inner = ",".join(f"{json_string(key)}:{json_text(item)}" for key, item in value.items())
        return "{" + inner + "}"
    return "[" + ",".join(map(json_text, value)) + "]"


def bad_value(value: Any) -> str:
    """A value as a field error shows it after its type (field.Error.ErrorBody).

    >>> bad_value("x"), bad_value(7), bad_value(None), bad_value(["a"])
    ('"x"', '7', 'null', '["a"]')
    """
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, float):
        return float_text(value)
    return json_text(value)


def go_value(value: Any) -> str:
    """A value as `%v` prints it: `map[a:1 b:[x y]]`, `<nil>`; map keys are sorted."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value)) + "]"
    return "[" + " ".join(map(go_value, value)) + "]"


def go_string(value: Any) -> str:
    """A value as `%s` prints it: Go marks what is no string, `%!s(int64=5)`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, dict):
        return (
            "map[" + " ".join(f"{key}:{_nested_string(value[key])}" for key in sorted(value)) + "]"
        )
    if isinstance(value, list):
        return "[" + " ".join(map(_nested_string, value)) + "]"
    return f"%!s({_TYPE_NAMES[type(value)]}={go_value(value)})"


def _nested_string(value: Any) -> str:
    return "<nil>" if value is None else go_string(value)


def go_type(value: Any) -> str:
    """The Go type of a decoded JSON value, as `%s` prints a reflect.Type."""
    return "%!s(<nil>)" if value is None else _TYPE_NAMES[type(value)]
