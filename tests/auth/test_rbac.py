"""RBAC: rules, bindings and the words of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.auth.authorizer import Attributes, Authorizer
from fakek8s.auth.rbac import rule_allows
from fakek8s.auth.user import NOBODY, User

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"


class Objects:
    """A Reader over objects by store resource."""

    def __init__(self, **objects: list[Object]) -> None:
        self._objects = {f"{plural}.{GROUP}": found for plural, found in objects.items()}

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        for obj in self.list(resource, namespace):
            if obj["metadata"]["name"] == name:
                return obj
        return None

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        found = self._objects.get(resource, [])
        return [o for o in found if namespace in ("", o["metadata"].get("namespace", ""))]


def asks(user: User = NOBODY, **what: Any) -> Attributes:
    return Attributes(user=user, **{"verb": "get", "resource": "pods", **what})


@pytest.mark.parametrize(
    ("rule", "question", "allowed"),
    [
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, {}, True),
        ({"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}, {}, False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"subresource": "log"}, True),
        (
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]},
            {"subresource": "log"},
            False,
        ),
        (
            {"verbs": ["get"], "apiGroups": [""], "resources": ["*/log"]},
            {"subresource": "log"},
            True,
        ),
        (
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]},
            {"name": "b"},
            False,
        ),
        (
            {"verbs": ["get"], "nonResourceURLs": ["/healthz*"]},
            {"is_resource": False, "path": "/healthz/etcd"},
            True,
        ),
        (
            {"verbs": ["get"], "nonResourceURLs": ["/a"]},
            {"is_resource": False, "path": "/ab"},
            False,
        ),
    ],
)
def test_a_rule_allows_what_it_names(rule: Object, question: Object, allowed: bool) -> None:
    assert rule_allows(rule, asks(**question)) is allowed


def bound(kind: str, name: str, role: str = "reader") -> Object:
    return {
        "metadata": {"name": "b", "namespace": "ns"},
        "subjects": [{"kind": kind, "name": name}],
        "roleRef": {"kind": "Role", "name": role},
    }


ROLE = {
    "metadata": {"name": "reader", "namespace": "ns"},
    "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
}


@pytest.mark.parametrize(
    ("binding", "user"),
    [
        (bound("User", "ann"), User("ann")),
        (bound("Group", "dev"), User("ann", groups=("dev",))),
        (bound("ServiceAccount", "robot"), User("system:serviceaccount:ns:robot")),
    ],
)
def test_a_role_holds_in_its_namespace_only(binding: Object, user: User) -> None:
    authorizer = Authorizer(Objects(roles=[ROLE], rolebindings=[binding]))
    allowed, reason = authorizer.decide(asks(user, namespace="ns"))
    assert allowed
    assert reason.startswith('RBAC: allowed by RoleBinding "b/ns" of Role "reader" to ')
    assert authorizer.decide(asks(user, namespace="other")) == (False, "")
    assert authorizer.decide(asks(user)) == (False, "")


def test_a_dangling_reference_shows_in_the_refusal() -> None:
    authorizer = Authorizer(Objects(rolebindings=[bound("User", "ann", "gone")]))
    with pytest.raises(errors.APIError) as refused:
        authorizer.require(asks(User("ann"), namespace="ns", name="p"))
    assert refused.value.message == (
        'pods "p" is forbidden: User "ann" cannot get resource "pods" in API group "" in the '
        'namespace "ns": rbac: RBAC: role.rbac.authorization.k8s.io "gone" not found'
    )


def test_before_1_37_a_refusal_does_not_name_its_authorizer() -> None:
    authorizer = Authorizer(Objects(rolebindings=[bound("User", "ann", "gone")]), 36)
    allowed, reason = authorizer.decide(asks(User("ann"), namespace="ns"))
    assert (allowed, reason) == (False, 'RBAC: role.rbac.authorization.k8s.io "gone" not found')


def test_masters_need_no_roles() -> None:
    allowed, _ = Authorizer(Objects()).decide(asks(User("root", groups=("system:masters",))))
    assert allowed
