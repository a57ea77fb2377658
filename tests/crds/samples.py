"""Small objects that fit a schema: what it requires, and no more."""

from __future__ import annotations

import re
from typing import Any

Object = dict[str, Any]

_FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "duration": "1m",
    "uri": "https://example.com/",
    "byte": "YQ==",
}
#: Texts of which one fits every pattern that turned up.
_TEXTS = ("a", "A", "1", "1s", "1Mi", "a/b", "a.b/c", "10.0.0.1", "https://a.example", "http://a/")


def sample(schema: Object) -> Any:
    """A value of a schema: its default, its first enum, the least that it allows."""
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return _struct(schema)
    if kind == "array":
        return [sample(schema["items"])] * schema.get("minItems", 0)
    if kind == "string":
        return _text(schema)
    if kind in ("integer", "number") or schema.get("x-kubernetes-int-or-string"):
        return schema.get("minimum", 1)
    return False if kind == "boolean" else {}


def _struct(schema: Object) -> Object:
    properties = schema.get("properties", {})
    found = {
        name: sample(properties[name]) for name in schema.get("required", ()) if name in properties
    }
    for name in properties:
        if len(found) >= schema.get("minProperties", 0):
            break
        found.setdefault(name, sample(properties[name]))
    if schema.get("x-kubernetes-embedded-resource"):
        found |= {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    return found


def _text(schema: Object) -> str:
    if "format" in schema and schema["format"] in _FORMATS:
        return _FORMATS[schema["format"]]
    least, pattern = schema.get("minLength", 0), schema.get("pattern", "")
    for text in _TEXTS:
        text = text.ljust(least, text[-1])
        if re.search(pattern, text):
            return text
    return ""
