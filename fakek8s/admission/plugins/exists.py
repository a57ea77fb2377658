"""NamespaceExists: nothing is written in a namespace that is not there.

Source: kubernetes plugin/pkg/admission/namespace/exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_NAMESPACES = "namespaces"


def _validate(obj: Object | None, op: Operation) -> None:
    if not op.namespace or op.kind.resource == _NAMESPACES:
        return
    if op.reader.get(_NAMESPACES, "", op.namespace) is None:
        raise errors.not_found(_NAMESPACES, "", op.namespace)


PLUGIN = Plugin(
    name="NamespaceExists",
    subresources=None,
    verbs=frozenset({"create", "update", "delete"}),
    validate=_validate,
)
