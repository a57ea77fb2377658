"""NodeResourcesFit: what pods request must be left; the emptier node is the better one.

Source: pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go,
balanced_allocation.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.scheduler.framework import MAX_SCORE, NodeFilter, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_ORDER = {"cpu": 0, "memory": 1, "ephemeral-storage": 2}


class NodeResourcesFit(NodeFilter):
    """A filter and a score."""

    name = "NodeResourcesFit"
    weight = 1

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects nodes without enough left of every requested resource."""
        reasons: list[str] = []
        resolvable = True
        if len(node.pods) + 1 > node.allocatable.get("pods", 0):
            reasons.append("Too many pods")
        for name in sorted(pod.requests, key=lambda name: (_ORDER.get(name, 3), name)):
            wanted, there = pod.requests[name], node.allocatable.get(name, 0)
            if wanted and wanted > there - node.requested.get(name, 0):
                reasons.append(f"Insufficient {name}")
                resolvable = resolvable and wanted <= there
        return Rejection(tuple(reasons), resolvable) if reasons else None

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """The share of cpu and memory that would be left."""
        return [_least_allocated(pod, node) for node in nodes]


def _least_allocated(pod: PodInfo, node: NodeInfo) -> int:
    total = count = 0
    for name, amount in pod.nonzero.items():
        there = node.allocatable.get(name, 0)
        if there == 0:
            continue
        used = node.counted[name] + amount
        total += (there - used) * MAX_SCORE // there if used <= there else 0
        count += 1
    return total // count if count else 0
