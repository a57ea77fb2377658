"""Which FlowSchema and priority level a request belongs to, as answers tell by their uids.

Nothing is queued here: requests of a test need no fairness. Clients read the two headers to learn
whether priority and fairness is there, and tests of FlowSchemas to see which one matched.
Source: apiserver pkg/util/flowcontrol/rule.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.api.route import LONG_RUNNING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.auth.user import User
    from fakek8s.server.request import RequestInfo
    from fakek8s.store.types import Entry, Store

Object = dict[str, Any]
Headers = tuple[tuple[str, str], ...]

_GROUP: Final = "flowcontrol.apiserver.k8s.io"
_SCHEMAS: Final = f"flowschemas.{_GROUP}"
_LEVELS: Final = f"prioritylevelconfigurations.{_GROUP}"
_CACHED: Final = 2048
_ACCOUNTS: Final = "system:serviceaccount:"


class Classifier:
    """Matches requests with the FlowSchemas of a server, and remembers the results."""

    __slots__ = ("_known", "_schemas", "_seen", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        #: The store's own list: as long as it gives the same one, nothing has changed.
        self._seen: list[Entry] = []
        self._schemas: list[Object] = []
        self._known: dict[tuple[Any, ...], Headers] = {}

    def headers(self, user: User, info: RequestInfo) -> Headers:
        """The headers of an answer; none for what priority and fairness leaves alone."""
        if info.subresource in LONG_RUNNING:  # watches are classified like others
            return ()
        entries = self._store.range(_SCHEMAS).entries
        if entries is not self._seen:
            self._seen = entries
            self._schemas = sorted((entry.object for entry in entries), key=_precedence)
            self._known.clear()
        place = info.path if not info.is_resource else info.namespace
        key = (user.name, user.groups, info.verb, info.group, info.resource, info.subresource)
        found = self._known.get((*key, place))
        if found is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            found = self._known[*key, place] = self._classify(user, info)
        return found

    def _classify(self, user: User, info: RequestInfo) -> Headers:
        for schema in self._schemas:
            spec = schema["spec"]
            if any(_matches(rule, user, info) for rule in spec.get("rules") or ()):
                level = self._store.get(_LEVELS, spec["priorityLevelConfiguration"]["name"])
                if level is None:
                    continue
                return (
                    ("X-Kubernetes-Pf-Flowschema-Uid", schema["metadata"]["uid"]),
                    ("X-Kubernetes-Pf-Prioritylevel-Uid", level.object["metadata"]["uid"]),
                )
        return ()


def _precedence(schema: Object) -> tuple[int, str]:
    return schema["spec"].get("matchingPrecedence", 0), schema["metadata"]["name"]


def _matches(rule: Object, user: User, info: RequestInfo) -> bool:
    if not any(_is_subject(subject, user) for subject in rule.get("subjects") or ()):
        return False
    if info.is_resource:
        return any(_covers(r, info) for r in rule.get("resourceRules") or ())
    return any(_covers_path(r, info) for r in rule.get("nonResourceRules") or ())


def _is_subject(subject: Object, user: User) -> bool:
    kind = subject["kind"]
    if kind == "User":
        return bool(subject.get("user", {}).get("name") in ("*", user.name))
    if kind == "Group":
        name = subject.get("group", {}).get("name")
        return bool(name == "*" or name in user.groups)
    account = subject.get("serviceAccount")
    if kind != "ServiceAccount" or not account:
        return False
    whole = f"{_ACCOUNTS}{account['namespace']}:"
    if account["name"] == "*":
        return user.name.startswith(whole)
    return bool(user.name == whole + account["name"])


def _holds(value: str, listed: Sequence[str] | None) -> bool:
    return listed == ["*"] or value in (listed or ())


def _covers(rule: Object, info: RequestInfo) -> bool:
    resource = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
    if not (
        _holds(info.verb, rule.get("verbs"))
        and _holds(resource, rule.get("resources"))
        and _holds(info.group, rule.get("apiGroups"))
    ):
        return False
    if not info.namespace:
        return bool(rule.get("clusterScope"))
    return _holds(info.namespace, rule.get("namespaces"))


def _covers_path(rule: Object, info: RequestInfo) -> bool:
    if not _holds(info.verb, rule.get("verbs")):
        return False
    for listed in rule.get("nonResourceURLs") or ():
        prefix = listed.removesuffix("*")
        prefix = prefix if prefix.endswith("/") else prefix + "/"
        if listed in ("*", info.path) or info.path.startswith(prefix):
            return True
    return False
