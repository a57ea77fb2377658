"""NodeUnschedulable: cordoned nodes get no pods but those that tolerate it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.machinery.tolerations import tolerated
from fakek8s.scheduler.framework import NodeFilter, Rejection

if TYPE_CHECKING:
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_REASON = "node(s) were unschedulable"
_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(NodeFilter):
    """A filter."""

    name = "NodeUnschedulable"

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects cordoned nodes."""
        if not node.node.get("spec", {}).get("unschedulable"):
            return None
        if tolerated(pod.spec.get("tolerations"), _TAINT):
            return None
        return Rejection((_REASON,))
