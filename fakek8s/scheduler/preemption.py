"""Preemption: which pods of lower priority would have to go so that a pod fits.

Source: pkg/scheduler/framework/preemption/preemption.go, plugins/defaultpreemption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.labels import from_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fakek8s.scheduler.framework import Rejection
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

    #: Why a pod does not fit on a node, given all nodes; None if it does.
    Reject = Callable[[PodInfo, NodeInfo, Sequence[NodeInfo]], Rejection | None]

Object = dict[str, Any]

_UNHELPFUL = "Preemption is not helpful for scheduling"
_NOBODY = "No preemption victims found for incoming pod"
NOT_ALLOWED = "not eligible due to preemptionPolicy=Never."
UNDER_WAY = "not eligible due to a terminating pod on the nominated node."


@dataclass(frozen=True, slots=True)
class Victims:
    """The pods to go from one node, most important first; `violations` of disruption budgets."""

    node: str
    pods: tuple[PodInfo, ...]
    violations: int


def priority(pod: PodInfo) -> int:
    """A pod's priority."""
    return int(pod.spec.get("priority") or 0)


def choose(
    pod: PodInfo,
    rejections: Mapping[str, Rejection],
    nodes: Sequence[NodeInfo],
    budgets: Sequence[Object],
    reject: Reject,
) -> tuple[Victims | None, dict[str, tuple[str, ...]]]:
    """The node where the least harm is done, and whom it takes there; else why none helps."""
    found: list[Victims] = []
    reasons: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        if not rejections[node.name].resolvable:
            reasons[node.name] = (_UNHELPFUL,)
            continue
        outcome = _victims(pod, node, nodes, budgets, reject)
        if isinstance(outcome, Victims):
            found.append(outcome)
        else:
            reasons[node.name] = outcome
    return min(found, key=_harm, default=None), reasons


def _victims(
    pod: PodInfo,
    node: NodeInfo,
    nodes: Sequence[NodeInfo],
    budgets: Sequence[Object],
    reject: Reject,
) -> Victims | tuple[str, ...]:
    """SelectVictimsOnNode: all of lower priority go, then as many as can be are spared."""
    lower = [other for other in node.pods.values() if priority(other) < priority(pod)]
    if not lower:
        return (_NOBODY,)
    trial = node.copy()
    others = [trial if other is node else other for other in nodes]
    for victim in lower:
        trial.remove(victim.uid)
    if (rejection := reject(pod, trial, others)) is not None:
        return rejection.reasons
    violating, harmless = _by_budgets(sorted(lower, key=_importance), budgets)
    victims: list[PodInfo] = []
    violations = 0
    for group in (violating, harmless):
        for victim in group:
            trial.add(victim)
            if reject(pod, trial, others) is not None:
                trial.remove(victim.uid)
                victims.append(victim)
                violations += group is violating
    victims.sort(key=_importance)
    return Victims(node.name, tuple(victims), violations)


def _importance(pod: PodInfo) -> tuple[int, str]:
    """Most important first: higher priority, then longer running (MoreImportantPod)."""
    return -priority(pod), pod.pod.get("status", {}).get("startTime") or "9"


def _by_budgets(
    pods: Iterable[PodInfo], budgets: Sequence[Object]
) -> tuple[list[PodInfo], list[PodInfo]]:
    """Those whose eviction a disruption budget would not allow, and the others."""
    allowed = [int((b.get("status") or {}).get("disruptionsAllowed") or 0) for b in budgets]
    violating: list[PodInfo] = []
    harmless: list[PodInfo] = []
    for pod in pods:
        metadata, violates = pod.pod["metadata"], False
        for number, budget in enumerate(budgets):
            if budget["metadata"]["namespace"] != metadata["namespace"]:
                continue
            selector = from_label_selector((budget.get("spec") or {}).get("selector"))
            disrupted = (budget.get("status") or {}).get("disruptedPods") or {}
            if metadata["name"] in disrupted or not selector.matches(metadata.get("labels") or {}):
                continue
            allowed[number] -= 1
            violates = violates or allowed[number] < 0
        (violating if violates else harmless).append(pod)
    return violating, harmless


def _harm(victims: Victims) -> tuple[Any, ...]:
    """pickOneNodeForPreemption, in the order of its criteria."""
    priorities = [priority(pod) for pod in victims.pods]
    highest = max(priorities)
    earliest = min(
        pod.pod.get("status", {}).get("startTime") or "9"
        for pod in victims.pods
        if priority(pod) == highest
    )
    # Of the earliest starts of the most important victims the latest is the best.
    return (
        victims.violations,
        highest,
        sum(value + 2**31 for value in priorities),
        len(priorities),
        tuple(-ord(char) for char in earliest),
    )
