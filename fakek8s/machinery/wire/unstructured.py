"""Maps into typed objects the way strategic merge patches and apply results go, with that
converter's own errors.

It is laxer than JSON decoding (whole floats fit integers) and words its errors differently.
Upstream: apimachinery runtime.DefaultUnstructuredConverter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.wire import special
from fakek8s.machinery.wire.decode import Decoded, DecodeError, decoder
from fakek8s.machinery.wire.explain import explain_special
from fakek8s.machinery.wire.owned import Unusual
from fakek8s.machinery.wire.plain import RANGES
from fakek8s.machinery.wire.scan import quote

if TYPE_CHECKING:
    from fakek8s.machinery.wire.types import GoType, WireType

__all__ = ["from_unstructured"]


def from_unstructured(value: dict[str, Any], wiretype: WireType) -> Decoded:
    """Convert a map into `wiretype`, canonical; strict errors are its unknown fields, sorted by
    their text.

    Raises DecodeError (`cannot convert int64 to string`, `cannot restore slice from map` ...).
    """
    try:
        return Decoded(decoder(wiretype)(value), [])
    except (Unusual, KeyError, ValueError, TypeError):
        pass
    unknown: list[str] = []
    cleaned = _struct(value, wiretype, "", unknown)
    return Decoded(decoder(wiretype)(cleaned), sorted(unknown))


def _kind(value: Any) -> str:
    """reflect.Kind of a parsed value."""
    if value.__class__ is bool:
        return "bool"
    if value.__class__ is int:
        return "int64"
    if isinstance(value, float):
        return "float64"
    if value.__class__ is str:
        return "string"
    return "map" if value.__class__ is dict else "slice"


def _convert(value: Any, gotype: GoType, path: str, unknown: list[str]) -> Any:
    if value is None:
        return None
    kind = gotype.kind
    if kind == "pointer":
        assert gotype.elem is not None
        return _convert(value, gotype.elem, path, unknown)
    if kind == "struct":
        wiretype = gotype.struct
        if wiretype.special:
            return explain_special(value, wiretype)
        return _struct(value, wiretype, path, unknown)
    if kind == "map":
        if value.__class__ is not dict:
            raise DecodeError(f"cannot restore map from {_kind(value)}")
        assert gotype.elem is not None
        # The path does not grow by map keys.
        return {k: _convert(v, gotype.elem, path, unknown) for k, v in value.items()}
    if kind == "slice":
        if value.__class__ is not list:
            raise DecodeError(f"cannot restore slice from {_kind(value)}")
        elem = gotype.elem
        assert elem is not None
        return [_convert(v, elem, f"{path}[{i}]", unknown) for i, v in enumerate(value)]
    if kind == "bytes":
        return _bytes(value)
    return _simple(value, gotype)


def _struct(value: Any, wiretype: WireType, path: str, unknown: list[str]) -> dict[str, Any]:
    if value.__class__ is not dict:
        raise DecodeError(f"cannot restore struct from: {_kind(value)}")
    out = {}
    for field in wiretype.fields:
        if field.json in value:
            inner = f"{path}.{field.json}" if path else field.json
            out[field.json] = _convert(value[field.json], field.type, inner, unknown)
    prefix = f"{path}." if path else ""
    unknown.extend(f"unknown field {quote(prefix + k)}" for k in value if k not in out)
    return out


def _bytes(value: Any) -> str:
    if value.__class__ is str:
        try:
            return special.base64(value)
        except ValueError as bad:
            raise DecodeError(f"error decoding from json: {bad}") from None
    if value.__class__ is not list:
        raise DecodeError(f"cannot restore slice from {_kind(value)}")
    octets = [v & 255 if v.__class__ is int else -1 for v in value]
    if -1 in octets:
        wrong = next(v for v in value if v.__class__ is not int)
        raise DecodeError(f"cannot convert {_kind(wrong)} to uint8")
    return special.base64_of(bytes(octets))


def _simple(value: Any, gotype: GoType) -> Any:
    have, want = _kind(value), gotype.kind
    if want == "any":
        return value
    if have == want or (have == "int64" and want.startswith("float")):
        return value
    if have in ("int64", "float64") and want in RANGES and value == int(value):
        low, high = RANGES[want]
        # Go's conversion wraps around.
        return (int(value) - low) % (high - low + 1) + low
    if (have, want) == ("int64", "string") or (have == "float64" and want in RANGES):
        raise DecodeError(f"cannot convert {have} to {gotype.text}")
    if have == "float64" and want.startswith("float"):
        return value
    raise DecodeError(f"unrecognized type: {want}")
