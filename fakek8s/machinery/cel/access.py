"""Members and elements of values whose type is only known when they are there (attributes.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.cel.values import NONE, CelError, Optional, UInt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["get_index", "get_member", "optional_index", "optional_member", "shown_key"]


def shown_key(key: Any) -> str:
    """A key or an index as an error says it."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return f"{key:g}"
    return str(key)


def get_member(value: Any, name: str, *, test: bool = False) -> Any:
    """value.name, or has(value.name). An optional's member is optional."""
    if type(value) is dict:
        if test:
            return name in value
        try:
            return value[name]
        except KeyError:
            raise CelError(f"no such key: {name}") from None
    if type(value) is Optional:
        if test:
            return value is not NONE and get_member(value.value, name, test=True)
        return optional_member(value, name, None, is_object=False)
    if isinstance(value, list):
        raise CelError("unsupported index type 'string' in list")
    if test:
        return False
    raise CelError(f"no such key: {name}")


def _position(index: Any, size: int) -> int:
    if type(index) is int or type(index) is UInt or (type(index) is float and index.is_integer()):
        position = int(index)
    elif type(index) is float:
        raise CelError(f"unsupported index value {shown_key(index)} in list")
    else:
        raise CelError(f"unsupported index type '{_index_type(index)}' in list")
    if 0 <= position < size:
        return position
    raise CelError(f"index out of bounds: {shown_key(index)}")


def _index_type(index: Any) -> str:
    from fakek8s.machinery.cel.values import type_name

    return type_name(index)


def get_index(value: Any, index: Any) -> Any:
    """value[index]."""
    if type(value) is dict:
        if type(index) is bool or index not in value:
            if type(index) is bool and any(k is index for k in value):
                return value[index]
            raise CelError(f"no such key: {shown_key(index)}")
        return value[index]
    if isinstance(value, list):
        return value[_position(index, len(value))]
    if type(value) is Optional:
        return optional_index(value, index)
    raise CelError(f"no such key: {shown_key(index)}")


def optional_index(value: Any, index: Any) -> Any:
    """value[?index]."""
    if type(value) is Optional:
        if value is NONE:
            return NONE
        value = value.value
    if isinstance(value, list):
        if type(index) is int and not 0 <= index < len(value):
            return NONE
        return Optional(value[_position(index, len(value))])
    if type(value) is dict:
        return Optional(value[index]) if index in value else NONE
    return NONE


def optional_member(
    value: Any, name: str, convert: Callable[[Any], Any] | None, *, is_object: bool
) -> Any:
    """value.?name; is_object: null counts as absent."""
    if type(value) is Optional:
        if value is NONE:
            return NONE
        value = value.value
    if type(value) is not dict or name not in value:
        return NONE
    found = value[name]
    if found is None:
        return NONE if is_object else Optional(None)
    return Optional(found if convert is None else convert(found))
