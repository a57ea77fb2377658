"""TaintToleration: pods stay away from taints they don't tolerate, or would rather."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.machinery.tolerations import tolerated
from fakek8s.scheduler.framework import NodeFilter, Rejection, normalized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

_REASON = "node(s) had untolerated taint(s)"
_FORBIDDING = ("NoSchedule", "NoExecute")


class TaintToleration(NodeFilter):
    """A filter and a score."""

    name = "TaintToleration"
    weight = 3

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Rejects nodes with a taint that forbids and is not tolerated."""
        for taint in node.node.get("spec", {}).get("taints") or ():
            if taint["effect"] in _FORBIDDING and not tolerated(pod.spec.get("tolerations"), taint):
                return Rejection((_REASON,))
        return None

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """The fewer PreferNoSchedule taints that are not tolerated, the better."""
        tolerations = [
            toleration
            for toleration in pod.spec.get("tolerations") or ()
            if toleration.get("effect", "") in ("", "PreferNoSchedule")
        ]
        return normalized(
            [
                sum(
                    taint["effect"] == "PreferNoSchedule" and not tolerated(tolerations, taint)
                    for taint in node.node.get("spec", {}).get("taints") or ()
                )
                for node in nodes
            ],
            reverse=True,
        )
