"""Reinvocation: mutating admission runs a second time when a webhook or a policy changed something.

All compiled-in plugins run again then, and of the webhooks and policies those that want to be
asked again. Upstream: apiserver pkg/admission/reinvocation.go and the reinvocation contexts of
the two plugins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_NOTE: Final = "rounds"


class Rounds:
    """The rounds of one write. second: this is the second; again: there is to be one."""

    __slots__ = ("_asked", "again", "second")

    def __init__(self) -> None:
        self.second = False
        self.again = False
        self._asked: dict[str, Asked] = {}

    def asked(self, plugin: str) -> Asked:
        """What a plugin remembers from one round to the next."""
        return self._asked.setdefault(plugin, Asked())


class Asked:
    """Whom one plugin has asked, by keys of its own."""

    __slots__ = ("_again", "_last", "_willing")

    def __init__(self) -> None:
        self._last: Object | None = None
        self._willing: set[Any] = set()
        self._again: set[Any] = set()

    def is_wanted(self, key: Any) -> bool:
        """Whether one is to be asked in the second round."""
        return key in self._again

    def begin(self, rounds: Rounds, obj: Object | None) -> None:
        """A round of the plugin begins."""
        if rounds.second and self._last != obj:
            self.changed()

    def end(self, obj: Object | None) -> None:
        """A round of the plugin is over."""
        self._last = clone(obj)

    def changed(self) -> None:
        """The object was changed: who was asked before wants to see it."""
        self._again |= self._willing
        self._willing = set()

    def willing(self, key: Any) -> None:
        """One was asked who wants to be asked again."""
        self._willing.add(key)


def rounds_of(op: Operation) -> Rounds:
    """The rounds of an operation, from when they are first asked for."""
    found: Rounds = op.notes.setdefault(_NOTE, Rounds())
    return found


def second_round(op: Operation) -> bool:
    """Whether the mutating plugins are to run again, once; this begins the second round."""
    found: Rounds | None = op.notes.get(_NOTE)
    if found is None or found.second or not found.again:
        return False
    found.second = True
    return True
