"""Lists under strategic merge patch: identity of items, order, one type for all.

Source: apimachinery strategicpatch/patch.go (normalizeElementOrder and around).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import go_type, go_value
from fakek8s.machinery.strategic_schema import REPLACE, StrategicPatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DIRECTIVE = "$patch"
DELETE = "delete"

Key = Any


class UnhashableItem(StrategicPatchError):
    """A map or list where upstream wants a scalar: its server panics there."""

    def __init__(self) -> None:
        super().__init__("This request caused apiserver to panic. Look in the logs for details.")


def bad_type(wanted: Any, value: Any) -> StrategicPatchError:
    """A value of another type than wanted (mergepatch.ErrBadArgType)."""
    return StrategicPatchError(f"expected a {go_type(wanted)}, but received a {go_type(value)}")


def no_merge_key(item: dict[str, Any], key: str) -> StrategicPatchError:
    """A keyed list's item without its key (mergepatch.ErrNoMergeKey)."""
    return StrategicPatchError(f"map: {go_value(item)} does not contain declared merge key: {key}")


def as_map(value: Any) -> dict[str, Any]:
    """The value if it is a map; raises StrategicPatchError."""
    if not isinstance(value, dict):
        raise bad_type({}, value)
    return value


def as_list(value: Any) -> list[Any]:
    """The value if it is a list; raises StrategicPatchError."""
    if not isinstance(value, list):
        raise bad_type([], value)
    return value


def identity(value: Any) -> Key:
    """What two scalars must share to be the same to Go: type and value. Raises UnhashableItem."""
    if isinstance(value, (dict, list)):
        raise UnhashableItem
    return type(value), value


def key_identity(value: Any) -> Key:
    """The identity of a merge key; a map or list is like nothing else (decoding refuses it)."""
    if isinstance(value, (dict, list)):
        return type(value), id(value)
    return type(value), value


def merge_key_of(item: Any, key: str) -> Key:
    """The identity of a keyed list's item; raises StrategicPatchError if it has no key."""
    item = as_map(item)
    if key not in item:
        raise no_merge_key(item, key)
    return key_identity(item[key])


def element_kind(*lists: list[Any]) -> type:
    """The one type of all items: dict or a scalar's.

    Raises StrategicPatchError for mixed types, lists of lists, and if there is no item at all.
    """
    kind: type | None = None
    for item in (item for items in lists for item in items):
        if kind is None:
            kind = type(item)
            if kind is list:
                raise StrategicPatchError("lists of lists are not supported", 422)
            if item is None:
                raise UnhashableItem
        elif type(item) is not kind:
            raise StrategicPatchError(
                f"list element types are not identical: {go_value(list(lists))}"
            )
    if kind is None:
        raise StrategicPatchError("no elements in any of the given slices")
    return kind


def positions(items: Iterable[Any], key: str | None) -> dict[Key, int]:
    """Where each identity first stands; items that have none are skipped."""
    found: dict[Key, int] = {}
    for index, item in enumerate(items):
        if key is None:
            found.setdefault(identity(item), index)
        elif isinstance(item, dict) and key in item:
            found.setdefault(key_identity(item[key]), index)
    return found


def distinct(items: Iterable[Any]) -> list[Any]:
    """Scalars without repetitions."""
    return list({identity(item): item for item in items}.values())


def partition(merged: list[Any], by: list[Any], key: str | None) -> tuple[list[Any], list[Any]]:
    """(items that `by` has too, items that it hasn't)."""
    if key is None:
        known = {identity(item) for item in by}
        identify: Callable[[Any], Key] = identity
    else:
        known = set(positions(by, key))
        field = key

        def identify(item: Any) -> Key:
            return merge_key_of(item, field)

    inside: list[Any] = []
    outside: list[Any] = []
    for item in merged:
        (inside if identify(item) in known else outside).append(item)
    return inside, outside


def sort_by(items: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """Items in the order of `order`; in keyed lists those marked for deletion come last."""
    deleted: list[Any] = []
    if key is not None:
        for item in (*items, *order):
            merge_key_of(item, key)
        deleted = [item for item in items if item.get(DIRECTIVE) == DELETE]
        items = [item for item in items if item.get(DIRECTIVE) != DELETE]
    place = positions(order, key)
    ranks = [
        place.get(identity(item) if key is None else key_identity(item[key]), -1) for item in items
    ]
    if -1 not in ranks:
        ranked = sorted(zip(ranks, items, strict=True), key=lambda pair: pair[0])
        return [item for _, item in ranked] + deleted
    return _insertion_sort(items, ranks) + deleted


def _insertion_sort(items: list[Any], ranks: list[int]) -> list[Any]:
    """Upstream's order for items without a place: its comparison calls them less than all.

    The outcome depends on the algorithm: Go's stable sort inserts, as here.
    """
    pairs: list[tuple[int, Any]] = []
    for rank, item in zip(ranks, items, strict=True):
        place = len(pairs)
        while place and (rank < 0 or pairs[place - 1][0] < 0 or rank < pairs[place - 1][0]):
            place -= 1
        pairs.insert(place, (rank, item))
    return [item for _, item in pairs]


def interleave(
    patch: list[Any],
    server_only: list[Any],
    patch_order: list[Any],
    server_order: list[Any],
    key: str | None,
) -> list[Any]:
    """One list of both, each in its own order (normalizeElementOrder).

    A server-only item goes in front of the first remaining patch item that stands behind it in
    the server's order.
    """
    right = sort_by(patch, patch_order, key)
    left = sort_by(server_only, server_order, key)
    place = positions(server_order, key)

    def rank(item: Any) -> int:
        return place.get(identity(item) if key is None else key_identity(item[key]), -1)

    result: list[Any] = []
    index = 0
    for item in right:
        at = rank(item)
        while at >= 0 and index < len(left) and 0 <= rank(left[index]) < at:
            result.append(left[index])
            index += 1
        result.append(item)
    return result + left[index:]


def live_order(live: list[Any], patch: list[Any], key: str) -> list[Any]:
    """The live list's order as upstream's in-place merge leaves it behind.

    Deleted items make room, and items that the patch adds land there: they count as standing in
    the live list, behind what was left of it.

        live a b c, patch deletes a, adds d  ->  b c d
        live a b c, patch adds d             ->  a b c
    """
    slots = list(live)
    length = len(slots)
    for item in patch:
        if item.get(DIRECTIVE) != DELETE:
            continue
        wanted = merge_key_of(item, key)
        at = 0
        while at < length:
            if merge_key_of(slots[at], key) == wanted:
                slots[at : length - 1] = slots[at + 1 : length]
                length -= 1
            else:
                at += 1
    known = set(positions(slots[:length], key))
    if any(item.get(DIRECTIVE) == REPLACE for item in patch):
        return slots
    for item in patch:
        if DIRECTIVE in item or merge_key_of(item, key) in known:
            continue
        known.add(merge_key_of(item, key))
        if length < len(slots):
            slots[length] = item
            length += 1
    return slots
