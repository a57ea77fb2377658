"""Impersonation: acting as another user, for those who may.

Since 1.36 what somebody does while acting as another can be limited; who may impersonate without
limits still may. Source: apiserver pkg/endpoints/filters/impersonation (KEP 5284).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fakek8s import errors
from fakek8s.auth.authorizer import Attributes, refusal
from fakek8s.auth.user import (
    ANONYMOUS,
    AUTHENTICATED,
    NODES,
    SYSTEM_MASTERS,
    UNAUTHENTICATED,
    User,
    account_groups,
    account_of,
    node_of,
)
from fakek8s.machinery.names import is_dns1123_subdomain, is_domain_prefixed_path
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fakek8s.auth.authorizer import Authorizer

_USER = "impersonate-user"
_UID = "impersonate-uid"
_GROUP = "impersonate-group"
_EXTRA = "impersonate-extra-"
_AUTHENTICATION = "authentication.k8s.io"
_NODE_NAME = "authentication.kubernetes.io/node-name"
_MALFORMED = re.compile("%(?![0-9a-fA-F]{2})")

_CONSTRAINED_SINCE = 36
#: From so many values on, a single question about all of them comes first.
_MANY = 4
#: How many requesters' last modes are remembered.
_REMEMBERED = 10_000


def _only_named(wanted: User) -> bool:
    return not (wanted.uid or wanted.groups or wanted.extra)


def _is_own_node(wanted: User, requester: User) -> bool:
    name = node_of(wanted.name)
    if not name or not _only_named(wanted) or account_of(requester.name) is None:
        return False
    return requester.extra.get(_NODE_NAME) == (name,)


def _is_node(wanted: User, requester: User) -> bool:
    return _only_named(wanted) and bool(node_of(wanted.name))


def _is_account(wanted: User, requester: User) -> bool:
    return _only_named(wanted) and account_of(wanted.name) is not None


def _is_other(wanted: User, requester: User) -> bool:
    return not node_of(wanted.name) and account_of(wanted.name) is None


def _anybody(wanted: User, requester: User) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Mode:
    """One way to be allowed to act as somebody; `name` is "" for the one without limits."""

    name: str
    applies: Callable[[User, User], bool]

    @property
    def verb(self) -> str:
        return f"impersonate:{self.name}" if self.name else "impersonate"


_OWN_NODE = "associated-node"
#: In the order in which they are tried.
_MODES = (
    _Mode(_OWN_NODE, _is_own_node),
    _Mode("arbitrary-node", _is_node),
    _Mode("serviceaccount", _is_account),
    _Mode("user-info", _is_other),
    _Mode("", _anybody),
)


class Impersonation:
    """Finds out who a request acts as; remembers by which mode each requester last could."""

    __slots__ = ("_authorizer", "_last", "_modes")

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        constrained = authorizer.minor >= _CONSTRAINED_SINCE
        self._modes = _MODES if constrained else _MODES[-1:]
        self._last: dict[str, _Mode] = {}

    def acting(self, asked: Attributes, headers: Mapping[str, list[str]]) -> User:
        """The user that the headers (lower-case names) of a request name; the requester's own
        if they name none.

        Raises APIError 400 when they say who to be but for a name, 403 when the requester may
        not be them: in the words of the mode that was tried first.
        """
        wanted = wanted_user(headers)
        if not wanted.name:
            extra = any(header.startswith(_EXTRA) for header in headers)
            if not (wanted.uid or wanted.groups or extra):
                return asked.user
            raise errors.bad_request(_nameless(wanted, structured=len(self._modes) > 1))
        requester = asked.user
        last = self._last.get(requester.name)
        first: errors.APIError | None = None
        for mode in sorted(self._modes, key=lambda mode: mode is not last):
            if not mode.applies(wanted, requester):
                continue
            try:
                found = self._check(mode, wanted, asked)
            except errors.APIError as error:
                first = first or error
                continue
            self._remember(requester.name, mode)
            return found
        assert first is not None, "the last mode applies to everybody"
        raise first

    def _remember(self, requester: str, mode: _Mode) -> None:
        if len(self._last) >= _REMEMBERED:
            del self._last[next(iter(self._last))]
        self._last[requester] = mode

    def _check(self, mode: _Mode, wanted: User, asked: Attributes) -> User:
        """Who is acted as by one mode; raises APIError 403."""
        requester = asked.user
        if mode.name == _OWN_NODE:
            keys = tuple(sorted(requester.extra))
            extra = {"authentication.kubernetes.io/associated-node-keys": keys}
            requester = replace(requester, extra=extra)
        if mode.name:
            verb = f"impersonate-on:{mode.name}:{asked.verb}"
            self._authorizer.require(replace(asked, user=requester, verb=verb))
        return self._check_user(mode, wanted, requester)

    def _check_user(self, mode: _Mode, wanted: User, requester: User) -> User:
        def question(
            resource: str, name: str, group: str = _AUTHENTICATION, namespace: str = ""
        ) -> Attributes:
            return Attributes(
                user=requester,
                verb=mode.verb,
                version="v1",
                group=group,
                namespace=namespace,
                resource=resource,
                name=name,
            )

        require = self._authorizer.require
        #: Users and groups had no API group when impersonation was young.
        group = _AUTHENTICATION if mode.name else ""
        account, node = account_of(wanted.name), node_of(wanted.name) if mode.name else ""
        groups = wanted.groups
        if account is not None:
            namespace, name = account
            require(question("serviceaccounts", name, group, namespace))
            groups = groups or account_groups(namespace)
        elif node:
            require(question("nodes", "*" if mode.name == _OWN_NODE else node, group))
            groups = (NODES,)
        else:
            require(question("users", wanted.name, group))
        if wanted.uid:
            require(question("uids", wanted.uid))
        self._check_groups(mode, wanted.groups, question("groups", "", group))
        self._check_extra(mode, wanted.extra, question("userextras", ""))
        return replace(wanted, groups=_with_implied(wanted.name, groups))

    def _check_groups(self, mode: _Mode, groups: tuple[str, ...], asked: Attributes) -> None:
        if mode.name and "" in groups:
            raise refusal(asked, "impersonating the empty string group is not allowed")
        if mode.name and SYSTEM_MASTERS in groups:
            why = f"impersonating the {SYSTEM_MASTERS} group is not allowed"
            raise refusal(replace(asked, name=SYSTEM_MASTERS), why)
        many = bool(mode.name) and len(groups) >= _MANY
        if many and self._authorizer.decide(replace(asked, name="*"))[0]:
            return
        for name in groups:
            self._authorizer.require(replace(asked, name=name))

    def _check_extra(
        self, mode: _Mode, extra: Mapping[str, tuple[str, ...]], asked: Attributes
    ) -> None:
        if mode.name:
            if why := next(filter(None, map(_wrong_extra, extra.items())), ""):
                raise refusal(asked, why)
            many = len(extra) >= _MANY or sum(map(len, extra.values())) >= _MANY
            everything = replace(asked, subresource="*", name="*")
            if many and self._authorizer.decide(everything)[0]:
                return
        for key, values in extra.items():
            for value in values:
                self._authorizer.require(replace(asked, subresource=key, name=value))


def wanted_user(headers: Mapping[str, list[str]]) -> User:
    """The user as the headers have it; its name is "" if they give none."""
    extra: dict[str, tuple[str, ...]] = {}
    for header, values in headers.items():
        if header.startswith(_EXTRA):
            key = header.removeprefix(_EXTRA)
            key = key if _MALFORMED.search(key) else unquote(key)
            extra[key] = (*extra.get(key, ()), *values)
    name, uid = ((headers.get(header) or [""])[0] for header in (_USER, _UID))
    return User(name, uid, tuple(headers.get(_GROUP, ())), extra)


def _nameless(wanted: User, *, structured: bool) -> str:
    """What a request for a user without a name is told: the user as Go prints it."""
    if not structured:
        return f"requested {_references(wanted)} without impersonating a user"
    groups = f"[]string{{{_go_list(wanted.groups)}}}" if wanted.groups else "[]string(nil)"
    extra = ", ".join(
        f"{quote(key)}:[]string{{{_go_list(values)}}}"
        for key, values in sorted(wanted.extra.items())
    )
    shown = f"map[string][]string{{{extra}}}" if extra else "map[string][]string(nil)"
    return (
        f'requested &user.DefaultInfo{{Name:"", UID:{quote(wanted.uid)}, Groups:{groups}, '
        f"Extra:{shown}}} without impersonating a user name"
    )


def _go_list(values: tuple[str, ...]) -> str:
    return ", ".join(map(quote, values))


def _references(wanted: User) -> str:
    """A list of ObjectReferences: kind, namespace, name, uid, version, revision, field path."""
    version = f"{_AUTHENTICATION}/v1"
    found = [f"{{Group  {group}    }}" for group in wanted.groups]
    for key, values in wanted.extra.items():
        found += [f"{{UserExtra  {value}  {version}  {key}}}" for value in values]
    if wanted.uid:
        found.append(f"{{UID  {wanted.uid}  {version}  }}")
    return f"[{' '.join(found)}]"


def _wrong_extra(item: tuple[str, tuple[str, ...]]) -> str:
    """What is wrong with an extra field, "" for nothing (validateExtra)."""
    key, values = item
    if not key:
        return "impersonating the empty string key in extra is not allowed"
    if problems := is_domain_prefixed_path(key):
        text = ", ".join(_wrong_key(key, problem) for problem in problems)
        text = text if len(problems) == 1 else f"[{text}]"
        return f"impersonating an invalid key in extra is not allowed: {text}"
    if key != key.lower():
        return f"impersonating a non-lowercase key in extra is not allowed: {quote(key)}"
    if not values:
        return "impersonating empty values in extra is not allowed"
    return "impersonating the empty string value in extra is not allowed" if "" in values else ""


def _wrong_key(key: str, problem: str) -> str:
    """One problem of a key, which is about the part before its slash, after it, or all of it."""
    host, _, path = key.partition("/")
    value = key
    if host and path:
        value = host if problem in is_dns1123_subdomain(host) else path
    return f"extra.key: Invalid value: {quote(value)}: {problem}"


def _with_implied(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups with the one that everybody is in, or everybody without credentials."""
    if name == ANONYMOUS:
        return groups if UNAUTHENTICATED in groups else (*groups, UNAUTHENTICATED)
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, AUTHENTICATED)
