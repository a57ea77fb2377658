"""Deep copies of JSON data."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def clone(value: T) -> T:
    """A deep copy of JSON data that shares only its scalars."""
    return _copy(value)  # type: ignore[no-any-return]


def _copy(value: Any) -> Any:
    kind = value.__class__
    if kind is dict:
        found = value.copy()
        for name, held in value.items():
            below = held.__class__
            if below is dict or below is list:
                found[name] = _copy(held)
        return found
    if kind is list:
        return [_copy(held) if held.__class__ in _HOLDERS else held for held in value]
    return value


_HOLDERS = (dict, list)
