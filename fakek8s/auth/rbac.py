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


def allows(reader: Reader, attributes: Attributes) -> tuple[bool, str]:
    """(allowed?, upstream's reason): who allows it, or which role references lead nowhere."""
    trouble: list[str] = []
    for binding, subject, rule in _bound_rules(
        reader, attributes.user, attributes.namespace, trouble
    ):
        if rule_allows(rule, attributes):
            return True, f"RBAC: allowed by {_described(binding, subject)}"
    if not trouble:
        return False, ""
    joined = trouble[0] if len(trouble) == 1 else f"[{', '.join(trouble)}]"
    return False, f"RBAC: {joined}"


def rules_of(reader: Reader, user: User, namespace: str, trouble: list[str]) -> Iterator[Object]:
    """The rules that cluster bindings and the namespace's bindings give the user."""
    for _, _, rule in _bound_rules(reader, user, namespace, trouble):
        yield rule


def _bound_rules(
    reader: Reader, user: User, namespace: str, trouble: list[str]
) -> Iterator[tuple[Object, Object, Object]]:
    """(binding, the subject that the user is, rule), cluster-wide ones first."""
    bindings = list(reader.list(_CLUSTER_BINDINGS))
    if namespace:
        bindings += reader.list(_BINDINGS, namespace)
    for binding in bindings:
        home = binding["metadata"].get("namespace", "")
        subject = subject_of(binding, user, home)
        if subject is not None:
            for rule in _rules(reader, binding, home, trouble):
                yield binding, subject, rule


def _described(binding: Object, subject: Object) -> str:
    """A binding and its subject in the words of a reason (rbac.clusterRoleBindingDescriber)."""
    metadata, role = binding["metadata"], binding["roleRef"]
    kind, name = "ClusterRoleBinding", metadata["name"]
    if metadata.get("namespace"):
        kind, name = "RoleBinding", f"{name}/{metadata['namespace']}"
    who = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        who = f"{who}/{subject.get('namespace', '')}"
    return (
        f'{kind} "{name}" of {role.get("kind", "")} "{role.get("name", "")}" '
        f'to {subject.get("kind", "")} "{who}"'
    )


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


def subject_of(binding: Object, user: User, namespace: str) -> Object | None:
    """The subject of the binding that the user is, or None."""
    subjects: list[Object] = binding.get("subjects") or []
    for subject in subjects:
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return subject
        if kind == "Group" and name in user.groups:
            return subject
        if kind == "ServiceAccount" and user.name.startswith(_SERVICE_ACCOUNT):
            home = subject.get("namespace") or namespace
            if home and user.name == f"{_SERVICE_ACCOUNT}{home}:{name}":
                return subject
    return None


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
