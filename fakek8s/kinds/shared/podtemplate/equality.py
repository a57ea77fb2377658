"""When two values of a pod's fields mean the same.

Upstream: apimachinery pkg/api/equality Semantic: lists and maps are equal whether absent or empty,
and so are quantities of one value; an empty struct behind a pointer is not the same as none.
"""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.quantity import QuantityError, parse

#: Fields whose value, or whose map's values, are quantities.
_LISTS = frozenset(("limits", "requests", "overhead", "capacity"))
_SINGLE = frozenset(("divisor", "sizeLimit"))
#: Fields that are maps: other objects are structs.
_MAPS = frozenset(
    (
        *_LISTS,
        "labels",
        "annotations",
        "nodeSelector",
        "matchLabels",
        "options",
        "volumeAttributes",
        "userAnnotations",
    )
)


def same(left: Any, right: Any, name: str = "") -> bool:
    """Whether two JSON values mean the same; `name` is the field they stand in."""
    if left == right:
        return True
    if left is None or right is None:
        given = right if left is None else left
        return given == [] or (given == {} and name in _MAPS)
    if isinstance(left, dict) and isinstance(right, dict):
        if name in _LISTS:
            return left.keys() == right.keys() and all(
                _same_quantity(left[key], right[key]) for key in left
            )
        keys = left.keys() | right.keys()
        return all(same(left.get(key), right.get(key), key) for key in keys)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return name in _SINGLE and _same_quantity(left, right)


def _same_quantity(left: str, right: str) -> bool:
    try:
        return parse(left) == parse(right)
    except QuantityError:
        return False
