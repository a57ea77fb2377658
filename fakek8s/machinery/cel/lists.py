"""Functions on lists: cel-go ext/lists.go and ext/sets.go, Kubernetes' lists library."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel.arithmetic import BINARY, contains_value
from fakek8s.machinery.cel.values import CelError, Duration, UInt, compare, equal, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS"]

_COMPARABLE: Final = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]


def _order(left: Any, right: Any, name: str) -> int | None:
    """None where the two have no order: upstream then keeps what it has."""
    try:
        return compare(left, right, name)
    except CelError:
        return None


def _is_sorted(items: list[Any]) -> bool:
    return all(_order(a, b, "isSorted") != 1 for a, b in pairwise(items))


def _best(name: str, sign: int) -> Callable[[list[Any]], Any]:
    def find(items: list[Any]) -> Any:
        if not items:
            raise CelError(f"{name} called on empty list")
        found = items[0]
        for item in items[1:]:
            if _order(found, item, name) == sign:
                found = item
        return found

    return find


def _sum(zero: Any) -> Callable[[list[Any]], Any]:
    add = BINARY["_+_"]

    def total(items: list[Any]) -> Any:
        found = zero
        for item in items:
            found = add(found, item)
        return found

    return total


def _index_of(items: list[Any], wanted: Any) -> int:
    return next((i for i, item in enumerate(items) if equal(item, wanted)), -1)


def _last_index_of(items: list[Any], wanted: Any) -> int:
    return next((i for i in range(len(items) - 1, -1, -1) if equal(items[i], wanted)), -1)


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    what = f"cannot slice({start}, {end}), "
    if start < 0 or end < 0:
        raise CelError(what + "negative indexes not supported")
    if start > end:
        raise CelError(what + "start index must be less than or equal to end index")
    if len(items) < end:
        raise CelError(f"{what}list is length {len(items)}")
    return list(items[start:end])


def _flatten(items: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise CelError("level must be non-negative")
    found: list[Any] = []
    for item in items:
        if isinstance(item, list) and depth > 0:
            found += _flatten(item, depth - 1)
        else:
            found.append(item)
    return found


def _compare_keys(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
    return compare(left[0], right[0], "sort")


def _sort_by(items: list[Any], keys: list[Any]) -> list[Any]:
    if len(items) != len(keys):
        raise CelError(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, "
            f"but got {len(items)} and {len(keys)} elements respectively"
        )
    if not items:
        return items
    kinds = {type_name(key) for key in keys}
    if not kinds & {*_COMPARABLE, "google.protobuf.Duration", "google.protobuf.Timestamp"}:
        raise CelError("list elements must be comparable")
    if len(kinds) > 1:
        raise CelError("list elements must have the same type")
    in_order = cmp_to_key(_compare_keys)
    return [item for _, item in sorted(zip(keys, items, strict=True), key=in_order)]


def _range(count: int) -> list[int]:
    if count < 0:
        raise CelError(f"lists.range: size must be non-negative, got {count}")
    return list(range(count))


def _distinct(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if not contains_value(item, found):
            found.append(item)
    return found


def _contains_all(items: list[Any], some: list[Any]) -> bool:
    return all(contains_value(item, items) for item in some)


def _includes(target: Any, wanted: Any) -> bool:
    return contains_value(wanted, target) if isinstance(target, list) else equal(target, wanted)


def _per_type() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    largest, smallest = _best("max", -1), _best("min", 1)
    for name in _COMPARABLE:
        found[f"list_{name}_is_sorted_bool"] = _is_sorted
        found[f"list_{name}_max_{name}"] = largest
        found[f"list_{name}_min_{name}"] = smallest
        found[f"list_{name}_sort"] = lambda items: _sort_by(items, items)
        found[f"list_{name}_sortByAssociatedKeys"] = _sort_by
    return found


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **_per_type(),
    "list_int_sum_int": _sum(0),
    "list_uint_sum_uint": _sum(UInt(0)),
    "list_double_sum_double": _sum(0.0),
    "list_duration_sum_duration": _sum(Duration(0)),
    "list_a_index_of_int": _index_of,
    "list_a_last_index_of_int": _last_index_of,
    "list_includes_dyn_dyn": _includes,
    "list_slice": _slice,
    "list_flatten": _flatten,
    "list_flatten_int": _flatten,
    "lists_range": _range,
    "list_reverse": lambda items: list(reversed(items)),
    "list_distinct": _distinct,
    "list_sets_contains_list": _contains_all,
    "list_sets_equivalent_list": lambda a, b: _contains_all(a, b) and _contains_all(b, a),
    "list_sets_intersects_list": lambda a, b: any(contains_value(item, b) for item in a),
}
