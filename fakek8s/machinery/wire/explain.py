"""What is wrong with a body, in Go's words and order: the exact walk behind decode's compiled pass.

It follows sigs.k8s.io/json's decodeState over scan's tree (or over parsed values): which errors
stop it, which are kept for the end, what the field stack says at that moment. What it leaves
behind, the compiled pass takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire import special
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.machinery.wire.jsontext import ExactFloat, go_float, json_kind, plain
from fakek8s.machinery.wire.plain import RANGES
from fakek8s.machinery.wire.scan import NumberText, Pairs, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakek8s.machinery.wire.types import GoType, WireType

MAX_STRICT_ERRORS: Final = 100


class _TypeError(Exception):
    """encoding/json's UnmarshalTypeError."""

    def __init__(self, value: str, target: str) -> None:
        super().__init__(value, target)
        self.value = value
        self.target = target
        self.struct = ""
        self.field = ""

    def text(self) -> str:
        if self.struct or self.field:
            return (
                f"json: cannot unmarshal {self.value} into Go struct field "
                f"{self.struct}.{self.field} of type {self.target}"
            )
        return f"json: cannot unmarshal {self.value} into Go value of type {self.target}"


class _Stop(Exception):
    """An UnmarshalJSON method failed: decoding ends here, with its message."""


def clean(tree: Any, wiretype: WireType) -> tuple[Any, list[str]]:
    """The value without what the type has no place for, and strict errors; raises DecodeError."""
    walk = _Walk(strict=True)
    value = walk.run(lambda: walk.struct_or_special(tree, wiretype, wiretype.text))
    return value, list(walk.strict)


def explain_special(value: Any, wiretype: WireType) -> Any:
    """A value through a type's own UnmarshalJSON, outside any struct; raises DecodeError."""
    walk = _Walk(strict=False)
    return walk.run(lambda: walk.struct_or_special(value, wiretype, wiretype.text))


