"""How long a pod may take to go.

Upstream: pkg/registry/core/pod/strategy.go CheckGracefulDelete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]


def grace(pod: Object, requested: int | None, op: Operation) -> int | None:
    """Seconds of grace: none for pods on no node or that have ended."""
    spec = pod["spec"]
    seconds = requested
    if seconds is None:
        seconds = spec.get("terminationGracePeriodSeconds") or 0
    phase = (pod.get("status") or {}).get("phase")
    if not spec.get("nodeName") or phase in ("Failed", "Succeeded"):
        return 0
    return 1 if seconds < 0 else seconds
