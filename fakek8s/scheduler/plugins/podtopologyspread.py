"""PodTopologySpread: pods of a kind are spread evenly over zones, hosts or what else nodes are in.

Source: pkg/scheduler/framework/plugins/podtopologyspread (filtering.go, scoring.go, common.go).
The default constraints of the default profile are not applied: they only break ties.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.labels import Selector, from_label_selector
from fakek8s.machinery.tolerations import tolerated
from fakek8s.scheduler.framework import MAX_SCORE, Rejection
from fakek8s.scheduler.plugins.nodeaffinity import NodeAffinity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.scheduler.framework import Check
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

Object = dict[str, Any]

_REASON = "node(s) didn't match pod topology spread constraints"
_NO_LABEL = f"{_REASON} (missing required label)"
_AFFINITY = NodeAffinity()


@dataclass(frozen=True, slots=True)
class _Constraint:
    key: str
    max_skew: int
    fewest_domains: int
    honors_affinity: bool
    honors_taints: bool
    selector: Selector


class PodTopologySpread:
    """A filter and a score."""

    name = "PodTopologySpread"
    weight = 2

    def check(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Check | None:
        """Counts the pods that the constraints select, by domain."""
        constraints = _constraints(pod, "DoNotSchedule")
        if not constraints:
            return None
        counts = _counted(pod, constraints, nodes)
        labels_of_pod = pod.pod["metadata"].get("labels") or {}

        def check(node: NodeInfo) -> Rejection | None:
            labels = _labels(node)
            for constraint, count in zip(constraints, counts, strict=True):
                value = labels.get(constraint.key)
                if value is None:
                    return Rejection((_NO_LABEL,))
                fewest = min(count.values(), default=0)
                if len(count) < constraint.fewest_domains:
                    fewest = 0
                own = int(constraint.selector.matches(labels_of_pod))
                if count.get(value, 0) + own - fewest > constraint.max_skew:
                    return Rejection((_REASON,), resolvable=True)
            return None

        return check

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """The fewer pods of the kind in a node's domains, the better."""
        constraints = _constraints(pod, "ScheduleAnyway")
        if not constraints:
            return [0] * len(nodes)
        counts = _counted(pod, constraints, nodes)
        raw = []
        for node in nodes:
            labels, total = _labels(node), 0.0
            for constraint, count in zip(constraints, counts, strict=True):
                if constraint.key in labels:
                    weight = math.log(len(count) + 2)
                    matching = count.get(labels[constraint.key], 0)
                    total += matching * weight + constraint.max_skew - 1
            raw.append(round(total))
        highest, lowest = max(raw), min(raw)
        if highest == 0:
            return [MAX_SCORE] * len(raw)
        return [MAX_SCORE * (highest + lowest - score) // highest for score in raw]


def _constraints(pod: PodInfo, when: str) -> list[_Constraint]:
    return [
        _Constraint(
            entry["topologyKey"],
            entry["maxSkew"],
            entry.get("minDomains") or 1,
            entry.get("nodeAffinityPolicy", "Honor") == "Honor",
            entry.get("nodeTaintsPolicy", "Ignore") == "Honor",
            from_label_selector(entry.get("labelSelector")),
        )
        for entry in pod.spec.get("topologySpreadConstraints") or ()
        if entry["whenUnsatisfiable"] == when
    ]


def _counted(
    pod: PodInfo, constraints: Sequence[_Constraint], nodes: Sequence[NodeInfo]
) -> list[dict[str, int]]:
    """By constraint and domain: the pods in it, 0 where there could be some."""
    counts: list[Counter[str]] = [Counter() for _ in constraints]
    namespace = pod.pod["metadata"]["namespace"]
    for node in nodes:
        labels = _labels(node)
        if any(constraint.key not in labels for constraint in constraints):
            continue
        for constraint, count in zip(constraints, counts, strict=True):
            if _includes(constraint, pod, node):
                count[labels[constraint.key]] += sum(
                    _counts(other, namespace, constraint) for other in node.pods.values()
                )
    return [dict(count) for count in counts]


def _counts(other: PodInfo, namespace: str, constraint: _Constraint) -> bool:
    metadata = other.pod["metadata"]
    return (
        metadata["namespace"] == namespace
        and "deletionTimestamp" not in metadata
        and constraint.selector.matches(metadata.get("labels") or {})
    )


def _includes(constraint: _Constraint, pod: PodInfo, node: NodeInfo) -> bool:
    """Whether a node's domain counts (the node inclusion policies)."""
    if constraint.honors_affinity and _AFFINITY.reject(pod, node) is not None:
        return False
    tolerations = pod.spec.get("tolerations")
    return not constraint.honors_taints or all(
        tolerated(tolerations, taint)
        for taint in node.node.get("spec", {}).get("taints") or ()
        if taint["effect"] in ("NoSchedule", "NoExecute")
    )


def _labels(node: NodeInfo) -> Mapping[str, str]:
    labels: Mapping[str, str] = node.node["metadata"].get("labels") or {}
    return labels
