"""Role-based access control: what the roles bound to a user allow.

Sources: kubernetes plugin/pkg/auth/authorizer/rbac and pkg/registry/rbac/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.auth.authorizer import Attributes
    from fakek8s.auth.user import User
    from fakek8s.kind import Reader

Object = dict[str, Any]

_GROUP = "rbac.authorization.k8s.io"
_CLUSTER_BINDINGS = f"clusterrolebindings.{_GROUP}"
_BINDINGS = f"rolebindings.{_GROUP}"
_CLUSTER_ROLES = f"clusterroles.{_GROUP}"
_ROLES = f"roles.{_GROUP}"
_SERVICE_ACCOUNT = "system:serviceaccount:"


def allows(reader: Reader, attributes: Attributes) -> tuple[bool, list[str]]:
    """(allowed?, what went wrong while looking: dangling role references, in order)."""
    trouble: list[str] = []
    user = attributes.user
    for rule in rules_of(reader, user, attributes.namespace, trouble):
        if rule_allows(rule, attributes):
            return True, trouble
    return False, trouble


def rules_of(reader: Reader, user: User, namespace: str, trouble: list[str]) -> Iterator[Object]:
    """The rules that cluster bindings and the namespace's bindings give the user."""
    for binding in reader.list(_CLUSTER_BINDINGS):
        if applies(binding, user, ""):
            yield from _rules(reader, binding, "", trouble)
    if namespace:
        for binding in reader.list(_BINDINGS, namespace):
            if applies(binding, user, namespace):
                yield from _rules(reader, binding, namespace, trouble)


def _rules(reader: Reader, binding: Object, namespace: str, trouble: list[str]) -> Iterator[Object]:
    reference = binding["roleRef"]
    name = reference.get("name", "")
    if reference.get("kind") == "ClusterRole":
        role, what = reader.get(_CLUSTER_ROLES, "", name), "clusterrole"
    else:
        role, what = reader.get(_ROLES, namespace, name), "role"
    if role is None:
        trouble.append(f'{what}.{_GROUP} "{name}" not found')
        return
    yield from role.get("rules") or ()


def applies(binding: Object, user: User, namespace: str) -> bool:
    """True if a subject of the binding is the user."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount" and user.name.startswith(_SERVICE_ACCOUNT):
            home = subject.get("namespace") or namespace
            if home and user.name == f"{_SERVICE_ACCOUNT}{home}:{name}":
                return True
    return False


def rule_allows(rule: Object, attributes: Attributes) -> bool:
    """RuleAllows: one PolicyRule against one request."""
    verbs = rule.get("verbs") or ()
    if attributes.verb not in verbs and "*" not in verbs:
        return False
    if not attributes.is_resource:
        return any(_path_matches(p, attributes.path) for p in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if attributes.group not in groups and "*" not in groups:
        return False
    if not _resource_matches(rule.get("resources") or (), attributes):
        return False
    names = rule.get("resourceNames") or ()
    return not names or attributes.name in names


def _resource_matches(resources: Any, attributes: Attributes) -> bool:
    subresource = attributes.subresource
    wanted = f"{attributes.resource}/{subresource}" if subresource else attributes.resource
    if "*" in resources or wanted in resources:
        return True
    return bool(subresource) and f"*/{subresource}" in resources


def _path_matches(pattern: str, path: str) -> bool:
    if pattern in ("*", path):
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))
