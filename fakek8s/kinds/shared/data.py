"""Values under keys, as ConfigMaps and Secrets keep them; bytes are base64 text.

And JSON that such a value holds, read as Go reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid
from fakek8s.machinery.wire.jsontext import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation, Rule
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_IMMUTABLE = "field is immutable when `immutable` is set"
_JSON_NAMES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
}


def bytes_in(base64: str) -> int:
    """How many bytes a canonical base64 text stands for."""
    padding = 2 if base64.endswith("==") else base64.endswith("=")
    return len(base64) // 4 * 3 - padding


def key_rules(key: str, path: str) -> Iterator[FieldError]:
    """The keys that may become file names (IsConfigMapKey)."""
    for message in names.is_config_map_key(key):
        yield invalid(path, key, message)


def immutable_data(*fields: str) -> Rule:
    """Once `immutable` is set neither it nor these fields change."""

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        if op.old is None or not op.old.get("immutable"):
            return
        if not obj.get("immutable"):
            yield forbidden("immutable", _IMMUTABLE)
        for field in fields:
            if (obj.get(field) or {}) != (op.old.get(field) or {}):
                yield forbidden(field, _IMMUTABLE)

    return rule


def read_json(text: bytes, expected: type, go_type: str) -> Any:
    """A JSON text that must be null or of a Python type; `go_type` is its name in the message.

    Raises ValueError with the message of Go's encoding/json.
    """
    value = parse(text)
    if value is not None and not isinstance(value, expected):
        found = _JSON_NAMES[type(value)]
        raise ValueError(f"json: cannot unmarshal {found} into Go value of type {go_type}")
    return value
