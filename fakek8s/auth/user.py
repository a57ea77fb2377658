"""The user record: what authentication found out about a request's sender."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fakek8s.machinery.names import is_dns1123_label, is_dns1123_subdomain

SYSTEM_MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
NODES = "system:nodes"
_ACCOUNT = "system:serviceaccount:"
_ACCOUNTS = "system:serviceaccounts"
_NODE = "system:node:"


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


def account_name(namespace: str, name: str) -> str:
    """The user name of a service account (serviceaccount.MakeUsername)."""
    return f"{_ACCOUNT}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    """The groups of a namespace's service accounts (serviceaccount.MakeGroupNames)."""
    return (_ACCOUNTS, f"{_ACCOUNTS}:{namespace}")


def account_of(name: str) -> tuple[str, str] | None:
    """(namespace, name) of the service account that a user name means, or None
    (serviceaccount.SplitUsername)."""
    if not name.startswith(_ACCOUNT):
        return None
    namespace, colon, account = name.removeprefix(_ACCOUNT).partition(":")
    if not colon or is_dns1123_label(namespace) or is_dns1123_subdomain(account):
        return None
    return namespace, account


def node_of(name: str) -> str:
    """The node that a user name means, "" if it means none."""
    node = name.removeprefix(_NODE) if name.startswith(_NODE) else ""
    return "" if is_dns1123_subdomain(node) else node
