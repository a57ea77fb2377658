"""What users are told when no node will do.

Source: pkg/scheduler/framework/types.go (FitError), pkg/scheduler/framework/preemption.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.scheduler.framework import Rejection
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

NO_NODES = "no nodes available to schedule pods"


def explain(pod: PodInfo, rejections: Mapping[str, Rejection], nodes: list[NodeInfo]) -> str:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) ....`, and about preemption."""
    reasons = Counter(reason for found in rejections.values() for reason in found.reasons)
    text = _nodes_text(len(nodes), reasons)
    preemption = _preemption(pod, rejections, nodes)
    return f"{text} preemption: {preemption}" if preemption else text


def _nodes_text(count: int, reasons: Counter[str]) -> str:
    text = f"0/{count} nodes are available:"
    if reasons:
        text += f" {', '.join(sorted(f'{n} {reason}' for reason, n in reasons.items()))}."
    return text


def _preemption(pod: PodInfo, rejections: Mapping[str, Rejection], nodes: list[NodeInfo]) -> str:
    """Why preemption does not help; "" where it might have: it is not emulated."""
    if pod.spec.get("preemptionPolicy") == "Never":
        return "not eligible due to preemptionPolicy=Never."
    reasons: Counter[str] = Counter()
    for node in nodes:
        if not rejections[node.name].resolvable:
            reasons["Preemption is not helpful for scheduling"] += 1
        elif any(_priority(other) < _priority(pod) for other in node.pods.values()):
            return ""
        else:
            reasons["No preemption victims found for incoming pod"] += 1
    return _nodes_text(len(nodes), reasons)


def _priority(pod: PodInfo) -> int:
    return int(pod.spec.get("priority") or 0)
