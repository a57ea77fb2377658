"""What roles allow and to whom bindings give it: the rules of both, in and outside namespaces.

Upstream: pkg/apis/rbac/validation. Whether the writer has the rights that are given away is
not asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_ALPHA,
    OPTIONAL,
    REQUIRED,
    covered,
    each,
    field,
    fields,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation, Rule
    from fakek8s.kinds.shared.declarative import Node
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"


def segment_name(name: str, prefix: bool) -> list[str]:
    """ValidateRBACName: whatever fits in a path, prefixes too."""
    return names.is_path_segment_name(name)


def policy_rules(rule: Object, path: str, namespaced: bool) -> Iterator[FieldError]:
    """ValidatePolicyRule."""
    if not rule.get("verbs"):
        yield covered(required(f"{path}.verbs", "verbs must contain at least one value"))
    urls = rule.get("nonResourceURLs")
    if urls:
        where = f"{path}.nonResourceURLs"
        if namespaced:
            yield invalid(where, urls, "namespaced rules cannot apply to non-resource URLs")
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            yield invalid(where, urls, text)
        return
    if not rule.get("apiGroups"):
        yield required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(f"{path}.resources", "resource rules must supply at least one resource")


def no_empty_rules(obj: Object, op: Operation) -> None:
    """Storing a role takes an empty list of rules for none at all."""
    if not obj.get("rules"):
        obj["rules"] = None


def role_rules(*, namespaced: bool) -> Rule:
    """The rules of a role: every one of them sound."""

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        for number, item in enumerate(obj.get("rules") or ()):
            yield from policy_rules(item, f"rules[{number}]", namespaced)

    return rule


#: Validate_Role and Validate_ClusterRole.
DECLARED_ROLE: Node = field("rules", OPTIONAL, each(field("verbs", REQUIRED)))


def default_binding(obj: Object) -> None:
    """SetDefaults_RoleBinding and SetDefaults_Subject."""
    reference = obj.setdefault("roleRef", {})
    if not reference.get("apiGroup"):
        reference["apiGroup"] = GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = GROUP


def binding_rules(*, namespaced: bool) -> Rule:
    """ValidateRoleBinding and ValidateClusterRoleBinding, and what their updates may not do."""
    kinds = ("Role", "ClusterRole") if namespaced else ("ClusterRole",)

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        reference = obj["roleRef"]
        group, kind = reference.get("apiGroup", ""), reference.get("kind", "")
        if group != GROUP:
            yield not_supported("roleRef.apiGroup", group, (GROUP,))
        if kind not in kinds:
            yield not_supported("roleRef.kind", kind, kinds)
        name = reference.get("name", "")
        if not name:
            yield covered(required("roleRef.name"))
        for message in names.is_path_segment_name(name) if name else ():
            yield invalid("roleRef.name", name, message)
        for number, subject in enumerate(obj.get("subjects") or ()):
            yield from _subject_rules(subject, f"subjects[{number}]", namespaced)
        if op.old is not None and reference != op.old["roleRef"]:
            shown = {
                "APIGroup": group,
                "Kind": kind,
                "Name": name,
            }
            yield covered(invalid("roleRef", shown, IMMUTABLE), "immutable")

    return rule


def _subject_rules(subject: Object, path: str, namespaced: bool) -> Iterator[FieldError]:
    """ValidateRoleBindingSubject."""
    name, kind, group = (subject.get(key, "") for key in ("name", "kind", "apiGroup"))
    if not name:
        yield covered(required(f"{path}.name"))
    if kind == "ServiceAccount":
        for message in subdomain_name(name, False) if name else ():
            yield invalid(f"{path}.name", name, message)
        if group:
            yield not_supported(f"{path}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            yield required(f"{path}.namespace")
    elif kind in ("User", "Group"):
        if group != GROUP:
            yield not_supported(f"{path}.apiGroup", group, (GROUP,))
    else:
        yield not_supported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group"))


#: Validate_RoleBinding and Validate_ClusterRoleBinding.
DECLARED_BINDING: Node = fields(
    field("subjects", OPTIONAL, each(field("name", REQUIRED))),
    field("roleRef", IMMUTABLE_ALPHA, field("name", REQUIRED)),
)


def binding_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Role, Age and, wide, Users, Groups, ServiceAccounts."""
    reference = obj["roleRef"]
    found: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in obj.get("subjects") or ():
        kind, name = subject.get("kind", ""), subject.get("name", "")
        if kind == "ServiceAccount":
            name = f"{subject.get('namespace', '')}/{name}"
        if kind in found:
            found[kind].append(name)
    return [
        obj["metadata"].get("name", ""),
        f"{reference.get('kind', '')}/{reference.get('name', '')}",
        cells.age(obj, now),
        *(", ".join(who) for who in found.values()),
    ]
