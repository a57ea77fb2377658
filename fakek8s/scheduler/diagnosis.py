"""What users are told when no node will do.

Source: pkg/scheduler/framework/types.go (FitError).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_NODES = "no nodes available to schedule pods"


def explain(count: int, reasons: Iterable[tuple[str, ...]]) -> str:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) ....`; reasons of each node."""
    counted = Counter(reason for found in reasons for reason in found)
    text = f"0/{count} nodes are available:"
    if counted:
        text += f" {', '.join(sorted(f'{n} {reason}' for reason, n in counted.items()))}."
    return text
