"""The doors of an object with a status: who may write what.

Writers of the object do not write its status, writers of the status nothing but it. What a
door resets it never owns in managedFields, so the two are declared together here (upstream
writes them twice, in PrepareForUpdate and GetResetFields of each strategy.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Strategy

if TYPE_CHECKING:
    from fakek8s.kind import Begin, Operation, Prepare, Rule, Warn

Object = dict[str, Any]


def main(
    *,
    prepare: tuple[Prepare, ...] = (),
    rules: tuple[Rule, ...] = (),
    warnings: tuple[Warn, ...] = (),
    begin: Begin | None = None,
) -> Strategy:
    """The object's own door: a new object has no status, an update keeps the stored one."""
    return Strategy(
        prepare=(keep_status, *prepare),
        rules=rules,
        warnings=warnings,
        resets=("status",),
        begin=begin,
    )


def status(
    *also: str,
    prepare: tuple[Prepare, ...] = (),
    rules: tuple[Rule, ...] = (),
    warnings: tuple[Warn, ...] = (),
) -> Strategy:
    """The status door: the spec stays, and what else is named (`metadata.labels`)."""
    resets = ("spec", *also)
    return Strategy(
        prepare=(*map(keeping, resets), *prepare), rules=rules, warnings=warnings, resets=resets
    )


def keep_status(obj: Object, op: Operation) -> None:
    """The status is what is stored: none yet on a create."""
    obj["status"] = {} if op.old is None else op.old.get("status", {})


def keeping(path: str) -> Prepare:
    """A field (`spec`, `metadata.labels`) that keeps its stored value."""
    *parents, last = path.split(".")

    def keep(obj: Object, op: Operation) -> None:
        stored = op.old
        assert stored is not None
        for name in parents:
            obj, stored = obj.setdefault(name, {}), stored.get(name, {})
        if last in stored:
            obj[last] = stored[last]
        else:
            obj.pop(last, None)

    return keep
