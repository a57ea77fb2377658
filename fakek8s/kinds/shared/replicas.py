"""The counts in the status of what keeps replicas.

Upstream: pkg/apis/apps/validation ValidateDeploymentStatus, ValidateReplicaSetStatus and their
kin, which differ in the fields they know and in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import invalid
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def counts_rules(
    status: Object, counts: Sequence[str], *, within: Sequence[str]
) -> Iterator[FieldError]:
    """No count is negative, those `within` are at most `replicas`, no more available than ready."""
    for name in counts:
        yield from non_negative(status.get(name), f"status.{name}")
    replicas, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    for name in within:
        if (count := status.get(name, 0)) > replicas:
            yield invalid(f"status.{name}", count, "cannot be greater than status.replicas")
    if available > status.get("readyReplicas", 0):
        yield invalid("status.availableReplicas", available, "cannot be greater than readyReplicas")


def not_decremented(status: Object, old: Object, name: str) -> Iterator[FieldError]:
    """IsDecremented: a counter that only grows, and stays once it is there."""
    before, after = old.get(name), status.get(name)
    if before is not None and (after is None or after < before):
        yield invalid(f"status.{name}", after or 0, "cannot be decremented")
