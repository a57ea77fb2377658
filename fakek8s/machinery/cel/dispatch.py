"""Which overload a call means where only the values can tell, and the error if none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.library import IMPLEMENTATIONS
from fakek8s.machinery.cel.values import (
    CelError,
    Duration,
    Opaque,
    Optional,
    Timestamp,
    UInt,
    no_such_overload,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.cel.declarations import Overload

__all__ = ["dispatch"]


_GUARDS: Final[dict[str, Callable[[Any], bool]]] = {
    "bool": lambda v: type(v) is bool,
    "int": lambda v: type(v) is int,
    "uint": lambda v: type(v) is UInt,
    "double": lambda v: type(v) is float,
    "string": lambda v: type(v) is str,
    "bytes": lambda v: type(v) is bytes,
    "list": lambda v: isinstance(v, list),
    "map": lambda v: type(v) is dict,
    "duration": lambda v: type(v) is Duration,
    "timestamp": lambda v: type(v) is Timestamp,
    "type": lambda v: type(v) is t.Type,
    "null_type": lambda v: v is None,
}


def _guard(of: t.Type) -> Callable[[Any], bool] | None:
    if of.is_dyn or of.kind == "param":
        return None
    if of.kind == "opaque" and of.name == "optional_type":
        return lambda v: type(v) is Optional
    if of.kind in ("struct", "opaque"):
        name = of.name
        return lambda v: isinstance(v, Opaque) and v.type.name == name
    if of.kind == "list":
        # Upstream looks at the first element only.
        element = _guard(of.params[0])
        if element is not None and of.params[0].kind != "list":
            return lambda v: isinstance(v, list) and (not v or element(v[0]))
    return _GUARDS[of.kind]


def dispatch(name: str, overloads: list[Overload], kinds: list[t.Type]) -> Callable[..., Any]:
    """What a call of these overloads with arguments of these static types calls."""
    if len(overloads) == 1 and not any(map(_may_differ, kinds)):
        return IMPLEMENTATIONS[overloads[0].id]
    choices = [
        (IMPLEMENTATIONS[o.id], [(i, g) for i, a in enumerate(o.arguments) if (g := _guard(a))])
        for o in overloads
    ]

    def choose(*values: Any) -> Any:
        for implementation, guards in choices:
            if all(guard(values[i]) for i, guard in guards):
                return implementation(*values)
        raise _no_overload(name, values)

    return choose


def _no_overload(name: str, values: tuple[Any, ...]) -> CelError:
    """Functions with one implementation for all overloads say less about their arguments."""
    if name in _SINGLE or (name in _TRAITED and isinstance(values[0], str | Duration | Timestamp)):
        return no_such_overload()
    if name in _TRAITED:
        return CelError(f"no such overload: {name}")
    if name == "flatten":
        return CelError(f"no such overload: {type_name(values[0])}.flatten()")
    return no_such_overload(name, *values)


def _may_differ(of: t.Type) -> bool:
    """Whether a value of this static type may have another type at run time."""
    return of.is_dyn_or_error or of.kind == "param"


_SINGLE: Final = frozenset({"contains", "startsWith", "endsWith", "matches", "find", "findAll"})
_TRAITED: Final = frozenset({"size", "sort", "@sortByAssociatedKeys"})
