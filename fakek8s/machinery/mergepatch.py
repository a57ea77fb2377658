"""JSON merge patch as upstream applies it: RFC 7386 in the way of evanphx/json-patch v4.

A null removes a key, also inside objects that the patch adds; a list replaces a list, and nulls
inside its objects go too unless it replaces an object. Maps that the patch enters come out with
sorted keys (see jsonpatch for why).
"""

from __future__ import annotations

from typing import Any

INVALID_PATCH = "Invalid JSON Patch"
INVALID_DOCUMENT = "Invalid JSON Document"


class MergePatchError(ValueError):
    """Patch or document is neither object nor list; a 400 with this message."""


def apply(document: Any, patch: Any) -> Any:
    """The document with the patch merged in (jsonpatch.MergePatch); neither argument is edited.

    A list as patch takes the document's place. Raises MergePatchError.

    >>> apply({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": {"e": None}}})
    {'a': {'c': 2, 'd': {}}}
    """
    if document is None:
        raise MergePatchError(INVALID_DOCUMENT)
    if not isinstance(patch, (dict, list)):
        raise MergePatchError(INVALID_PATCH)
    if isinstance(document, dict) and isinstance(patch, dict):
        return _merge(document, patch)
    return _without_nulls(patch)


def _merge(document: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = document.copy()
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
            continue
        current = merged.get(key)
        if isinstance(current, dict):
            merged[key] = _merge(current, value) if isinstance(value, dict) else value
        else:
            merged[key] = _without_nulls(value)
    return dict(sorted(merged.items()))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_nulls(item) for key, item in sorted(value.items()) if item is not None
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def create_two_way(original: dict[str, Any], modified: dict[str, Any]) -> dict[str, Any]:
    """The patch that makes modified of original (jsonpatch.CreateMergePatch).

    Nulls in modified can't be told: a merge patch removes what it nulls.
    """
    patch: dict[str, Any] = {}
    for key, value in modified.items():
        if key not in original:
            patch[key] = value
            continue
        before = original[key]
        if isinstance(before, dict) and isinstance(value, dict):
            if difference := create_two_way(before, value):
                patch[key] = difference
        elif not _equal(before, value):
            patch[key] = value
    patch.update((key, None) for key in original if key not in modified)
    return patch


def _equal(left: Any, right: Any) -> bool:
    """Equality with numbers as float64 and booleans apart from them."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
