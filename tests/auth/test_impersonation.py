"""Impersonation: who may act as whom, and in which words they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s import errors
from fakek8s.auth.authorizer import Attributes, Authorizer
from fakek8s.auth.impersonation import Impersonation
from fakek8s.auth.user import AUTHENTICATED, SYSTEM_MASTERS, User
from tests.auth.test_rbac import Objects

ROOT = User("root", groups=(SYSTEM_MASTERS,))
ANN = User("ann")


def asked(user: User = ANN, verb: str = "list") -> Attributes:
    return Attributes(user=user, verb=verb, version="v1", namespace="ns", resource="pods")


def holding(*rules: tuple[str, str, str]) -> Impersonation:
    """Impersonation where ann holds (group, resource, verb)s everywhere."""
    role = {
        "metadata": {"name": "r"},
        "rules": [{"apiGroups": [g], "resources": [r], "verbs": [v]} for g, r, v in rules],
    }
    binding = {
        "metadata": {"name": "b"},
        "subjects": [{"kind": "User", "name": "ann"}],
        "roleRef": {"kind": "ClusterRole", "name": "r"},
    }
    return Impersonation(Authorizer(Objects(clusterroles=[role], clusterrolebindings=[binding])))


def headers(**named: str) -> dict[str, list[str]]:
    return {f"impersonate-{name.replace('_', '-')}": [value] for name, value in named.items()}


def refusal(impersonation: Impersonation, wanted: dict[str, list[str]], **asks: Any) -> str:
    with pytest.raises(errors.APIError) as refused:
        impersonation.acting(asked(**asks), wanted)
    return refused.value.message


def test_masters_may_be_anybody_and_get_what_comes_with_the_name() -> None:
    impersonation = holding()
    robot = impersonation.acting(asked(ROOT), headers(user="system:serviceaccount:ns:robot"))
    assert robot.groups == ("system:serviceaccounts", "system:serviceaccounts:ns", AUTHENTICATED)
    node = impersonation.acting(asked(ROOT), headers(user="system:node:n1"))
    assert node.groups == ("system:nodes", AUTHENTICATED)
    extra = impersonation.acting(asked(ROOT), headers(user="bob", extra_a="1"))
    assert extra.extra == {"a": ("1",)}


def test_a_user_without_a_name_is_a_bad_request() -> None:
    text = (
        'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, '
        "Extra:map[string][]string(nil)} without impersonating a user name"
    )
    assert refusal(holding(), headers(group="dev"), user=ROOT) == text
    assert holding().acting(asked(), headers(user="")) is ANN


def test_the_refusal_is_that_of_the_narrowest_mode() -> None:
    assert refusal(holding(), headers(user="bob")) == (
        'pods is forbidden: User "ann" cannot impersonate-on:user-info:list resource "pods" '
        'in API group "" in the namespace "ns"'
    )
    node = refusal(holding(), headers(user="system:node:n1"))
    assert "impersonate-on:arbitrary-node:list" in node


def test_what_is_done_while_acting_as_another_can_be_limited() -> None:
    group = "authentication.k8s.io"
    impersonation = holding(
        ("", "pods", "impersonate-on:user-info:list"), (group, "users", "impersonate:user-info")
    )
    assert impersonation.acting(asked(), headers(user="bob")).name == "bob"
    assert "user-info:get" in refusal(impersonation, headers(user="bob"), verb="get")
    masters = refusal(impersonation, headers(user="bob", group=SYSTEM_MASTERS))
    assert masters.endswith(": impersonating the system:masters group is not allowed")


def test_who_could_without_limits_before_is_refused_in_the_old_words() -> None:
    impersonation = holding(("", "users", "impersonate"))
    assert impersonation.acting(asked(), headers(user="bob")).name == "bob"
    assert refusal(impersonation, headers(user="bob", group="g")) == (
        'groups "g" is forbidden: User "ann" cannot impersonate resource "groups" '
        'in API group "" at the cluster scope'
    )


def test_a_service_account_may_act_as_its_own_node() -> None:
    extra: dict[str, tuple[str, ...]] = {"authentication.kubernetes.io/node-name": ("n1",)}
    robot = User("system:serviceaccount:ns:robot", extra=extra)
    impersonation = holding()
    own = refusal(impersonation, headers(user="system:node:n1"), user=robot)
    assert "impersonate-on:associated-node:list" in own
    other = refusal(impersonation, headers(user="system:node:n2"), user=robot)
    assert "impersonate-on:arbitrary-node:list" in other
