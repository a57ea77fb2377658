"""CEL's types and how errors write them (cel-go common/types, checker/format.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "ANY", "BOOL", "BYTES", "DOUBLE", "DURATION", "DYN", "ERROR", "INT", "NULL", "STRING",
    "TIMESTAMP", "TYPE", "UINT", "Type", "list_of", "map_of", "opaque", "optional_of", "param",
    "show", "signature", "struct", "type_of_type", "unwrap_optional",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """kind: `int`, `list`, `struct`, `opaque`, `param` ...; name: of struct, opaque and param."""

    kind: str
    name: str = ""
    params: tuple[Type, ...] = ()

    @property
    def is_dyn(self) -> bool:
        return self.kind in ("dyn", "any")

    @property
    def is_dyn_or_error(self) -> bool:
        return self.kind in ("dyn", "any", "error")


DYN: Final = Type("dyn")
ANY: Final = Type("any")
ERROR: Final = Type("error")
BOOL: Final = Type("bool")
INT: Final = Type("int")
UINT: Final = Type("uint")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
BYTES: Final = Type("bytes")
NULL: Final = Type("null_type")
DURATION: Final = Type("duration")
TIMESTAMP: Final = Type("timestamp")
TYPE: Final = Type("type")

_SHOWN: Final = {"null_type": "null", "error": "!error!"}
_OPTIONAL: Final = "optional_type"


def list_of(element: Type) -> Type:
    return Type("list", "", (element,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", "", (key, value))


def struct(name: str) -> Type:
    return Type("struct", name)


def opaque(name: str, *params: Type) -> Type:
    return Type("opaque", name, params)


def optional_of(value: Type) -> Type:
    return opaque(_OPTIONAL, value)


def param(name: str) -> Type:
    return Type("param", name)


def type_of_type(of: Type) -> Type:
    return Type("type", "", (of,))


def unwrap_optional(of: Type) -> tuple[Type, bool]:
    """The type inside an optional and whether it was one."""
    if of.kind == "opaque" and of.name == _OPTIONAL:
        return of.params[0], True
    return of, False


def show(of: Type) -> str:
    """As in an error: `list(string)`, `map(string, dyn)`, `null` (FormatCELType)."""
    if of.kind in ("struct", "param") or (of.kind == "opaque" and not of.params):
        return of.name
    name = of.name if of.kind == "opaque" else _SHOWN.get(of.kind, of.kind)
    if not of.params:
        return name
    return f"{name}({', '.join(map(show, of.params))})"


def signature(arguments: list[Type], *, member: bool) -> str:
    """The arguments of a call as an error shows them: `string.(int)` or `(int, string)`."""
    target = f"{show(arguments[0])}." if member else ""
    rest = arguments[1:] if member else arguments
    return f"{target}({', '.join(map(show, rest))})"
