"""TaintNodesByCondition: a new node takes no pods until a controller finds it ready.

Source: kubernetes plugin/pkg/admission/nodetaint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def _admit(obj: Object, op: Operation) -> None:
    spec = obj.setdefault("spec", {})
    taints = spec.get("taints") or []
    if not any(all(t.get(k) == v for k, v in _NOT_READY.items()) for t in taints):
        spec["taints"] = [*taints, dict(_NOT_READY)]


PLUGIN = Plugin(
    name="TaintNodesByCondition",
    resources=frozenset({"nodes"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
)
