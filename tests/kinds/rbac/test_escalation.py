"""Nobody grants more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.auth.user import AUTHENTICATED, User
from fakek8s.kinds.rbac.escalation import missing

if TYPE_CHECKING:
    from fakek8s.client.client import Client

Object = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
ROLES, BINDINGS = f"roles.{GROUP}", f"rolebindings.{GROUP}"
CLUSTER_ROLES = f"clusterroles.{GROUP}"
ANN = User("ann", groups=(AUTHENTICATED,))


def rule(resources: str, verbs: str, group: str = "", **more: Any) -> Object:
    return {
        "verbs": verbs.split(),
        "apiGroups": [group],
        "resources": resources.split(),
        **more,
    }


def role(name: str, *rules: Object) -> Object:
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(name: str, kind: str, to: str) -> Object:
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": to},
        "subjects": [{"kind": "User", "name": "ann"}],
    }


@pytest.fixture(name="ann")
async def _ann(client: Client) -> Client:
    """A client of ann, who manages roles and reads configmaps in `ns`."""
    everything = "roles rolebindings clusterroles"
    rules = (rule(everything, "create update get patch", GROUP), rule("configmaps", "get list"))
    await client.create(CLUSTER_ROLES, "", role("manager", *rules))
    await client.create(BINDINGS, "ns", binding("manager", "ClusterRole", "manager"))
    return client.as_user(ANN)


async def refused(client: Client, resource: str, obj: Object) -> tuple[int, str]:
    with pytest.raises(errors.APIError) as refused:
        await client.create(resource, "ns", obj)
    return refused.value.code, refused.value.message


async def test_a_role_within_ones_rights_is_written(ann: Client) -> None:
    named = rule("configmaps", "get", resourceNames=["x"])
    found = await ann.create(ROLES, "ns", role("within", named))
    assert found["metadata"]["name"] == "within"


async def test_a_role_beyond_ones_rights_is_not(ann: Client) -> None:
    wanted = role("beyond", rule("pods configmaps", "get delete"), rule("*", "*", "*"))
    code, message = await refused(ann, ROLES, wanted)
    assert code == 403
    assert message == (
        'roles.rbac.authorization.k8s.io "beyond" is forbidden: user "ann" '
        '(groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently '
        'held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "delete"]}\n'
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}'
    )


async def test_references_to_nothing_are_told_of(client: Client, ann: Client) -> None:
    await client.create(BINDINGS, "ns", binding("gone", "Role", "gone"))
    code, message = await refused(ann, ROLES, role("beyond", rule("pods", "get")))
    assert code == 403
    assert message.endswith(
        '; resolution errors: [roles.rbac.authorization.k8s.io "gone" not found]'
    )


async def test_who_may_escalate_may_write_any_role(client: Client, ann: Client) -> None:
    await client.create(ROLES, "ns", role("climber", rule("roles", "escalate", GROUP)))
    await client.create(BINDINGS, "ns", binding("climber", "Role", "climber"))
    await ann.create(ROLES, "ns", role("beyond", rule("secrets", "get")))
    code, _ = await refused(ann, BINDINGS, binding("beyond", "Role", "beyond"))
    assert code == 403


async def test_who_may_bind_a_role_need_not_hold_it(client: Client, ann: Client) -> None:
    may = rule("roles", "bind", GROUP, resourceNames=["reader"])
    await client.create(ROLES, "ns", role("binder", may))
    await client.create(ROLES, "ns", role("reader", rule("secrets", "get")))
    assert (await refused(ann, BINDINGS, binding("x", "Role", "reader")))[0] == 403
    await client.create(BINDINGS, "ns", binding("binder", "Role", "binder"))
    await ann.create(BINDINGS, "ns", binding("x", "Role", "reader"))


async def test_a_binding_needs_a_role_that_is_there(ann: Client) -> None:
    assert await refused(ann, BINDINGS, binding("x", "Role", "none")) == (
        404,
        'rolebindings.rbac.authorization.k8s.io "none" not found',
    )


async def test_what_garbage_collection_does_is_nobodys_escalation(
    client: Client, ann: Client
) -> None:
    await client.create(ROLES, "ns", role("big", rule("secrets", "get")))
    await ann.patch(ROLES, "ns", "big", {"metadata": {"finalizers": ["a.b/c"]}})
    with pytest.raises(errors.APIError, match="not currently held"):
        await ann.patch(ROLES, "ns", "big", {"metadata": {"labels": {"a": "b"}}})


@pytest.mark.parametrize(
    ("held", "wanted", "beyond"),
    [
        (rule("*/scale", "*", "apps"), rule("deployments/scale", "get", "apps"), 0),
        (rule("*/scale", "*", "apps"), rule("deployments scale", "get", "apps"), 2),
        (rule("pods", "get", resourceNames=["a"]), rule("pods", "get"), 1),
        ({"verbs": ["get"], "nonResourceURLs": ["/m*"]}, None, 1),
    ],
)
def test_rights_cover_what_they_name(held: Object, wanted: Object | None, beyond: int) -> None:
    wanted = wanted or {"verbs": ["get"], "nonResourceURLs": ["/metrics", "/healthz"]}
    assert len(list(missing([wanted], [held]))) == beyond
