"""Impersonation: acting as another user, for those who may (apiserver filters/impersonation)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from fakek8s import errors
from fakek8s.auth.authorizer import Attributes
from fakek8s.auth.user import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.auth.authorizer import Authorizer

_USER = "impersonate-user"
_UID = "impersonate-uid"
_GROUP = "impersonate-group"
_EXTRA = "impersonate-extra-"
_SERVICE_ACCOUNT = "system:serviceaccount:"
_AUTHENTICATION = "authentication.k8s.io"


def impersonate(user: User, headers: Mapping[str, list[str]], authorizer: Authorizer) -> User:
    """The user that the headers (lower-case names) name.

    Raises APIError 400 when they name no user, 403 when the requester may not be them.
    """
    names = headers.get(_USER) or [""]
    name = names[0]
    groups = tuple(headers.get(_GROUP, ()))
    uid = (headers.get(_UID) or [""])[0]
    extra = {
        unquote(header.removeprefix(_EXTRA)).lower(): tuple(values)
        for header, values in headers.items()
        if header.startswith(_EXTRA)
    }
    if not name:
        raise errors.bad_request("requested impersonation without impersonating a user")
    for attributes in _questions(user, name, uid, groups, extra):
        authorizer.require(attributes)
    return User(name, uid, _with_implied(name, groups), extra)


def _questions(
    user: User, name: str, uid: str, groups: tuple[str, ...], extra: dict[str, tuple[str, ...]]
) -> list[Attributes]:
    """What the requester must be allowed to impersonate, in upstream's order."""

    def ask(
        resource: str, value: str, *, group: str = "", namespace: str = "", subresource: str = ""
    ) -> Attributes:
        return Attributes(
            user=user,
            verb="impersonate",
            version="v1",
            group=group,
            namespace=namespace,
            resource=resource,
            subresource=subresource,
            name=value,
        )

    found = []
    if name.startswith(_SERVICE_ACCOUNT) and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        found.append(ask("serviceaccounts", account, namespace=namespace))
    else:
        found.append(ask("users", name))
    found += [ask("groups", group) for group in groups]
    for key, values in extra.items():
        found += [
            ask("userextras", value, group=_AUTHENTICATION, subresource=key) for value in values
        ]
    if uid:
        found.append(ask("uids", uid, group=_AUTHENTICATION))
    return found


def _with_implied(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that come with a name: everybody's, and a service account's own."""
    if not groups and name.startswith(_SERVICE_ACCOUNT) and name.count(":") == 3:
        namespace = name.split(":")[2]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    if name == ANONYMOUS:
        return groups if UNAUTHENTICATED in groups else (*groups, UNAUTHENTICATED)
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, AUTHENTICATED)
