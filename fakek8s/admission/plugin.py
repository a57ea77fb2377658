"""The admission plugin record: which writes a plugin looks at, and its two functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery import names
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]
#: Gets the object (None on deletes) and the operation; raises APIError to refuse. One that has
#: to wait returns an awaitable.
Hook = Callable[[Any, "Operation"], Awaitable[None] | None]

#: The resource itself, none of its subresources.
MAIN = frozenset({""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin under upstream's name.

    `resources` are store resources ("pods", "deployments.apps"), `subresources` their doors
    ("" for the resource itself); None stands for all. `mutate` may edit the object in place;
    `validate` only looks.
    """

    name: str
    resources: frozenset[str] | None = None
    subresources: frozenset[str] | None = MAIN
    verbs: frozenset[str] = frozenset({"create", "update"})
    mutate: Hook | None = None
    validate: Hook | None = None
    #: Makes the plugin of one cluster, for those that remember something of it.
    of_cluster: Callable[[], Plugin] | None = None

    def looks_at(self, resource: str, subresource: str, verb: str) -> bool:
        """Whether a write through this door is this plugin's business."""
        return (
            verb in self.verbs
            and (self.resources is None or resource in self.resources)
            and (self.subresources is None or subresource in self.subresources)
        )


def refuse(op: Operation, obj: Object | None, why: str) -> errors.APIError:
    """admission.NewForbidden: names what is created even before it has a name."""
    name = op.name
    if not name and obj is not None:
        metadata = obj.get("metadata", {})
        name = metadata.get("name", "") or metadata.get("generateName", "")
    if not name:
        name = "Unknown"
    return errors.forbidden(op.kind.plural, op.kind.group, name, why)


def ask(op: Operation, **attributes: str) -> tuple[bool, str]:
    """What the authorizer says about the writer doing something else: (allowed?, reason).

    `attributes`: verb, group, version, namespace, resource, subresource, name.
    """
    allowed, reason = op.settings["authorize"](op.user, attributes)
    return bool(allowed), str(reason)


def together(messages: list[str]) -> str:
    """Several errors as one text (utilerrors.Aggregate): each once, in brackets if many."""
    unique = list(dict.fromkeys(messages))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def name_problem(name: str) -> str:
    """Why a client would not even ask for an object of this name, "" if it would (rest.Request)."""
    if not name:
        return "resource name may not be empty"
    if found := names.is_path_segment_name(name):
        return f"invalid resource name {quote(name)}: [{' '.join(found)}]"
    return ""
