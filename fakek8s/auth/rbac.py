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
#: What a dangling reference leads to, in the words of the informers that look for it.
_KINDS = {"ClusterRole": f"clusterrole.{_GROUP}", "Role": f"role.{_GROUP}"}


def allows(reader: Reader, attributes: Attributes) -> tuple[bool, str]:
    """(allowed?, upstream's reason): who allows it, or which role references lead nowhere."""
    dangling: list[Object] = []
    for binding, subject, rule in _bound_rules(
        reader, attributes.user, attributes.namespace, dangling
    ):
        if rule_allows(rule, attributes):
            return True, f"RBAC: allowed by {_described(binding, subject)}"
    if not dangling:
        return False, ""
    found = unresolved(dangling)
    joined = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    return False, f"RBAC: {joined}"


def unresolved(dangling: list[Object], resource: str = "") -> list[str]:
    """What is said of roleRefs that lead nowhere, each once. `resource` is the one that is named
    instead of the role's own: storage names that of the request in hand."""
    return list(
        dict.fromkeys(
            f'{resource or _KINDS[role["kind"]]} "{role["name"]}" not found' for role in dangling
        )
    )


def rules_of(reader: Reader, user: User, namespace: str) -> tuple[list[Object], list[Object]]:
    """The rules that cluster bindings and the namespace's bindings give the user, and the
    roleRefs of theirs that lead nowhere."""
    dangling: list[Object] = []
    rules = [rule for _, _, rule in _bound_rules(reader, user, namespace, dangling)]
    return rules, dangling


def _bound_rules(
    reader: Reader, user: User, namespace: str, dangling: list[Object]
) -> Iterator[tuple[Object, Object, Object]]:
    """(binding, the subject that the user is, rule), cluster-wide ones first."""
    bindings = list(reader.list(_CLUSTER_BINDINGS))
    if namespace:
        bindings += reader.list(_BINDINGS, namespace)
    for binding in bindings:
        home = binding["metadata"].get("namespace", "")
        subject = subject_of(binding, user, home)
        if subject is not None:
            rules = role_rules(reader, binding["roleRef"], home)
            if rules is None:
                dangling.append(binding["roleRef"])
            for rule in rules or ():
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


def role_rules(reader: Reader, reference: Object, namespace: str) -> list[Object] | None:
    """GetRoleReferenceRules: the rules of the role that a roleRef names; None if there is none."""
    name = reference.get("name", "")
    if reference.get("kind") == "ClusterRole":
        role = reader.get(_CLUSTER_ROLES, "", name)
    else:
        role = reader.get(_ROLES, namespace, name)
    return None if role is None else role.get("rules") or []


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
