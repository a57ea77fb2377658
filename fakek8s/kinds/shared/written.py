"""What a writer wrote where an object in canonical form holds nothing: empty lists and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.machinery import emptied

if TYPE_CHECKING:
    from fakek8s.kind import Operation


def as_written(value: Any, op: Operation, *path: str) -> Any:
    """The value at a path (`"spec", "rules"`) with the empty lists and maps that were written.

    For bad values in messages: upstream prints those as `[]` and `{}`, none as `null`.
    """
    return emptied.restored(emptied.at(emptied.body(op.written), *path), value)


def internal_as_written(value: Any, op: Operation, *path: str) -> Any:
    """The same as its internal type is printed."""
    return internal_form(as_written(value, op, *path), op.kind, *path)
