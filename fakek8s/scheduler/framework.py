"""What a scheduler and its plugins are.

Source of the vocabulary: k8s.io/kube-scheduler framework (Filter and Score plugins).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

Object = dict[str, Any]

#: The best score a node can get (MaxNodeScore).
MAX_SCORE = 100


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a node won't do. `resolvable`: it would if pods on it went away (Unschedulable)."""

    reasons: tuple[str, ...]
    resolvable: bool = False


#: Why a pod can't run on a node; None if it can.
Check = Callable[["NodeInfo"], Rejection | None]


class Filter(Protocol):
    """Says which nodes won't do."""

    name: str

    def check(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Check | None:
        """Looks at a pod and all nodes; gives what looks at each node, None if nothing need."""


class NodeFilter:
    """A filter that looks at one node at a time."""

    name: str

    def check(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Check:
        """See `Filter`."""
        return partial(self.reject, pod)

    def reject(self, pod: PodInfo, node: NodeInfo) -> Rejection | None:
        """Why the pod can't run on the node; None if it can."""
        raise NotImplementedError


class Score(Protocol):
    """Says which nodes do better than others."""

    name: str
    weight: int

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """0 to MAX_SCORE for each node, already normalised."""


class Scheduler(Protocol):
    """What binds pods to nodes; another one can take the default's place."""

    @property
    def idle(self) -> bool:
        """True when nothing is left that could be done now."""

    def start(self) -> None:
        """Starts to schedule; informers are running."""

    async def stop(self) -> None:
        """Ends it."""


def normalized(raw: Sequence[int], *, reverse: bool = False) -> list[int]:
    """Scores stretched so that the highest is MAX_SCORE (DefaultNormalizeScore)."""
    highest = max(raw, default=0)
    if highest == 0:
        return [MAX_SCORE if reverse else 0] * len(raw)
    found = [MAX_SCORE * score // highest for score in raw]
    return [MAX_SCORE - score for score in found] if reverse else found
