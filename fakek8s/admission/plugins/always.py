"""AlwaysAdmit and AlwaysDeny: the two plugins that do not look.

Source: kubernetes plugin/pkg/admission/admit and deny.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]


def _deny(obj: Object | None, op: Operation) -> None:
    raise refuse(op, obj, "admission control is denying all modifications")


_EVERYTHING = frozenset({"create", "update", "delete"})
ADMIT = Plugin(name="AlwaysAdmit", subresources=None, verbs=_EVERYTHING)
DENY = Plugin(name="AlwaysDeny", subresources=None, verbs=_EVERYTHING, mutate=_deny, validate=_deny)
