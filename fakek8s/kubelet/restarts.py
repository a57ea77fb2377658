"""Which containers are started again, and when.

Source: pkg/api/v1/pod (ContainerShouldRestart), client-go util/flowcontrol (Backoff).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Object = dict[str, Any]

_FIRST = 10.0
_LONGEST = 300.0


def is_sidecar(container: Object) -> bool:
    """An init container that goes on running (IsRestartableInitContainer)."""
    return container.get("restartPolicy") == "Always"


def should_restart(container: Object, spec: Object, code: int) -> bool:
    """Whether a container that exited with this code is started again."""
    policy = container.get("restartPolicy")
    if policy:
        for rule in container.get("restartPolicyRules") or ():
            if _matches(rule.get("exitCodes") or {}, code):
                return bool(rule.get("action") == "Restart")
    else:
        policy = spec.get("restartPolicy", "Always")
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def _matches(codes: Object, code: int) -> bool:
    inside = code in (codes.get("values") or ())
    return inside if codes.get("operator") == "In" else not inside


@dataclass(slots=True)
class Backoff:
    """The waits of one container or image: 10 s, doubled each time up to 5 minutes.

    The first failure waits for nothing; a row is forgotten after 10 minutes without one.
    """

    delay: float = 0.0
    updated: datetime | None = None

    def _known(self, at: datetime) -> bool:
        return self.updated is not None and at - self.updated <= timedelta(seconds=2 * _LONGEST)

    def left(self, failed_at: datetime, now: datetime) -> float:
        """Seconds to wait from now after a failure; 0 for none (IsInBackOffSince)."""
        if not self._known(failed_at):
            return 0.0
        return max(0.0, self.delay - (now - failed_at).total_seconds())

    def advance(self, failed_at: datetime, now: datetime) -> None:
        """Makes the next wait longer (Next)."""
        self.delay = min(self.delay * 2, _LONGEST) if self._known(failed_at) else _FIRST
        self.updated = now
