"""The admission plugin record: which writes a plugin looks at, and its two functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]
#: Gets the object (None on deletes) and the operation; raises APIError to refuse.
Hook = Callable[[Any, "Operation"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin under upstream's name.

    `resources` are store resources ("pods", "deployments.apps"), None stands for all.
    `mutate` may edit the object in place; `validate` only looks.
    """

    name: str
    resources: frozenset[str] | None = None
    verbs: frozenset[str] = frozenset({"create", "update"})
    mutate: Hook | None = None
    validate: Hook | None = None


def refuse(op: Operation, obj: Object | None, why: str) -> errors.APIError:
    """admission.NewForbidden: names what is created even before it has a name."""
    name = op.name
    if not name and obj is not None:
        metadata = obj.get("metadata", {})
        name = metadata.get("name", "") or metadata.get("generateName", "")
    if not name:
        name = "Unknown"
    return errors.forbidden(op.kind.plural, op.kind.group, name, why)
