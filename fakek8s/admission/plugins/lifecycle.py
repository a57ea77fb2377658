"""NamespaceLifecycle: nothing new in a namespace that is not there or on its way out.

Source: apiserver pkg/admission/plugin/namespace/lifecycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin, refuse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
_NAMESPACES = "namespaces"
_REVIEWS = frozenset({"localsubjectaccessreviews.authorization.k8s.io"})


def _admit(obj: Object | None, op: Operation) -> None:
    resource = op.kind.resource
    if op.verb == "delete":
        if resource == _NAMESPACES and op.name in _IMMORTAL:
            raise errors.forbidden(
                op.kind.plural, op.kind.group, op.name, "this namespace may not be deleted"
            )
        return
    if not op.namespace or resource == _NAMESPACES or resource in _REVIEWS:
        return
    namespace = op.reader.get(_NAMESPACES, "", op.namespace)
    if namespace is None:
        raise errors.not_found("namespaces", "", op.namespace)
    if namespace.get("status", {}).get("phase") == "Terminating":
        raise _terminating(obj, op)


def _terminating(obj: Object | None, op: Operation) -> errors.APIError:
    error = refuse(
        op,
        obj,
        f"unable to create new content in namespace {op.namespace} because it is being terminated",
    )
    assert error.details is not None
    error.details["causes"] = [
        {
            "reason": "NamespaceTerminating",
            "message": f"namespace {op.namespace} is being terminated",
            "field": "metadata.namespace",
        }
    ]
    return error


PLUGIN = Plugin(
    name="NamespaceLifecycle",
    subresources=None,
    verbs=frozenset({"create", "delete"}),
    mutate=_admit,
)
