"""Closures of comprehensions: the fold in general, and the macros as plain loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.cel.values import CelError, go_type, no_such_overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Failure", "collect", "fold", "quantifier"]

Frame = list[Any]


class Failure:
    """An error kept in an accumulator, where && and || may still absorb it."""

    __slots__ = ("error",)

    def __init__(self, error: CelError) -> None:
        self.error = error


def _pairs(value: Any, second: int) -> Any:
    """What a fold goes over: elements or keys, or pairs of index or key and element."""
    if isinstance(value, list):
        return enumerate(value) if second >= 0 else value
    if type(value) is dict:
        return value.items() if second >= 0 else list(value)
    if second >= 0:
        raise CelError(f"unsupported comprehension range type: {go_type(value)}")
    raise CelError(f"got '{go_type(value)}', expected iterable type")


def fold(
    over: Callable[[Frame], Any],
    init: Callable[[Frame], Any],
    condition: Callable[[Frame], Any],
    step: Callable[[Frame], Any],
    result: Callable[[Frame], Any],
    places: tuple[int, int, int],
) -> Callable[[Frame], Any]:
    first, second, accu = places

    def run(frame: Frame) -> Any:
        pairs = _pairs(over(frame), second)
        frame[accu] = init(frame)
        for item in pairs:
            if second >= 0:
                frame[first], frame[second] = item
            else:
                frame[first] = item
            if not condition(frame):
                break
            try:
                frame[accu] = step(frame)
            except CelError as error:
                frame[accu] = Failure(error)
        return result(frame)

    return run


def quantifier(
    over: Callable[[Frame], Any],
    test: Callable[[Frame], Any],
    first: int,
    second: int,
    *,
    stop: bool,
) -> Callable[[Frame], Any]:
    """exists (stop at the first true) and all (stop at the first false)."""
    two = second >= 0

    def run(frame: Frame) -> Any:
        failure: CelError | None = None
        for item in _pairs(over(frame), second):
            if two:
                frame[first], frame[second] = item
            else:
                frame[first] = item
            try:
                value = test(frame)
            except CelError as error:
                failure = failure or error
                continue
            if value is stop:
                return stop
            if type(value) is not bool:
                failure = failure or no_such_overload()
        if failure is not None:
            raise failure
        return not stop

    return run


def collect(
    over: Callable[[Frame], Any],
    test: Callable[[Frame], Any] | None,
    transform: Callable[[Frame], Any],
    first: int,
    second: int,
) -> Callable[[Frame], Any]:
    """map, filter and transformList."""
    two = second >= 0

    def run(frame: Frame) -> Any:
        found: list[Any] = []
        for item in _pairs(over(frame), second):
            if two:
                frame[first], frame[second] = item
            else:
                frame[first] = item
            if test is not None:
                wanted = test(frame)
                if wanted is False:
                    continue
                if wanted is not True:
                    raise no_such_overload()
            found.append(transform(frame))
        return found

    return run
