"""The user record: what authentication found out about a request's sender."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SYSTEM_MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"


@dataclass(frozen=True, slots=True)
class User:
    """A user as authentication.k8s.io's UserInfo has it (apiserver pkg/authentication/user)."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def info(self) -> dict[str, Any]:
        """The UserInfo object, empty fields left out, in upstream's order."""
        found: dict[str, Any] = {"username": self.name}
        if self.uid:
            found["uid"] = self.uid
        if self.groups:
            found["groups"] = list(self.groups)
        if self.extra:
            found["extra"] = {key: list(values) for key, values in sorted(self.extra.items())}
        return found


#: The control plane's own components inside this process (the loopback client upstream).
LOOPBACK = User("system:apiserver", groups=(SYSTEM_MASTERS, AUTHENTICATED))
NOBODY = User(ANONYMOUS, groups=(UNAUTHENTICATED,))
