"""NodePorts: no two pods have the same host port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.scheduler.framework import NodeFilter, Rejection

if TYPE_CHECKING:
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_REASON = "node(s) didn't have free ports for the requested pod ports"


class NodePorts(NodeFilter):
    """A filter."""

    name = "NodePorts"

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects nodes where one of the pod's host ports is taken."""
        if pod.ports and node.ports_conflict(pod.ports):
            return Rejection((_REASON,), resolvable=True)
        return None
