"""InterPodAffinity: pods that want to be near others, or far from them.

Source: pkg/scheduler/framework/plugins/interpodaffinity (filtering.go, scoring.go).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.labels import Selector, from_label_selector
from fakek8s.scheduler.framework import MAX_SCORE, Rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fakek8s.scheduler.framework import Check
    from fakek8s.scheduler.snapshot import NodeInfo, PodInfo

Object = dict[str, Any]
#: (topology key, value)
Domain = tuple[str, str]

_AFFINITY = "node(s) didn't match pod affinity rules"
_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
_EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
#: What a required affinity of a pod that is there counts in scores (hardPodAffinityWeight).
_HARD_WEIGHT = 1


@dataclass(frozen=True, slots=True)
class _Term:
    """One term: pods in these namespaces (None: all that `among` selects) with these labels."""

    key: str
    namespaces: frozenset[str]
    among: Selector | None
    selector: Selector
    weight: int = 0


class InterPodAffinity:
    """A filter and a score."""

    name = "InterPodAffinity"
    weight = 2

    def __init__(self, namespace_labels: Callable[[str], Mapping[str, str]]) -> None:
        """`namespace_labels`: the labels of a namespace by its name."""
        self._labels = namespace_labels

    def check(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Check | None:
        """Counts, by domain, the pods that matter to this one, and those it matters to."""
        wanted = _terms(pod, "podAffinity")
        unwanted = _terms(pod, "podAntiAffinity")
        near, far, existing = Counter[Domain](), Counter[Domain](), Counter[Domain]()
        for node in nodes:
            labels = _labels(node)
            for other in node.pods.values() if wanted or unwanted else ():
                if wanted and all(self._selects(term, other) for term in wanted):
                    near.update(_domains(wanted, labels))
                far.update(
                    _domains([term for term in unwanted if self._selects(term, other)], labels)
                )
            for other in node.affine.values():
                against = [t for t in _terms(other, "podAntiAffinity") if self._selects(t, pod)]
                existing.update(_domains(against, labels))
        if not wanted and not unwanted and not existing:
            return None
        first = not near and all(self._selects(term, pod) for term in wanted)

        def check(node: NodeInfo) -> Rejection | None:
            labels = _labels(node)
            if any(term.key not in labels for term in wanted):
                return Rejection((_AFFINITY,))
            if not first and any(not near[term.key, labels[term.key]] for term in wanted):
                return Rejection((_AFFINITY,))
            if any(far[domain] for domain in _domains(unwanted, labels)):
                return Rejection((_ANTI_AFFINITY,), resolvable=True)
            if any(existing[domain] for domain in labels.items()):
                return Rejection((_EXISTING,), resolvable=True)
            return None

        return check

    def scores(self, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """The weights of what is preferred, by this pod and by those that are there."""
        wanted, unwanted = _preferred(pod, "podAffinity"), _preferred(pod, "podAntiAffinity")
        totals: Counter[Domain] = Counter()
        for node in nodes:
            labels = _labels(node)
            for other in (node.pods if wanted or unwanted else node.affine).values():
                for term, sign in self._mutual(pod, other, wanted, unwanted):
                    if term.key in labels:
                        totals[term.key, labels[term.key]] += sign * term.weight
        raw = [sum(totals[domain] for domain in _labels(node).items()) for node in nodes]
        lowest, highest = min(raw), max(raw)
        if lowest == highest:
            return [0] * len(raw)
        return [MAX_SCORE * (score - lowest) // (highest - lowest) for score in raw]

    def _mutual(
        self, pod: PodInfo, other: PodInfo, wanted: list[_Term], unwanted: list[_Term]
    ) -> list[tuple[_Term, int]]:
        found = [(term, 1) for term in wanted if self._selects(term, other)]
        found += [(term, -1) for term in unwanted if self._selects(term, other)]
        if other.spec.get("affinity"):
            hard = _terms(other, "podAffinity", _HARD_WEIGHT)
            for term in (*hard, *_preferred(other, "podAffinity")):
                if self._selects(term, pod):
                    found.append((term, 1))
            for term in _preferred(other, "podAntiAffinity"):
                if self._selects(term, pod):
                    found.append((term, -1))
        return found

    def _selects(self, term: _Term, pod: PodInfo) -> bool:
        metadata = pod.pod["metadata"]
        namespace = metadata["namespace"]
        if namespace not in term.namespaces and (
            term.among is None or not term.among.matches(self._labels(namespace))
        ):
            return False
        return term.selector.matches(metadata.get("labels") or {})


def _labels(node: NodeInfo) -> Mapping[str, str]:
    labels: Mapping[str, str] = node.node["metadata"].get("labels") or {}
    return labels


def _domains(terms: Sequence[_Term], labels: Mapping[str, str]) -> list[Domain]:
    return [(term.key, labels[term.key]) for term in terms if term.key in labels]


def _terms(pod: PodInfo, field: str, weight: int = 0) -> list[_Term]:
    affinity = (pod.spec.get("affinity") or {}).get(field) or {}
    return [_term(pod, term, weight) for term in affinity.get(_REQUIRED) or ()]


def _preferred(pod: PodInfo, field: str) -> list[_Term]:
    affinity = (pod.spec.get("affinity") or {}).get(field) or {}
    return [
        _term(pod, entry["podAffinityTerm"], entry["weight"])
        for entry in affinity.get(_PREFERRED) or ()
    ]


def _term(pod: PodInfo, term: Object, weight: int) -> _Term:
    among, namespaces = term.get("namespaceSelector"), term.get("namespaces") or ()
    if not namespaces and among is None:
        namespaces = (pod.pod["metadata"]["namespace"],)
    return _Term(
        term["topologyKey"],
        frozenset(namespaces),
        None if among is None else from_label_selector(among),
        from_label_selector(term.get("labelSelector")),
        weight,
    )
