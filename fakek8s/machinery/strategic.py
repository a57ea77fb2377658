"""Strategic merge patch: merge by the strategies and keys that a schema declares.

Source: apimachinery pkg/util/strategicpatch (StrategicMergeMapPatch). Directives:

    $patch: replace | delete            in a map; in a keyed list's item also merge, refused
    $retainKeys: [...]                  drop the map's other keys
    $setElementOrder/list: [...]        order of a merged list
    $deleteFromPrimitiveList/list       items to take out of a merged list of scalars

The schema that tells how to merge is a PatchSchema (strategic_schema); the opposite direction,
from two objects to a patch, is strategic_diff. Both are offered here too.
"""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.printing import go_string, go_value
from fakek8s.machinery.strategic_diff import create_two_way
from fakek8s.machinery.strategic_lists import (
    DELETE,
    DIRECTIVE,
    as_list,
    as_map,
    distinct,
    element_kind,
    identity,
    interleave,
    key_identity,
    live_order,
    merge_key_of,
    no_merge_key,
    partition,
)
from fakek8s.machinery.strategic_schema import (
    MERGE,
    REPLACE,
    PatchField,
    PatchSchema,
    StrategicPatchError,
    from_openapi,
    lookup_slice,
    lookup_struct,
)

__all__ = [
    "PatchField",
    "PatchSchema",
    "StrategicPatchError",
    "apply",
    "create_two_way",
    "from_openapi",
]

_RETAIN_KEYS = "$retainKeys"
_SET_ORDER = "$setElementOrder"
_DELETE_FROM = "$deleteFromPrimitiveList"
_BAD_RETAIN_KEYS = "invalid patch format of retainKeys"
_BAD_ORDER_LIST = "invalid patch format of setElementOrder list"
_BAD_DELETE_LIST = "invalid patch format of primitive list"

Object = dict[str, Any]


def apply(original: Object, patch: Object, schema: PatchSchema | None) -> Object:
    """The original with the patch merged in; neither is edited, unchanged parts are shared.

    Raises StrategicPatchError. Nulls and directives of the patch don't reach the result, but for
    the few places where upstream lets them through (new items of keyed lists, `$patch: replace`).
    """
    return _merge_map(original, patch, schema)


def _unknown_directive(directive: Any, holder: Object) -> StrategicPatchError:
    return StrategicPatchError(
        f"unknown patch type: {go_string(directive)} in map: {go_value(holder)}"
    )


def _merge_map(original: Object, patch: Object, schema: PatchSchema | None) -> Object:
    if DIRECTIVE in patch:
        directive = patch[DIRECTIVE]
        if directive == REPLACE:
            return {key: value for key, value in patch.items() if key != DIRECTIVE}
        if directive == DELETE:
            return {}
        raise _unknown_directive(directive, patch)
    merged = _retained(original, patch)
    rest = {key: value for key, value in patch.items() if key != _RETAIN_KEYS}
    for key in patch:
        if key.startswith(_SET_ORDER):
            del rest[key]
            _merge_ordered(merged, rest, key, patch[key], schema)
    for key, value in rest.items():
        _merge_value(merged, key, value, schema)
    return merged


def _retained(original: Object, patch: Object) -> Object:
    """A copy of the original, of the keys that $retainKeys names if it is there."""
    if _RETAIN_KEYS not in patch:
        return original.copy()
    keys = patch[_RETAIN_KEYS]
    if not isinstance(keys, list):
        raise StrategicPatchError(_BAD_RETAIN_KEYS, 400)
    named = {identity(key) for key in keys}
    for key, value in patch.items():
        if value is None or key.startswith((_DELETE_FROM, _SET_ORDER)) or key == _RETAIN_KEYS:
            continue
        if identity(key) not in named:
            raise StrategicPatchError(_BAD_RETAIN_KEYS, 400)
    return {key: value for key, value in original.items() if identity(key) in named}


def _merge_ordered(
    merged: Object, rest: Object, directive: str, order: Any, schema: PatchSchema | None
) -> None:
    """Merge one list in the order that $setElementOrder gives; takes it out of `rest`."""
    order = as_list(order)
    prefix, slash, key = directive.partition("/")
    if not slash or prefix != _SET_ORDER:
        raise StrategicPatchError(_BAD_ORDER_LIST, 400)
    live = as_list(merged[key]) if key in merged else None
    patch = as_list(rest[key]) if key in rest else None
    found = lookup_slice(schema, key)
    _check_order(patch or [], order, found.merge_key)
    if live is None and patch is None:
        return
    server_order = live or []
    if patch is None:
        items = live or []
    elif live is None:
        items = [kept for item in patch for kept in _kept(item)]
    else:
        items = _merge_list(live, patch, found, is_delete_list=False)
        if found.strategy == MERGE and found.merge_key and (live or patch):
            server_order = live_order(live, patch, found.merge_key)
    inside, outside = partition(items, order, found.merge_key)
    element_kind(live or [], patch or [])
    merged[key] = interleave(inside, outside, order, server_order, found.merge_key)
    rest.pop(key, None)


