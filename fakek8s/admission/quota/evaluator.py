"""The evaluator record: what quota asks about one kind of object, and the one for mere counts.

Source: apiserver pkg/quota/v1/interfaces.go and generic/evaluator.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.admission.quota.amounts import ONE, Amounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """How much one object uses, and which quotas it falls under."""

    #: Of these resource names the ones that this evaluator measures.
    measures: Callable[[Iterable[str], Reader], list[str]]
    usage: Callable[[Object, Operation], Amounts]
    #: Whether a write may change usage at all.
    handles: Callable[[Object, Operation], bool]
    #: Whether an object is in a scope: a {scopeName, operator, values} requirement.
    in_scope: Callable[[Object, Object], bool] = lambda obj, scope: False
    #: Refuses an object that leaves out what a quota on these resources requires: the text.
    missing: Callable[[Object, list[str]], str] = lambda obj, names: ""


def created(obj: Object, op: Operation) -> bool:
    """Only creations count."""
    return not op.subresource and op.verb == "create"


def written(obj: Object, op: Operation) -> bool:
    """Creations and updates count."""
    return not op.subresource


def known(names: frozenset[str]) -> Callable[[Iterable[str], Reader], list[str]]:
    """`measures` of an evaluator with a fixed set of names."""
    return lambda given, reader: sorted(names.intersection(given))


def count_name(plural: str, group: str) -> str:
    """`count/deployments.apps` (ObjectCountQuotaResourceNameFor)."""
    return f"count/{plural}.{group}" if group else f"count/{plural}"


def counter(plural: str, group: str, alias: str = "") -> Evaluator:
    """The evaluator of a kind of which only the number counts."""
    names = frozenset(filter(None, (count_name(plural, group), alias)))
    return Evaluator(
        measures=known(names), usage=lambda obj, op: dict.fromkeys(names, ONE), handles=created
    )
