"""Closures of the operators that don't need all their operands, and absorb errors for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.cel.values import CelError, no_such_overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["both_of", "chosen", "either_of", "negation_of", "unless_false"]

Frame = list[Any]


def both_of(left: Callable[[Frame], Any], right: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """left && right."""

    def both(frame: Frame) -> Any:
        try:
            first = left(frame)
        except CelError as error:
            if _or_error(right, frame) is False:
                return False
            raise error from None
        if first is False:
            return False
        second = right(frame)
        if first is True and (second is True or second is False):
            return second
        if second is False:
            return False
        raise no_such_overload()

    return both


def either_of(
    left: Callable[[Frame], Any], right: Callable[[Frame], Any]
) -> Callable[[Frame], Any]:
    """left || right."""

    def either(frame: Frame) -> Any:
        try:
            first = left(frame)
        except CelError as error:
            if _or_error(right, frame) is True:
                return True
            raise error from None
        if first is True:
            return True
        second = right(frame)
        if first is False and (second is True or second is False):
            return second
        if second is True:
            return True
        raise no_such_overload()

    return either


def negation_of(inner: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """!inner."""

    def negated(frame: Frame) -> Any:
        value = inner(frame)
        if value is True:
            return False
        if value is False:
            return True
        raise no_such_overload()

    return negated


def unless_false(inner: Callable[[Frame], Any]) -> Callable[[Frame], Any]:
    """Whether a fold goes on: an error doesn't stop it."""

    def condition(frame: Frame) -> bool:
        try:
            return inner(frame) is not False
        except CelError:
            return True

    return condition


def chosen(
    test: Callable[[Frame], Any], yes: Callable[[Frame], Any], no: Callable[[Frame], Any]
) -> Callable[[Frame], Any]:
    """test ? yes : no."""

    def choose(frame: Frame) -> Any:
        value = test(frame)
        if value is True:
            return yes(frame)
        if value is False:
            return no(frame)
        raise no_such_overload()

    return choose


def _or_error(plan: Callable[[Frame], Any], frame: Frame) -> Any:
    """The value, or the error as a value: of two errors the first one counts."""
    try:
        return plan(frame)
    except CelError as error:
        return error
