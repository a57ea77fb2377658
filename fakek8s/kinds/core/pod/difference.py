"""The difference of two objects as text, for messages that say what may not change.

Upstream (apimachinery pkg/util/diff) prints a unified diff of the internal structs as indented
JSON: Go field names, and every field, empty or not. The fields of a pod's structs are recorded.
"""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import GoType, WireType

Object = dict[str, Any]

_CORE = "k8s.io/api/core/v1."
_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)
_ZERO: dict[str, Any] = {"string": "", "bool": False, "any": None, "bytes": None}
_SPECIAL_ZERO: dict[str, Any] = {"Quantity": "0", "IntOrString": 0}


def difference(before: Any, after: Any, kind: Kind, *fields: str) -> str:
    """A unified diff with three lines of context, without file names.

    `fields` lead from the kind to the type of the values; through a list to that of its items.
    """
    found = _type(kind, fields)
    lines = unified_diff(_lines(before, found), _lines(after, found), lineterm="")
    return "".join(f"{line}\n" for line in lines if not line.startswith(("--- ", "+++ ")))


def _type(kind: Kind, fields: tuple[str, ...]) -> GoType | None:
    struct: WireType | None = getattr(kind.shape, "type", None)
    found: GoType | None = None
    for name in fields:
        field = struct.field(name) if struct is not None else None
        if field is None:
            return None
        found = field.type
        if found.kind == "slice":
            found = found.elem
        struct = found.struct if found is not None and found.kind == "struct" else None
    return found


def _lines(value: Any, go: GoType | None) -> list[str]:
    shown = value if go is None else _internal(value, go)
    text = json.dumps(shown, indent=1, ensure_ascii=False).translate(_ESCAPES)
    return text.split("\n")


def _internal(value: Any, go: GoType) -> Any:
    """A value as the internal type of the same fields is written."""
    if go.kind == "pointer":
        return None if value is None or go.elem is None else _internal(value, go.elem)
    if go.kind == "struct":
        return _struct(value, go.struct)
    if go.kind == "slice":
        if not value or go.elem is None:
            return None
        return [_internal(item, go.elem) for item in value]
    if go.kind == "map":
        if not value or go.elem is None:
            return None
        return {key: _internal(value[key], go.elem) for key in sorted(value)}
    return _ZERO.get(go.kind, 0) if value is None else value


def _struct(value: Any, struct: WireType) -> Any:
    if struct.special:
        return _SPECIAL_ZERO.get(struct.special) if value is None else value
    given: Object = value or {}
    if not struct.name.startswith(_CORE):
        return given  # shared by both forms of the API: it has JSON names
    shown: Object = {}
    for field in struct.fields:
        found = _internal(given.get(field.json), field.type)
        # Metadata is embedded and has JSON names, so its fields stand among the struct's own.
        shown |= found if field.go == "ObjectMeta" else {field.go: found}
    return shown
