"""DefaultIngressClass: an ingress without a class gets the default one.

Source: kubernetes plugin/pkg/admission/network/defaultingressclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin
from fakek8s.admission.plugins.storageclass import newest

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_CLASSES = "ingressclasses.networking.k8s.io"
_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def _admit(ingress: Object, op: Operation) -> None:
    spec = ingress.setdefault("spec", {})
    if spec.get("ingressClassName") is not None:
        return
    if _ANNOTATION in (ingress["metadata"].get("annotations") or {}):
        return
    default = newest([c for c in op.reader.list(_CLASSES) if _is_default(c)])
    if default is not None:
        spec["ingressClassName"] = default["metadata"]["name"]


def _is_default(ingress_class: Object) -> bool:
    annotations = ingress_class["metadata"].get("annotations") or {}
    return bool(annotations.get(_DEFAULT) == "true")


PLUGIN = Plugin(
    name="DefaultIngressClass",
    resources=frozenset({"ingresses.networking.k8s.io"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
)
