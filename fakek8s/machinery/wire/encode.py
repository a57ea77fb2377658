"""JSON bodies out: orjson where it agrees with Go, the exact slow way where it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ExactFloat", "dump", "dump_pretty", "go_float", "number_text"]


class ExactFloat(float):
    """A float that is written otherwise than orjson would: with the text that it carries."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str = "") -> ExactFloat:
        """`text` defaults to Go's."""
        made = super().__new__(cls, value)
        made.text = text or go_float(value)
        return made


def go_float(value: float) -> str:
    """A float64 as encoding/json writes it (floatEncoder).

    >>> go_float(1.0), go_float(1e21), go_float(1e-7), go_float(123456789012345680.0),
    go_float(-0.0) ('1', '1e+21', '1e-7', '123456789012345680', '-0')
    """
    if value == 0:
        return "-0" if str(value)[0] == "-" else "0"
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    if 1e-6 <= abs(value) < 1e21:
        if not exponent:
            return digits.removesuffix(".0")
        sign, mantissa = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
        whole, _, part = mantissa.partition(".")
        shift = int(exponent)
        if shift < 0:
            return f"{sign}0.{'0' * (-shift - 1)}{whole}{part}"
        return f"{sign}{whole}{part}{'0' * (shift - len(part))}"
    if not exponent:
        mantissa, _, exponent = f"{value:e}".partition("e")
        for places in range(17):
            short = f"{value:.{places}e}"
            if float(short) == value:
                mantissa, _, exponent = short.partition("e")
                break
    power = int(exponent)
    return f"{mantissa.removesuffix('.0')}e{'+' if power > 0 else '-'}{abs(power)}"


_ESCAPES: Final = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)


def number_text(value: Any) -> Any:
    """What orjson cannot write itself: numbers with a text of their own."""
    if isinstance(value, ExactFloat):
        return orjson.Fragment(value.text.encode())
    raise TypeError(f"{type(value).__name__} is no JSON")


def _escape(text: bytes) -> bytes:
    # Single bytes are found several times faster than the two that tell for sure.
    if b"<" in text or b">" in text or b"&" in text or (b"\xe2" in text and b"\xe2\x80" in text):
        # Such characters stand only within strings, so a plain replacement is right.
        for plain_form, escaped in _ESCAPES:
            text = text.replace(plain_form, escaped)
    return text


def dump(value: Any) -> bytes:
    """A canonical value as Go's encoder writes it, without the newline at its end."""
    try:
        return _escape(orjson.dumps(value, number_text))
    except (orjson.JSONEncodeError, TypeError):
        return _escape("".join(_pieces(value, "")).encode())


def dump_pretty(value: Any) -> bytes:
    """The same with two-space indent, without a newline at the end (json.MarshalIndent)."""
    try:
        return _escape(orjson.dumps(value, number_text, orjson.OPT_INDENT_2))
    except (orjson.JSONEncodeError, TypeError):
        return _escape("".join(_pieces(value, "\n")).encode())


def _scalar(value: Any) -> str:
    if isinstance(value, ExactFloat):
        return value.text
    if value.__class__ is int:
        return str(value)
    if value.__class__ is float:
        return go_float(value)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return orjson.dumps(value).decode()


def _pieces(value: Any, newline: str) -> Iterable[str]:
    """The text of a value that orjson refuses (deep, or with integers beyond 64 bits). newline: ""
    for compact.
    """
    closers: list[tuple[Any, str]] = []
    after = ": " if newline else ":"

    def opened(held: Any) -> str:
        if not held and held.__class__ in (dict, list):
            return "{}" if held.__class__ is dict else "[]"
        if held.__class__ is dict:
            closers.append((iter(held.items()), "}"))
            return "{"
        if held.__class__ is list:
            closers.append((iter(held), "]"))
            return "["
        return _scalar(held)

    yield opened(value)
    first = True
    while closers:
        items, closer = closers[-1]
        depth = len(closers)
        item = next(items, closers)
        if item is closers:
            closers.pop()
            yield (newline + "  " * (depth - 1) if newline else "") + closer
            first = False
            continue
        lead = ("" if first else ",") + (newline + "  " * depth if newline else "")
        if closer == "}":
            yield lead + _scalar(item[0]) + after
            item = item[1]
        else:
            yield lead
        yield opened(item)
        first = len(closers) > depth
