"""The status door of kinds that keep their metadata there too.

Upstream: metav1.ResetObjectMetaForStatus, in PrepareForUpdate of most newer status strategies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.kind import Strategy
from fakek8s.kinds.shared.doors import keeping

if TYPE_CHECKING:
    from fakek8s.kind import Prepare, Rule, Warn

KEPT = ("labels", "annotations", "finalizers", "ownerReferences")


def keeping_metadata() -> tuple[Prepare, ...]:
    """Steps after which metadata is as it was, managedFields aside."""
    return tuple(keeping(f"metadata.{name}") for name in KEPT)


def status(
    *, prepare: tuple[Prepare, ...] = (), rules: tuple[Rule, ...] = (), warn: tuple[Warn, ...] = ()
) -> Strategy:
    """A status door that writes nothing but the status."""
    return Strategy(
        prepare=(keeping("spec"), *keeping_metadata(), *prepare),
        rules=rules,
        warnings=warn,
        resets=("metadata", "spec"),
    )
