"""Path elements: how one step of a field path is written, read and ordered.

`f:name` a field, `k:{"name":"c"}` an item of a list map, `v:"x"` an item of a set, `i:0` an
index (sigs.k8s.io/structured-merge-diff fieldpath, serialize-pe.go). The written form is the
element: two elements are equal when their strings are.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.printing import quote
from fakek8s.machinery.schema.node import UNSET

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema

_UNSAFE: Final = re.compile(r'["\\<>&\x00-\x1f\u2028\u2029]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_RANK: Final = {"f": 0, "k": 1, "v": 2, "i": 3}


class Mismatch(ValueError):
    """A value that can't be what its schema says (an item without keys, an undeclared field)."""


class Unconvertible(Mismatch):
    """An object that does not fit the schema of another version of its kind."""

    def within(self, step: str) -> Unconvertible:
        """The same, with what could not be done for it in front."""
        return Unconvertible(f"{step}: {self}")


class InvalidElement(ValueError):
    """A string that is no path element."""


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or f"\\u{ord(char):04x}"


def _number(value: float) -> str:
    """A float as encoding/json writes it."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if 1e-6 <= abs(value) < 1e21:
        text = repr(value)
        if "e" in text:
            text = f"{value:.30f}".rstrip("0")
        return text.removesuffix(".0").rstrip(".")
    mantissa, _, exponent = repr(value).partition("e")
    sign, digits = exponent[0] if exponent[0] in "+-" else "+", exponent.lstrip("+-")
    return f"{mantissa.removesuffix('.0')}e{sign}{digits.lstrip('0')}"


#: What stands for values that JSON has nothing for.
_UNDEFINED = "{{undefined}}"


class Foreign:
    """A value of Go's that JSON has nothing for, as fmt shows it: %v, %#v and %T."""

    __slots__ = ("plain", "syntax", "type")

    def __init__(self, plain: str, syntax: str, type: str) -> None:
        self.plain = plain
        self.syntax = syntax
        self.type = type


def written(value: Any) -> str:
    """A value inside an element: compact JSON, HTML-escaped, map keys sorted."""
    if value.__class__ is str:
        return f'"{_UNSAFE.sub(_escape, value)}"' if _UNSAFE.search(value) else f'"{value}"'
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{written(k)}:{written(value[k])}' for k in sorted(value))}}}"
    if isinstance(value, Foreign):
        return _UNDEFINED
    raise TypeError(type(value).__name__)


def item(schema: Schema, value: Any) -> str:
    """The element of an item of an associative list; raises Mismatch if it can't have one."""
    if schema.list_type == "set":
        if isinstance(value, dict):
            raise Mismatch("associative list without keys has an element that's a map type")
        if isinstance(value, list):
            raise Mismatch("not supported: associative list with lists as elements")
        if value is None:
            raise Mismatch("associative list without keys has an element that's an explicit null")
        return "v:" + written(value)
    if value is None:
        raise Mismatch("associative list with keys may not have a null element")
    if not isinstance(value, dict):
        raise Mismatch("associative list with keys may not have non-map elements")
    parts = []
    for name, default in schema.keys:
        key = value.get(name, default)
        if key is not UNSET and (key is not None or name in value):
            # Names of keys are plain words.
            parts.append(f'"{name}":{written(key)}')
    if not parts:
        raise Mismatch(
            f"associative list with keys has an element that omits all key fields "
            f"[{' '.join(quote(name) for name, _ in schema.keys)}] "
            "(and doesn't have default values for any key fields)"
        )
    return f"k:{{{','.join(parts)}}}"


def parsed(text: str) -> str | None:
    """An element as somebody wrote it, in our spelling; None for types we don't know.

    Raises InvalidElement (fieldpath.DeserializePathElement).
    """
    kind, content = text[:2], text[2:]
    if len(kind) < 2 or kind[1] != ":":
        raise InvalidElement(text)
    if kind == "f:":
        return text
    if kind not in ("k:", "v:", "i:"):
        return None
    try:
        if kind == "i:":
            return f"i:{int(content)}"
        value = json.loads(content)
    except ValueError as error:
        raise InvalidElement(text) from error
    if kind == "v:":
        return "v:" + written(value)
    if not isinstance(value, dict):
        raise InvalidElement(text)
    return "k:" + written(value)


def value_order(value: Any) -> tuple[int, Any]:
    """A sort key for any JSON value (value.Compare): numbers, strings, booleans, lists, maps."""
    if value is None:
        return 5, 0
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value
    if isinstance(value, list):
        return 3, [value_order(v) for v in value]
    return 4, [(k, value_order(value[k])) for k in sorted(value)]


def order(element: str) -> tuple[int, Any]:
    """A sort key for elements (PathElement.Compare): fields, keys, values, indexes."""
    kind = element[0]
    content = element[2:]
    rank = _RANK[kind]
    if kind == "f":
        return rank, content
    if kind == "i":
        return rank, int(content)
    value = json.loads(content)
    if kind == "k":
        return rank, [(name, value_order(value[name])) for name in sorted(value)]
    return rank, value_order(value)


def fields_of_key(element: str) -> dict[str, Any]:
    """The keys that a `k:` element names."""
    found: dict[str, Any] = json.loads(element[2:])
    return found


def value_of(element: str) -> Any:
    """The value that a `v:` element names."""
    return json.loads(element[2:])


def _shown(value: Any) -> str:
    if isinstance(value, str):
        # Go's %q; JSON's spelling agrees with it for what keys hold.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return "".join(f"{k}={_shown(v)}" for k, v in value.items())
    return written(value)


def shown(element: str) -> str:
    """An element as messages show it: `.name`, `[name="c"]`, `[="x"]`, `[0]`."""
    kind, content = element[0], element[2:]
    if kind == "f":
        return "." + content
    if kind == "k":
        pairs = fields_of_key(element)
        return f"[{','.join(f'{k}={_shown(v)}' for k, v in pairs.items())}]"
    if kind == "v":
        return f"[={content if content == _UNDEFINED else _shown(value_of(element))}]"
    return f"[{content}]"
