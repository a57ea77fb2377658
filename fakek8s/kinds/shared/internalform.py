"""How values of built-in kinds look as upstream's internal structs: in bad values and diffs.

Internal types have no JSON names, so messages that print one show Go's field names and every
field, empty or not. The wire types of the versioned API name the same fields.
Upstream: the internal types.go files, apimachinery pkg/util/diff.
"""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import GoType, WireType

Object = dict[str, Any]

_API = "k8s.io/api/"
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


def internal_form(value: Any, kind: Kind, *fields: str, only: Collection[str] = ()) -> Any:
    """A value of the kind's field (`"spec", "template"`) as its internal type is printed.

    `only` names the fields that a struct embedded in the last one has.
    """
    go = _type(kind, fields)
    if go is None:
        return value
    found = _internal(value, go)
    if only and go.kind == "struct" and isinstance(found, dict):
        keep = {field.go for field in go.struct.fields if field.json in only}
        found = {name: item for name, item in found.items() if name in keep}
    return found


def difference(before: Any, after: Any) -> str:
    """A unified diff of two internal forms as indented JSON, without file names."""
    lines = unified_diff(_lines(before), _lines(after), lineterm="")
    return "".join(f"{line}\n" for line in lines if not line.startswith(("--- ", "+++ ")))


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=1, ensure_ascii=False).translate(_ESCAPES).split("\n")


def _type(kind: Kind, fields: tuple[str, ...]) -> GoType | None:
    struct: WireType | None = getattr(kind.shape, "type", None)
    found: GoType | None = None
    for name in fields:
        field = struct.field(name) if struct is not None else None
        if field is None:
            return None
        found = field.type
        inner = found
        while inner.kind in ("slice", "pointer") and inner.elem is not None:
            inner = inner.elem
        struct = inner.struct if inner.kind == "struct" else None
    return found


def _internal(value: Any, go: GoType) -> Any:
    if go.kind == "pointer":
        return None if value is None or go.elem is None else _internal(value, go.elem)
    if go.kind == "struct":
        return _struct(value, go.struct)
    if go.kind == "slice":
        if value is None or go.elem is None:
            return None
        return [_internal(item, go.elem) for item in value]
    if go.kind == "map":
        if value is None or go.elem is None:
            return None
        return {key: _internal(value[key], go.elem) for key in sorted(value)}
    return _ZERO.get(go.kind, 0) if value is None else value


def _struct(value: Any, struct: WireType) -> Any:
    if struct.special:
        return _SPECIAL_ZERO.get(struct.special) if value is None else value
    given: Object = value or {}
    if not struct.name.startswith(_API):
        return _versioned(given, struct)  # shared by both forms of the API: it has JSON names
    shown: Object = {}
    for field in struct.fields:
        if field.json in ("kind", "apiVersion") and struct.field("metadata") is not None:
            continue
        if field.json == "metadata":
            shown |= _versioned(given.get("metadata") or {}, field.type.struct)
        else:
            shown[field.go] = _internal(given.get(field.json), field.type)
    return shown


def _versioned(given: Object, struct: WireType) -> Object:
    """A struct that is printed as it is written in JSON: without what is empty."""
    shown: Object = {}
    for name, value in given.items():
        field = struct.field(name)
        if field is None:
            shown[name] = value
        elif value or not field.omitempty or value.__class__ not in (list, dict):
            inner = field.type.elem if field.type.kind == "slice" else None
            if inner is not None and inner.kind == "struct" and isinstance(value, list):
                value = [_versioned(item, inner.struct) for item in value]
            shown[name] = value
    return shown
