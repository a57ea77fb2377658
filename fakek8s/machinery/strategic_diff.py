"""The strategic merge patch between two objects (strategicpatch.CreateTwoWayMergePatch).

Applied to the original it gives the modified object, also where only the order of a merged list
of scalars differs (upstream compares with the sorted list there and may miss it). Keyed lists
must have unique keys, merged lists of scalars no repetitions, and objects no nulls: those a patch
can't express.
"""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.printing import go_value
from fakek8s.machinery.strategic_lists import (
    DELETE,
    DIRECTIVE,
    as_map,
    distinct,
    element_kind,
    merge_key_of,
    no_merge_key,
    sort_by,
)
from fakek8s.machinery.strategic_schema import (
    MERGE,
    REPLACE,
    RETAIN_KEYS,
    PatchSchema,
    StrategicPatchError,
    lookup_slice,
    lookup_struct,
)

Object = dict[str, Any]


def create_two_way(original: Object, modified: Object, schema: PatchSchema | None) -> Object:
    """The patch that makes modified of original; empty if they are equal.

    Raises StrategicPatchError, e.g. for a changed field that the schema doesn't know.
    """
    return _diff_maps(original, modified, schema, retain_keys=False)


def _same(left: Any, right: Any) -> bool:
    """reflect.DeepEqual: types count, 1 is neither 1.0 nor true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


def _diff_maps(
    original: Object, modified: Object, schema: PatchSchema | None, *, retain_keys: bool
) -> Object:
    patch: Object = {}
    for key, value in modified.items():
        before: Any = original.get(key)
        if key not in original or type(before) is not type(value):
            patch[key] = value
        elif isinstance(value, dict):
            _diff_field(patch, key, before, value, schema)
        elif isinstance(value, list):
            _diff_list_field(patch, key, before, value, schema)
        elif before != value:
            patch[key] = value
    patch.update((key, None) for key in original if key not in modified)
    if retain_keys:
        retained = [key for key, value in modified.items() if value is not None]
        dropped = any(value is not None and key not in modified for key, value in original.items())
        if retained and (patch or dropped):
            patch[f"${RETAIN_KEYS}"] = sorted(retained)
    return patch


def _diff_field(
    patch: Object, key: str, before: Object, after: Object, schema: PatchSchema | None
) -> None:
    try:
        found = lookup_struct(schema, key)
    except StrategicPatchError:
        if _same(before, after):
            return
        raise
    if found.strategy == REPLACE:
        patch[key] = after
        return
    inner = _diff_maps(before, after, found.schema, retain_keys=RETAIN_KEYS in found.strategies)
    if inner:
        patch[key] = inner


def _diff_list_field(
    patch: Object, key: str, before: list[Any], after: list[Any], schema: PatchSchema | None
) -> None:
    try:
        found = lookup_slice(schema, key)
    except StrategicPatchError:
        if _same(before, after):
            return
        raise
    if found.strategy != MERGE:
        if not _same(before, after):
            patch[key] = after
        return
    if not before:
        if after:
            patch[key] = after
        return
    if element_kind(before, after) is dict:
        if found.merge_key is None:
            raise no_merge_key(as_map(before[0]), "")
        items, order = _diff_keyed(
            before,
            after,
            found.merge_key,
            found.schema,
            retain_keys=RETAIN_KEYS in found.strategies,
        )
    else:
        items, removed = _diff_scalars(before, after)
        order = after if removed or not _same(before, after) else []
        if removed:
            patch[f"$deleteFromPrimitiveList/{key}"] = removed
    if items:
        patch[key] = items
    if order:
        patch[f"$setElementOrder/{key}"] = order


def _diff_scalars(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """(added, removed), compared by how Go prints them."""
    old, new = {go_value(item) for item in before}, {go_value(item) for item in after}
    added = [item for item in after if go_value(item) not in old]
    removed = [item for item in before if go_value(item) not in new]
    return sort_by(distinct(added), after, None), sorted(distinct(removed), key=go_value)


def _diff_keyed(
    before: list[Any],
    after: list[Any],
    key: str,
    schema: PatchSchema | None,
    *,
    retain_keys: bool,
) -> tuple[list[Any], list[Any]]:
    """(items of the patch, deletions last; the order list if one is due)."""
    old = {go_value(item[key]): item for item in before if merge_key_of(item, key)}
    new = {go_value(item[key]): item for item in after if merge_key_of(item, key)}
    items: list[Any] = []
    for text in sorted(new):
        if text not in old:
            items.append(new[text])
        elif inner := _diff_maps(old[text], new[text], schema, retain_keys=retain_keys):
            items.append({**inner, key: new[text][key]})
    items = sort_by(items, after, key)
    items += [{key: old[text][key], DIRECTIVE: DELETE} for text in sorted(old) if text not in new]
    moved = [item[key] for item in before] != [item[key] for item in after]
    return items, [{key: item[key]} for item in after] if items or moved else []
