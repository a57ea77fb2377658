"""NodeName: pods that name their node go there and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.scheduler.framework import NodeFilter, Rejection

if TYPE_CHECKING:
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_REASON = "node(s) didn't match the requested node name"


class NodeName(NodeFilter):
    """A filter."""

    name = "NodeName"

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects every other node."""
        wanted = pod.spec.get("nodeName")
        return Rejection((_REASON,)) if wanted and wanted != node.name else None
