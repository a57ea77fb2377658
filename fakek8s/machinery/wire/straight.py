"""Python written for shapes that come often: one look at the values, one literal, no loop.

A shape is the names of an object in their order. What is done with each field, decode and canonical
say as a `Step`; this module only knows how steps become the source of one function:

    def straight(value):
        [v0, v1] = value.values()
        if v0.__class__ is str and v0:
            m1 = run1(v1)
            return {'name': v0, 'resources': m1, 'status': {}}
        return rest(value)

All conditions stand before the first call, so that whatever isn't plain is still looked at once: by
`rest`, the loop that does the same for any values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ITSELF", "Shape", "Shapes", "Step", "straight"]

#: How many orders of names are remembered for each type: clients have few.
REMEMBERED: Final = 128

#: How often a shape is met before a function is written for it, which takes as long as some fifty
#: rounds of the loop. Most shapes of a server's start are met less often.
OFTEN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One field. when: the condition for a plain value, "" if there is none. made: what becomes of
    it.

    Both are Python, with {v} for the value, {m} for a name that `when` may give to what it has
    made, and {run} for `run`. Names and values of objects never get into them.
    """

    when: str = ""
    made: str = "{v}"
    run: Any = None


ITSELF: Final = "{v}"


class Shape:
    """What to do with values that have the same names in the same order.

    run: for a value alone. looped: the way for any value, with what else it takes.
    """

    __slots__ = ("_seen", "_write", "looped", "run")

    def __init__(
        self, looped: Callable[..., Any], write: Callable[[], Callable[[Any], Any]]
    ) -> None:
        self.looped = looped
        self.run: Callable[[Any], Any] = self._counted
        self._write = write
        self._seen = 0

    def _counted(self, value: Any) -> Any:
        self._seen += 1
        if self._seen == OFTEN:
            self.run = self._write()
        return self.looped(value)


class Shapes(dict[tuple[str, ...], Shape]):
    """The shapes of one type by their names, each made when it is first met."""

    def __init__(self, make: Callable[[tuple[str, ...]], Shape]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, names: tuple[str, ...]) -> Shape:
        made = self._make(names)
        if len(self) >= REMEMBERED:
            self.clear()
        self[names] = made
        return made


def straight(
    given: tuple[str, ...],
    names: Sequence[str],
    steps: Mapping[str, Step],
    zeroes: Mapping[str, Any],
    rest: Callable[[Any], Any],
    *,
    shares: bool = False,
) -> Callable[[Any], Any]:
    """The function for values with the names `given`: a dict of `names`, in that order.

    zeroes: what stands for the names that are not given. shares: a value that would come out as it
    was is given back itself.
    """
    bound: dict[str, Any] = {"rest": rest}
    conditions, calls, changes = [], [], []
    made = {name: repr(zeroes[name]) for name in names if name not in steps}
    for place, name in enumerate(given):
        step, v, m, run = steps[name], f"v{place}", f"m{place}", f"run{place}"
        bound[run] = step.run
        if step.when:
            conditions.append(step.when.format(v=v, m=m, run=run))
        made[name] = v if step.made == ITSELF else m
        if step.made not in (ITSELF, "{m}"):
            calls.append(f"{m} = {step.made.format(v=v, run=run)}")
            changes.append(f"{m} is {v}")
    literal = ", ".join(f"{name!r}: {made[name]}" for name in names)
    lines = [
        "def straight(value):",
        f" [{', '.join(f'v{place}' for place in range(len(given)))}] = value.values()",
        f" if {' and '.join(conditions) or True}:",
        *(f"  {call}" for call in calls),
    ]
    if shares and given == tuple(names):
        lines.append(f"  if {' and '.join(changes) or True}: return value")
    lines += [f"  return {{{literal}}}", " return rest(value)"]
    exec("\n".join(lines), bound)
    written: Callable[[Any], Any] = bound["straight"]
    return written
