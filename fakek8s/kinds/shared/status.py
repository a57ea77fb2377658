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
WRITABLE = ("labels", "annotations", "finalizers", "ownerReferences")
_RESET = ("deletionTimestamp", *WRITABLE)
#: Of kinds that keep the whole of it.
ALL = ("generateName", "deletionGracePeriodSeconds", *_RESET)


def status(
    *,
    prepare: tuple[Prepare, ...] = (),
    rules: tuple[Rule, ...] = (),
    warn: tuple[Warn, ...] = (),
    keeps: tuple[str, ...] = _RESET,
) -> Strategy:
    """A status door that writes nothing but the status; of metadata it `keeps` what is named."""
    return Strategy(
        prepare=(keeping("spec"), *(keeping(f"metadata.{name}") for name in keeps), *prepare),
        rules=rules,
        warnings=warn,
        resets=("metadata", "spec"),
    )
