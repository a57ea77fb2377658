"""The status door of kinds that keep their metadata there too.

Upstream: metav1.ResetObjectMetaForStatus, in PrepareForUpdate of most newer status strategies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.kind import Strategy
from fakek8s.kinds.shared.doors import keeping

if TYPE_CHECKING:
    from fakek8s.kind import Prepare, Rule, Warn

#: With these, metadata is as it was, managedFields aside.
_KEPT = ("labels", "annotations", "finalizers", "ownerReferences")


def status(
    *, prepare: tuple[Prepare, ...] = (), rules: tuple[Rule, ...] = (), warn: tuple[Warn, ...] = ()
) -> Strategy:
    """A status door that writes nothing but the status."""
    return Strategy(
        prepare=(keeping("spec"), *(keeping(f"metadata.{name}") for name in _KEPT), *prepare),
        rules=rules,
        warnings=warn,
        resets=("metadata", "spec"),
    )
