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

    from fakek8s.machinery.wire.types import GoType, WireType

    Run = Callable[[Any], Any]
    Write = Callable[[tuple[str, ...], Run], Run]

__all__ = ["ITSELF", "Shapes", "Step", "shapes_of", "straight"]

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
    made, {run} for `run` and {shapes} for `shapes`. Names and values of objects never get into
    them.
    """

    when: str = ""
    made: str = "{v}"
    run: Any = None
    shapes: Any = None


ITSELF: Final = "{v}"


class Shapes(dict[tuple[str, ...], "Run"]):
    """What to do with a value of one type, by the names that it has; found when they are first
    met.
    """

    def __init__(self, loop_of: Callable[[tuple[str, ...]], Run], write: Write) -> None:
        """loop_of: the way for any value of those names. write: what replaces it, from the names
        and their loop.
        """
        super().__init__()
        self._loop_of = loop_of
        self._write = write
        self._loops: dict[tuple[str, ...], Any] = {}

    def loop(self, names: tuple[str, ...]) -> Any:
        """The way for any value of those names, with what else it takes."""
        self[names]
        return self._loops[names]

    def __missing__(self, names: tuple[str, ...]) -> Run:
        if len(self) >= REMEMBERED:
            self.clear()
            self._loops.clear()
        loop = self._loops[names] = self._loop_of(names)
        met = 0

        def counted(value: Any) -> Any:
            nonlocal met
            met += 1
            if met == OFTEN:
                self[names] = self._write(names, loop)
            return loop(value)

        self[names] = counted
        return counted


def shapes_of(
    gotype: GoType, name: str, compile_struct: Callable[[WireType], Any]
) -> Shapes | None:
    """The shapes that a pass keeps under `name` in a struct's cache once it is compiled.

    None for all other types, and for structs with JSON of their own.
    """
    if gotype.kind != "struct":
        return None
    compile_struct(gotype.struct)
    found: Shapes | None = gotype.struct.cache.get(name)
    return found


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
        step, v, m = steps[name], f"v{place}", f"m{place}"
        words = {"v": v, "m": m, "run": f"run{place}", "shapes": f"shapes{place}"}
        bound[words["run"]], bound[words["shapes"]] = step.run, step.shapes
        if step.when:
            conditions.append(step.when.format(**words))
        made[name] = v if step.made == ITSELF else m
        if step.made not in (ITSELF, "{m}"):
            calls.append(f"{m} = {step.made.format(**words)}")
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