def _text(value: Any) -> str:
    """A number as written, or as Go would write it when only its value is known."""
    if isinstance(value, ExactFloat):
        return value.text
    return (
        str(value) if isinstance(value, NumberText) or value.__class__ is int else go_float(value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, NumberText | int | float) and not isinstance(value, bool)


def _pairs(value: Any) -> Iterable[tuple[str, Any]]:
    return value if isinstance(value, Pairs) else value.items()


class _Walk:
    """One decode: the error context as decodeState keeps it."""

    def __init__(self, *, strict: bool) -> None:
        self.strict: dict[str, None] = {}
        self._is_strict = strict
        self._saved: _TypeError | str | None = None
        self._struct = ""
        self._fields: list[str] = []
        self._path: list[str] = []

    def run(self, walk: Callable[[], Any]) -> Any:
        """The walk's value; raises DecodeError with the error that Go's Unmarshal returns."""
        try:
            value = walk()
        except _TypeError as stop:
            raise DecodeError(self._in_context(stop).text()) from None
        except _Stop as stop:
            raise DecodeError(str(stop)) from None
        if self._saved is not None:
            saved = self._saved
            raise DecodeError(saved if isinstance(saved, str) else saved.text())
        return value

    def inner(self, walk: Callable[[_Walk], Any]) -> Any:
        """What an UnmarshalJSON method decodes by a call of its own: not strict, its error stops
        the outer walk.
        """
        within = _Walk(strict=False)
        try:
            value = walk(within)
        except _TypeError as stop:
            raise within._in_context(stop) from None
        if isinstance(within._saved, str):
            raise _Stop(within._saved)
        if within._saved is not None:
            raise within._saved
        return value

    def _in_context(self, error: _TypeError) -> _TypeError:
        if self._struct or self._fields:
            error.struct = self._struct
            error.field = ".".join([*self._fields, *([error.field] if error.field else [])])
        return error

    def _save(self, error: _TypeError) -> Any:
        if self._saved is None:
            self._saved = self._in_context(error)
        return None

    def _report(self, kind: str, key: str) -> None:
        if self._is_strict and len(self.strict) < MAX_STRICT_ERRORS:
            path = "".join(self._path)
            self.strict[f"{kind} {quote(f'{path}.{key}' if path else key)}"] = None

    def _enter(self, key: str) -> int:
        depth = len(self._path)
        self._path.append(f".{key}" if depth else key)
        return depth

    # --- by type

    def value(self, value: Any, gotype: GoType) -> Any:
        """One value into a Go type."""
        kind = gotype.kind
        if kind == "pointer":
            assert gotype.elem is not None
            return None if value is None else self.value(value, gotype.elem)
        if kind == "struct":
            return self.struct_or_special(value, gotype.struct, gotype.text)
        if value is None:
            return None
        return _BY_KIND.get(kind, _Walk._integer)(self, value, gotype)

    def struct_or_special(self, value: Any, wiretype: WireType, text: str) -> Any:
        special_walk = _BY_SPECIAL.get(wiretype.special)
        if special_walk is not None:
            return special_walk(self, value, wiretype)
        if value is None:
            return None
        if not isinstance(value, dict | Pairs):
            return self._save(_TypeError(json_kind(value), text))
        return self._members(value, wiretype)

    def _members(self, value: Any, wiretype: WireType) -> dict[str, Any]:
        out: dict[str, Any] = {}
        struct, height = self._struct, len(self._fields)
        for key, held in _pairs(value):
            field = wiretype.field(key)
            if field is None:
                self._report("unknown field", key)
                continue
            if key in out:
                self._report("duplicate field", key)
            self._struct = wiretype.short
            self._fields.extend(f.go for f in field.through)
            self._fields.append(key)
            depth = self._enter(key)
            made = self.value(held, field.type)
            del self._path[depth:]
            del self._fields[height:]
            self._struct = struct
            out[key] = _merged(out[key], made, field.type) if key in out else made
        return out

    def _map(self, value: Any, gotype: GoType) -> Any:
        if not isinstance(value, dict | Pairs):
            return self._save(_TypeError(json_kind(value), gotype.text))
        assert gotype.elem is not None
        out: dict[str, Any] = {}
        for key, held in _pairs(value):
            if key in out:
                self._report("duplicate field", key)
            depth = self._enter(key)
            out[key] = self.value(held, gotype.elem)
            del self._path[depth:]
        return out

    def _slice(self, value: Any, gotype: GoType) -> Any:
        if not isinstance(value, list) or isinstance(value, Pairs):
            return self._save(_TypeError(json_kind(value), gotype.text))
        assert gotype.elem is not None
        out = []
        depth = len(self._path)
        for i, held in enumerate(value):
            self._path.append(f"[{i}]")
            out.append(self.value(held, gotype.elem))
            del self._path[depth:]
        return out

    def _string(self, value: Any, gotype: GoType) -> Any:
        if isinstance(value, str) and not isinstance(value, NumberText):
            return value
        return self._save(_TypeError(json_kind(value), gotype.text))

    def _bool(self, value: Any, gotype: GoType) -> Any:
        if isinstance(value, bool):
            return value
        return self._save(_TypeError(json_kind(value), gotype.text))

    def _integer(self, value: Any, gotype: GoType) -> Any:
        if not _is_number(value):
            return self._save(_TypeError(json_kind(value), gotype.text))
        text = _text(value)
        low, high = RANGES[gotype.kind]
        if not text.lstrip("-").isdigit() or not low <= int(text) <= high:
            return self._save(_TypeError(f"number {text}", gotype.text))
        return int(text)

    def _float(self, value: Any, gotype: GoType) -> Any:
        if not _is_number(value):
            return self._save(_TypeError(json_kind(value), gotype.text))
        text = _text(value)
        made = float(text)
        if made in (float("inf"), float("-inf")):
            return self._save(_TypeError(f"number {text}", gotype.text))
        return made

    def _bytes(self, value: Any, gotype: GoType) -> Any:
        if isinstance(value, str) and not isinstance(value, NumberText):
            try:
                return special.base64(value)
            except ValueError as bad:
                if self._saved is None:
                    self._saved = str(bad)
                return None
        if isinstance(value, list) and not isinstance(value, Pairs):
            # A JSON array of small numbers is bytes too.
            octets = [self._octet(v) for v in value]
            return special.base64_of(bytes(octets))
        return self._save(_TypeError(json_kind(value), gotype.text))

    def _octet(self, value: Any) -> int:
        if value is None:
            return 0
        if not _is_number(value):
            self._save(_TypeError(json_kind(value), "uint8"))
            return 0
        text = _text(value)
        if text.isdigit() and int(text) < 256:
            return int(text)
        self._save(_TypeError(f"number {text}", "uint8"))
        return 0

    def _any(self, value: Any, gotype: GoType) -> Any:
        return plain(value)

    # --- types with UnmarshalJSON

    def _time(self, value: Any, wiretype: WireType) -> Any:
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, NumberText):
            raise _TypeError(json_kind(value), "string")
        parse = special.time if wiretype.special == "Time" else special.micro_time
        try:
            return parse(value)
        except ValueError as bad:
            raise _Stop(str(bad)) from None

    def _quantity(self, value: Any, _: WireType) -> Any:
        if value is None:
            return "0"
        if _is_number(value):
            text = _text(value)
        elif isinstance(value, str):
            text = value
        else:
            text = "{"  # upstream parses the raw text, which no quantity is
        try:
            return special.quantity(text)
        except ValueError as bad:
            raise _Stop(str(bad)) from None

    def _int_or_string(self, value: Any, _: WireType) -> Any:
        if value is None:
            return 0
        if isinstance(value, str) and not isinstance(value, NumberText):
            return value
        if not _is_number(value):
            raise _TypeError(json_kind(value), "int32")
        text = _text(value)
        low, high = RANGES["int32"]
        if not text.lstrip("-").isdigit() or not low <= int(text) <= high:
            raise _TypeError(f"number {text}", "int32")
        return int(text)

    def _raw(self, value: Any, _: WireType) -> Any:
        return plain(value, raw_numbers=True)

    def _props_or_bool(self, value: Any, wiretype: WireType) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, dict | Pairs):
            return self._schema(value, wiretype)
        raise _Stop("boolean or JSON schema expected")

    def _props_or_array(self, value: Any, wiretype: WireType) -> Any:
        if isinstance(value, dict | Pairs):
            return self._schema(value, wiretype)
        if isinstance(value, list):
            items = wiretype.members[1].type
            return self.inner(lambda within: within.value(value, items))
        return None

    def _schema(self, value: Any, wiretype: WireType) -> Any:
        at = 1 if wiretype.special == "JSONSchemaPropsOrBool" else 0
        schema = wiretype.members[at].type
        return self.inner(lambda within: within.value(value, schema))


