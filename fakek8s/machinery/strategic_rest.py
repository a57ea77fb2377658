"""What is left of a strategic merge patch once it was merged: upstream eats it up as it goes on.

Errors that come after the merge show the patch in that state. Source: apimachinery
pkg/util/strategicpatch (mergeMap, mergePatchIntoOriginal, discardNullValuesFromPatch,
removeDirectives).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.strategic_lists import DELETE, DIRECTIVE, key_identity
from fakek8s.machinery.strategic_schema import MERGE, REPLACE, lookup_slice, lookup_struct

if TYPE_CHECKING:
    from fakek8s.machinery.strategic_schema import PatchField, PatchSchema

Object = dict[str, Any]

_RETAIN_KEYS = "$retainKeys"
_SET_ORDER = "$setElementOrder"
_DELETE_FROM = "$deleteFromPrimitiveList"


def leftover(original: Object, patch: Object, schema: PatchSchema | None) -> Object:
    """The patch, which could be merged into the original, as it is afterwards; a copy."""
    if DIRECTIVE in patch:
        replaces = patch[DIRECTIVE] == REPLACE
        return {k: v for k, v in patch.items() if not (replaces and k == DIRECTIVE)}
    eaten = {_RETAIN_KEYS}
    for key in patch:
        if key.startswith(_SET_ORDER):
            eaten |= {key, key.partition("/")[2]}
    return {
        key: _value(original.get(key), value, key, schema)
        for key, value in patch.items()
        if key not in eaten
    }


def _value(before: Any, value: Any, key: str, schema: PatchSchema | None) -> Any:
    if value is None or key.startswith(_DELETE_FROM):
        return value
    if type(before) is not type(value):
        return _taken(value)
    if isinstance(value, dict):
        found = lookup_struct(schema, key)
        return value if found.strategy == REPLACE else leftover(before, value, found.schema)
    if isinstance(value, list):
        return _items(before, value, lookup_slice(schema, key))
    return value


def _items(before: list[Any], patch: list[Any], found: PatchField) -> list[Any]:
    key = found.merge_key
    if found.strategy != MERGE or not key or not all(isinstance(item, dict) for item in patch):
        return patch
    known = {}
    gone = {key_identity(i[key]) for i in patch if i.get(DIRECTIVE) == DELETE and key in i}
    if not any(item.get(DIRECTIVE) == REPLACE for item in patch):
        known = {key_identity(item[key]): item for item in before if key in item}
    left = []
    for item in patch:
        wanted = key_identity(item[key]) if key in item else None
        if DIRECTIVE in item or wanted not in known or wanted in gone:
            left.append(item)
        else:
            left.append(leftover(known[wanted], item, found.schema))
    return left


def _taken(value: Any) -> Any:
    """A value that was not there before: without nulls and what `$patch` marks."""
    if isinstance(value, dict):
        return {
            key: _taken(item)
            for key, item in value.items()
            if item is not None and not (isinstance(item, dict) and DIRECTIVE in item)
        }
    if isinstance(value, list):
        return [_taken(item) for item in value]
    return value
