"""Empty lists and maps of a JSON body that the object made of it has not, as they say no more.

Upstream's decoded objects hold them until they are stored: what compares by reflect.DeepEqual and
what prints a bad value tells them from none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["at", "body", "drops", "restored"]


def body(written: Callable[[], Any] | None) -> Any:
    """What an object was decoded from, parsed; None if that is not known or no JSON."""
    found = written() if written is not None else None
    if found.__class__ is not bytes:
        return found
    try:
        return orjson.loads(found)
    except ValueError:
        return None


def drops(written: Any, value: Any) -> bool:
    """Whether the value lacks an empty list or map that was written."""
    if written.__class__ is dict and value.__class__ is dict:
        for name, part in written.items():
            if name in value:
                if drops(part, value[name]):
                    return True
            elif _is_empty(part):
                return True
        return False
    if written.__class__ is list and value.__class__ is list and len(written) == len(value):
        return any(map(drops, written, value))
    return _is_empty(written) and value is None


def restored(written: Any, value: Any) -> Any:
    """The value with the empty lists and maps that were written; it shares what lacks none."""
    if not drops(written, value):
        return value
    if value is None:
        return written
    if value.__class__ is list:
        return [restored(part, held) for part, held in zip(written, value, strict=True)]
    lost = {name: part for name, part in written.items() if _is_empty(part) and name not in value}
    return {name: restored(written.get(name), held) for name, held in value.items()} | lost


def at(written: Any, *path: str) -> Any:
    """The part of a body that the path of names leads to; None if there is none."""
    for name in path:
        written = written.get(name) if written.__class__ is dict else None
    return written


def _is_empty(part: Any) -> bool:
    return not part and part.__class__ in (list, dict)