def _merged(old: Any, new: Any, gotype: GoType) -> Any:
    """What a field holds after its key came twice: Go decodes into what is there already."""
    target = gotype.elem if gotype.kind == "pointer" else gotype
    assert target is not None
    if new is None and gotype.kind in ("pointer", "slice", "map", "bytes", "any"):
        return None
    if new is None:
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        if target.kind == "map":
            return {**old, **new}
        if target.kind == "struct" and not target.struct.special:
            merged = dict(old)
            for key, held in new.items():
                field = target.struct.field(key)
                assert field is not None
                merged[key] = _merged(old[key], held, field.type) if key in old else held
            return merged
    return new


_BY_KIND: Final[dict[str, Callable[[_Walk, Any, GoType], Any]]] = {
    "string": _Walk._string,
    "bool": _Walk._bool,
    "float32": _Walk._float,
    "float64": _Walk._float,
    "bytes": _Walk._bytes,
    "any": _Walk._any,
    "slice": _Walk._slice,
    "map": _Walk._map,
}
_BY_SPECIAL: Final[dict[str, Callable[[_Walk, Any, WireType], Any]]] = {
    "Time": _Walk._time,
    "MicroTime": _Walk._time,
    "Quantity": _Walk._quantity,
    "IntOrString": _Walk._int_or_string,
    "RawExtension": _Walk._raw,
    "JSON": _Walk._raw,
    "FieldsV1": _Walk._raw,
    "JSONSchemaPropsOrBool": _Walk._props_or_bool,
    "JSONSchemaPropsOrArray": _Walk._props_or_array,
    "JSONSchemaPropsOrStringArray": _Walk._props_or_array,
}
