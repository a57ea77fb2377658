"""Which types go together: assignability and type variables (cel-go checker/types.go, mapping.go).

Bindings are a plain dict that is copied for every attempt, so a failed one leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fakek8s.machinery.cel.types import DYN, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bindings", "assignable", "assignable_all", "most_general", "substitute"]

Bindings = dict[Type, Type]

_NULLABLE: Final = frozenset({"opaque", "struct", "any", "duration", "timestamp"})
_COMPOUND: Final = frozenset({"opaque", "list", "map"})


def assignable(bindings: Bindings, left: Type, right: Type) -> Bindings | None:
    """The bindings under which `left` can stand where `right` is wanted, None if it can't."""
    attempt = dict(bindings)
    return attempt if _assignable(attempt, left, right) else None


def assignable_all(
    bindings: Bindings, left: Sequence[Type], right: Sequence[Type]
) -> Bindings | None:
    """As `assignable`, for whole lists of arguments."""
    attempt = dict(bindings)
    return attempt if _each_assignable(attempt, left, right) else None


def _each_assignable(bindings: Bindings, left: Sequence[Type], right: Sequence[Type]) -> bool:
    return len(left) == len(right) and all(
        _assignable(bindings, a, b) for a, b in zip(left, right, strict=True)
    )


def _assignable(bindings: Bindings, left: Type, right: Type) -> bool:
    if right.kind == "param":
        valid, bound = _substitutes(bindings, left, right)
        if valid:
            return True
        if bound:
            return False
    if left.kind == "param":
        return _substitutes(bindings, right, left)[0]
    if left.is_dyn_or_error or right.is_dyn_or_error:
        return True
    if left.kind == "null_type":
        return right.kind in _NULLABLE or right.kind == "null_type"
    if right.kind == "null_type":
        return left.kind in _NULLABLE
    if left.kind == "type":
        return right.kind == "type"
    if left.kind in _COMPOUND:
        return (
            left.kind == right.kind
            and left.name == right.name
            and _each_assignable(bindings, left.params, right.params)
        )
    return left == right


def _substitutes(bindings: Bindings, wanted: Type, variable: Type) -> tuple[bool, bool]:
    """Whether the variable can stand for the type, and whether it was bound already."""
    if wanted == variable:
        return True, True
    bound = bindings.get(variable)
    if bound is not None:
        if wanted == bound:
            return True, True
        if _assignable(bindings, wanted, bound):
            general = most_general(wanted, bound)
            if not _occurs(bindings, variable, general):
                bindings[variable] = general
            return True, True
        return False, True
    if not _occurs(bindings, variable, wanted):
        bindings[variable] = wanted
        return True, False
    return False, False


def _occurs(bindings: Bindings, variable: Type, within: Type) -> bool:
    if variable == within:
        return True
    if within.kind == "param":
        bound = bindings.get(within)
        return bound is not None and _occurs(bindings, variable, bound)
    return any(_occurs(bindings, variable, inner) for inner in within.params)


def most_general(left: Type, right: Type) -> Type:
    """The more general of two types that go together."""
    return left if _less_specific(left, right) else right


def _less_specific(left: Type, right: Type) -> bool:
    if left.is_dyn or left.kind == "param":
        return True
    if right.is_dyn or right.kind == "param":
        return False
    if left.kind != right.kind:
        return False
    if left.kind == "type":
        return True
    if left.kind in _COMPOUND:
        return (
            left.name == right.name
            and len(left.params) == len(right.params)
            and all(map(_less_specific, left.params, right.params))
        )
    return left == right


def substitute(bindings: Bindings, of: Type, *, to_dyn: bool = False) -> Type:
    """The type with its variables replaced; unbound ones become dyn if to_dyn."""
    bound = bindings.get(of)
    if bound is not None:
        return substitute(bindings, bound, to_dyn=to_dyn)
    if of.kind == "param":
        return DYN if to_dyn else of
    if not of.params:
        return of
    return Type(of.kind, of.name, tuple(substitute(bindings, p, to_dyn=to_dyn) for p in of.params))
