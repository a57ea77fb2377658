"""A rule's fieldPath: `.spec.ports['a']` to `spec.ports[a]`, if the schema has such a place.

Upstream: apiextensions pkg/apiserver/schema/cel, ValidFieldPath.
"""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["FieldPathError", "resolve"]

Object = dict[str, Any]

_TOKENS: Final = re.compile(r"'(?:[^'\\]|\\.)*'|[.\[\]]|[^.\[\]]+")
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'",
    "\\": "\\",
}  # fmt: skip


class FieldPathError(ValueError):
    """The path leads nowhere; the message is upstream's."""


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        found = _ESCAPES.get(match[1])
        if found is None:
            raise FieldPathError(f"invalid string literal: invalid escape char {match[0]}")
        return found

    return _ESCAPE.sub(one, text)


def resolve(path: str, schema: Object, *, arrays: bool = True) -> tuple[str, Object]:
    """The path as errors write it and the schema there. Raises FieldPathError.

    arrays: whether `['name']` is allowed.
    """
    tokens = _TOKENS.findall(path)
    found = ""
    at = 0

    def take() -> str:
        nonlocal at
        if at >= len(tokens):
            raise FieldPathError("unexpected end of JSON path")
        at += 1
        return str(tokens[at - 1])

    while at < len(tokens):
        mark = take()
        if mark == "[":
            if not arrays:
                raise FieldPathError("array notation is not allowed")
            text = take()
            if len(text) < 2 or text[0] != "'" or text[-1] != "'":
                raise FieldPathError(f"expected single quoted string but got {text}")
            name = _unescape(text[1:-1])
        elif mark == ".":
            name = take()
        else:
            raise FieldPathError(f"expected [ or . but got: {mark}")
        found, schema = _step(found, name, schema)
        if mark == "[":
            end = take()
            if end != "]":
                raise FieldPathError(f"expected ] but got {end}")
    return found, schema


def _step(path: str, name: str, schema: Object) -> tuple[str, Object]:
    properties = schema.get("properties")
    if properties:
        if name not in properties:
            raise FieldPathError("does not refer to a valid field")
        return f"{path}.{name}" if path else name, properties[name]
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        return f"{path}[{name}]", additional
    raise FieldPathError("does not refer to a valid field")