def _check_order(patch: list[Any], order: list[Any], key: str | None) -> None:
    """The patch's items must stand in the order list, in the same order."""
    if not patch or not order:
        return
    items = patch
    if key is not None:
        items = [item for item in map(as_map, patch) if item.get(DIRECTIVE) != DELETE]
    at = place = 0
    while at < len(items) and place < len(order):
        item = items[at]
        if isinstance(item, dict) and DIRECTIVE in item:
            at += 1
            continue
        if key is None:
            same = identity(item) == identity(order[place])
        else:
            as_map(item), as_map(order[place])
            same = merge_key_of(item, key) == merge_key_of(order[place], key)
        at += same
        place += 1
    if at < len(items):
        raise StrategicPatchError(
            f"The order in patch list:\n{go_value(patch)}\n doesn't match {_SET_ORDER} list:\n"
            f"{go_value(order)}\n"
        )


def _merge_value(merged: Object, key: str, value: Any, schema: PatchSchema | None) -> None:
    is_delete_list = key.startswith(_DELETE_FROM)
    if is_delete_list:
        prefix, slash, key = key.partition("/")
        if not slash or prefix != _DELETE_FROM:
            raise StrategicPatchError(_BAD_DELETE_LIST, 400)
    if value is None:
        merged.pop(key, None)
        return
    before: Any = merged.get(key)
    if type(before) is not type(value):
        if not is_delete_list:
            _replace(merged, key, value)
    elif isinstance(value, dict):
        found = lookup_struct(schema, key)
        merged[key] = (
            value if found.strategy == REPLACE else _merge_map(before, value, found.schema)
        )
    elif isinstance(value, list):
        found = lookup_slice(schema, key)
        merged[key] = _merge_list(before, value, found, is_delete_list=is_delete_list)
    else:
        merged[key] = value


def _replace(merged: Object, key: str, value: Any) -> None:
    for kept in _kept(value, without_nulls=True):
        merged[key] = kept
        return
    merged.pop(key, None)


def _kept(value: Any, *, without_nulls: bool = False) -> tuple[Any, ...]:
    """(value without what directives drop,), or () if it is a directive itself.

    Nulls in lists stay; those in maps go if asked (removeDirectives, discardNullValuesFromPatch).
    """
    if isinstance(value, dict):
        if DIRECTIVE in value and not (without_nulls and value[DIRECTIVE] is None):
            return ()
        return (
            {
                key: kept
                for key, item in value.items()
                if item is not None or not without_nulls
                for kept in _kept(item, without_nulls=without_nulls)
            },
        )
    if isinstance(value, list):
        return ([kept for item in value for kept in _kept(item, without_nulls=without_nulls)],)
    return (value,)


def _merge_list(
    original: list[Any], patch: list[Any], found: PatchField, *, is_delete_list: bool
) -> list[Any]:
    if found.strategy != MERGE and not is_delete_list:
        return patch
    if not original and not patch:
        return original
    key = found.merge_key or None
    if element_kind(original, patch) is not dict:
        if is_delete_list:
            removed = {identity(item) for item in patch}
            return [item for item in original if identity(item) not in removed]
        merged = distinct([*original, *patch])
    elif key is None:
        kind = found.schema.kind if found.schema is not None else "interface"
        raise StrategicPatchError(f"cannot merge lists without merge key for {kind}")
    else:
        original, patch = _without_directives(original, patch, key)
        merged = _merge_keyed(original, patch, key, found.schema)
    inside, outside = partition(merged, patch, key)
    return interleave(inside, outside, patch, original, key)


def _without_directives(
    original: list[Any], patch: list[Any], key: str
) -> tuple[list[Any], list[Any]]:
    """Both lists after the patch's items with a $patch directive have done their work."""
    plain: list[Any] = []
    replace = False
    for item in patch:
        directive = item.get(DIRECTIVE)
        if DIRECTIVE not in item:
            plain.append(item)
        elif directive == DELETE:
            if key not in item:
                raise no_merge_key(item, key)
            wanted = key_identity(item[key])
            original = [other for other in original if _key_of(other, key) != wanted]
        elif directive == REPLACE:
            replace = True
        elif directive == MERGE:
            raise StrategicPatchError("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(directive, item)
    return (plain, []) if replace else (original, plain)


def _key_of(item: Object, key: str) -> Any:
    return key_identity(item[key]) if key in item else None


def _merge_keyed(
    original: list[Any], patch: list[Any], key: str, schema: PatchSchema | None
) -> list[Any]:
    merged = list(original)
    place: dict[Any, int] = {}
    for index, item in enumerate(merged):
        place.setdefault(_key_of(item, key), index)
    for item in patch:
        wanted = merge_key_of(item, key)
        index = place.setdefault(wanted, len(merged))
        if index == len(merged):
            merged.append(item)
        else:
            merged[index] = _merge_map(merged[index], item, schema)
    return merged
