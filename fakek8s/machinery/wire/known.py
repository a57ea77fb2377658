"""Parts of a changed object that are those of the object it was made from.

What is stored was decoded once. A patch shares what it does not touch with the live object, so
that decoding the result can copy those parts instead of reading them again:

    live     {"metadata": m, "spec": s}         patched   {"metadata": {...}, "spec": s}
    marked   {"metadata": {...}, "spec": Known(s)}

Marked values are for the compiled passes of `decode` alone, and only they see them.
"""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.clone import clone

__all__ = ["Known", "marked"]

Object = dict[str, Any]


class Known:
    """A canonical map or list. within: what it holds may be edited too."""

    __slots__ = ("_value", "_within")

    def __init__(self, value: Any, *, within: bool = True) -> None:
        self._value = value
        self._within = within

    def copied(self) -> Any:
        """The value, to be edited."""
        return clone(self._value) if self._within else self._value.copy()


def marked(changed: Object, live: Object) -> Object:
    """A copy of `changed` in which parts that are `live`'s own are marked; edits nothing.

    In metadata just the entries of managed fields, which nobody edits.
    """
    return {
        name: _metadata(value, live.get(name))
        if name == "metadata"
        else _marked(value, live.get(name))
        for name, value in changed.items()
    }


def _metadata(value: Any, live: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(live, dict):
        return value
    entries = value.get("managedFields")
    if not entries or entries is not live.get("managedFields"):
        return value
    return {**value, "managedFields": Known(entries, within=False)}


def _marked(value: Any, live: Any) -> Any:
    if not isinstance(value, (dict, list)):
        return value
    if value is live:
        return Known(value)
    if isinstance(value, dict):
        return marked(value, live) if isinstance(live, dict) else value
    if not isinstance(live, list):
        return value
    # Items move when others come or go: each is looked for by what it is, then where it was.
    own = {id(item) for item in live}
    return [
        (Known(item) if isinstance(item, (dict, list)) else item)
        if id(item) in own
        else _marked(item, live[place] if place < len(live) else None)
        for place, item in enumerate(value)
    ]
