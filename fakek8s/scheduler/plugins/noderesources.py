"""NodeResourcesFit: what pods request must be left; the emptier node is the better one.

Source: pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go,
balanced_allocation.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.scheduler.framework import MAX_SCORE, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_ORDER = {"cpu": 0, "memory": 1, "ephemeral-storage": 2}
#: What a pod without requests counts as in scores (GetNonzeroRequests).
_ASSUMED = {"cpu": 100, "memory": 200 * 1024 * 1024}


class NodeResourcesFit:
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
    for name in _ASSUMED:
        there = node.allocatable.get(name, 0)
        if there == 0:
            continue
        used = sum(_counted(other, name) for other in node.pods.values()) + _counted(pod, name)
        total += (there - used) * MAX_SCORE // there if used <= there else 0
        count += 1
    return total // count if count else 0


def _counted(pod: PodInfo, name: str) -> int:
    return pod.requests.get(name) or _ASSUMED[name]
