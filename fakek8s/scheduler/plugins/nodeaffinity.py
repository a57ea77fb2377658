"""NodeAffinity: node selectors and node affinity, required and preferred.

Source: pkg/scheduler/framework/plugins/nodeaffinity, component-helpers scheduling/corev1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.nodeselectors import matches
from fakek8s.scheduler.framework import NodeFilter, Rejection, normalized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

Object = dict[str, Any]

_REASON = "node(s) didn't match Pod's node affinity/selector"


class NodeAffinity(NodeFilter):
    """A filter and a score."""

    name = "NodeAffinity"
    weight = 2

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects nodes that the selector or the required affinity leaves out."""
        labels = node.node["metadata"].get("labels") or {}
        wanted = pod.spec.get("nodeSelector") or {}
        if any(labels.get(key) != value for key, value in wanted.items()):
            return Rejection((_REASON,))
        required = _affinity(pod).get("requiredDuringSchedulingIgnoredDuringExecution")
        if required is None or any(
            matches(term, node.node) for term in required.get("nodeSelectorTerms") or ()
        ):
            return None
        return Rejection((_REASON,))

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """The sum of the weights of the preferred terms that match."""
        preferred = _affinity(pod).get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        return normalized(
            [
                sum(term["weight"] for term in preferred if _prefers(term["preference"], node.node))
                for node in nodes
            ]
        )


def _affinity(pod: PodInfo) -> Object:
    return (pod.spec.get("affinity") or {}).get("nodeAffinity") or {}


def _prefers(term: Object, node: Object) -> bool:
    """An empty preferred term matches all nodes, an empty required one none."""
    return not (term.get("matchExpressions") or term.get("matchFields")) or matches(term, node)
