"""Paths into a schema, as selectable fields and rules' fieldPath name them: `.spec.x['a b']`.

Upstream: apiextensions pkg/apiserver/schema/cel/validation.go (ValidFieldPath).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.causes import child, key

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FieldPathError", "follow"]

Object = dict[str, Any]

_TOKEN: Final = re.compile(r"'(?:.*?[^\\])'|'.*\Z|[.\[\]]|[^.\[\]]+", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = dict(zip("abfnrtv'\\", "\a\b\f\n\r\t\v'\\", strict=True))
_NO_FIELD: Final = "does not refer to a valid field"


class FieldPathError(ValueError):
    """The path names no field of the schema; the message is upstream's."""


def follow(path: str, schema: Object, *, arrays: bool = True) -> tuple[str, Object]:
    """The path as field errors print it, and the schema found there.

    arrays: whether `['name']` may be used. Raises FieldPathError.
    """
    found, place = "", schema
    tokens = _tokens(path)
    for token in tokens:
        if token == "[":
            if not arrays:
                raise FieldPathError("array notation is not allowed")
            name = _quoted(_next(tokens))
            found, place = _step(found, place, name)
            closing = _next(tokens)
            if closing != "]":
                raise FieldPathError(f"expected ] but got {closing}")
        elif token == ".":
            found, place = _step(found, place, _next(tokens))
        else:
            raise FieldPathError(f"expected [ or . but got: {token}")
    return found, place


def _tokens(path: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.finditer(path))


def _next(tokens: Iterator[str]) -> str:
    token = next(tokens, None)
    if token is None:
        raise FieldPathError("unexpected end of JSON path")
    return token


def _quoted(token: str) -> str:
    if len(token) < 2 or token[0] != "'" or token[-1] != "'":
        raise FieldPathError(f"expected single quoted string but got {token}")

    def unescape(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise FieldPathError(f"invalid string literal: invalid escape char {match[0]}")
        return _ESCAPES[match[1]]

    return _ESCAPE.sub(unescape, token[1:-1])


def _step(path: str, schema: Object, name: str) -> tuple[str, Object]:
    properties = schema.get("properties")
    if properties:
        if name not in properties:
            raise FieldPathError(_NO_FIELD)
        return child(path, name), properties[name]
    others = schema.get("additionalProperties")
    if not isinstance(others, dict):
        raise FieldPathError(_NO_FIELD)
    return key(path, name), others
