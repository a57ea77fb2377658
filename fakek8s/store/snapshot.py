"""A state to start stores from: all resources at one revision, without their history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.store.history import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What `MemoryStore.snapshot` took; any number of stores may start from it.

    The states are shared with them and with the store it came from: whoever writes to a resource
    copies its state first, so that a snapshot and a start cost as much as there are resources.
    """

    revision: int
    states: Mapping[str, State]
