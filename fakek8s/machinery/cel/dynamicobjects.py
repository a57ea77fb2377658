"""What mutating policies make: `Object{...}` of any fields, and `JSONPatch{...}`.

Upstream: apiserver pkg/cel/mutation (typeresolver.go, jsonpatch.go, dynamic/objects.go).
"""

from __future__ import annotations

import operator
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.apply.element import Foreign
from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.decl import Decl, Provider
from fakek8s.machinery.cel.values import CelError, Duration, Opaque, Timestamp, type_name
from fakek8s.machinery.cel.wiretext import civil, duration_text, time_text
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "OBJECT", "PATCH", "PATCHES", "DynamicProvider", "ObjectValue", "PatchValue", "json_value",
    "misnamed", "native",
]  # fmt: skip

_OBJECT: Final = "Object"
_PATCH: Final = "JSONPatch"
OBJECT: Final = t.struct(_OBJECT)
PATCH: Final = t.struct(_PATCH)
PATCHES: Final = t.list_of(PATCH)
_PATCH_FIELDS: Final = {"op": t.STRING, "from": t.STRING, "path": t.STRING, "value": t.DYN}
#: The type of fields that operations don't have: nothing is of it.
_NO_TYPE: Final = t.Type("")
#: Beyond this a double loses digits, and JSON of protobuf writes integers as strings.
_EXACT: Final = 2**53


class ObjectValue(Opaque):
    """`Object.spec{...}`: a type by its name, and the fields that were set."""

    __slots__ = ("fields", "type")

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.type = t.struct(name)
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ObjectValue)
            and self.type == other.type
            and self.fields == other.fields
        )

    __hash__ = None  # type: ignore[assignment]


class PatchValue(Opaque):
    """`JSONPatch{...}`: one operation."""

    __slots__ = ("fields",)
    type = PATCH

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PatchValue) and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]


class DynamicProvider(Provider):
    """The declared structs, and those of mutations, which have whatever fields are written."""

    def has_struct(self, name: str) -> bool:
        return _is_dynamic(name) or super().has_struct(name)

    def field_type(self, struct: str, field_name: str) -> t.Type | None:
        if struct == _PATCH:
            return _PATCH_FIELDS.get(field_name, _NO_TYPE)
        return t.DYN if _is_dynamic(struct) else super().field_type(struct, field_name)

    def decl(self, struct: str) -> Decl | None:
        return None if _is_dynamic(struct) else super().decl(struct)

    def construct(self, struct: str) -> Callable[[dict[str, Any]], Any]:
        if struct == _PATCH:
            return PatchValue
        if _is_dynamic(struct):
            return lambda fields: ObjectValue(struct, fields)
        return super().construct(struct)

    def equality(self, of: t.Type) -> Callable[[Any, Any], bool]:
        if of.kind == "struct" and _is_dynamic(of.name):
            return operator.eq
        return super().equality(of)


def _is_dynamic(name: str) -> bool:
    return name in (_PATCH, _OBJECT) or name.startswith("Object.")


def misnamed(value: ObjectValue) -> str:
    """Type names that are not the path of fields to where they stand, "" if all are right."""
    return "\n".join(_misnamed(value, value.type.name))


def _misnamed(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, ObjectValue):
        if value.type.name != path:
            yield (
                f"unexpected type name {quote(value.type.name)}, expected {quote(path)}, which "
                "matches field name path from root Object type"
            )
        for name in sorted(value.fields):
            yield from _misnamed(value.fields[name], f"{path}.{name}")
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _misnamed(inner, path)


def native(value: Any) -> Any:
    """A value as the JSON of an object, with Foreign ones for what JSON has not.

    Raises CelError for what can't be told from afar.
    """
    if isinstance(value, ObjectValue):
        return {name: native(inner) for name, inner in value.fields.items()}
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise CelError(f"map key {quote(str(key))} is of type {_go(key)}, not string")
        return {key: native(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [native(inner) for inner in value]
    if isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return int(value)
    return _foreign(value)


def _foreign(value: Any) -> Foreign:
    """What stays a value of Go's, which no field is of."""
    if value is None:
        return Foreign("NULL_VALUE", "0", "structpb.NullValue")
    if isinstance(value, bytes):
        octets = ", ".join(f"{octet:#x}" for octet in value)
        plain = " ".join(map(str, value))
        return Foreign(f"[{plain}]", f"[]uint8{{{octets}}}", "[]uint8")
    if isinstance(value, Duration):
        return Foreign(duration_text(value), str(value.nanoseconds), "time.Duration")
    if isinstance(value, Timestamp):
        at = civil(value, 0)
        rest = value.nanoseconds % 1_000_000_000
        fraction = f".{rest:09}".rstrip("0") if rest else ""
        syntax = (
            f"time.Date({at.year}, time.{at:%B}, {at.day}, {at.hour}, {at.minute}, {at.second}, "
            f"{rest}, time.UTC)"
        )
        return Foreign(f"{at:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC", syntax, "time.Time")
    raise CelError(f"unsupported value of type {type_name(value)}")


def _go(key: Any) -> str:
    return {bool: "types.Bool", int: "types.Int"}.get(type(key), type_name(key))


def json_value(value: Any) -> Any:
    """A value as protobuf's JSON has it. Raises CelError."""
    if isinstance(value, ObjectValue):
        return {name: json_value(inner) for name, inner in value.fields.items()}
    if isinstance(value, dict):
        return {_json_key(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [json_value(inner) for inner in value]
    if isinstance(value, Timestamp):
        return time_text(value)
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -_EXACT < value < _EXACT:
        return str(int(value))
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return None if value is None else native(value)


def _json_key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)
