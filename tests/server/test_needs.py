"""Rights beside that of a request's own verb: creating by PUT or apply, exec by GET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.auth.user import User
from fakek8s.client.client import ObjectBody

if TYPE_CHECKING:
    from fakek8s.client.client import Client

GROUP = "rbac.authorization.k8s.io"
LEASES = "leases.coordination.k8s.io"


@pytest.fixture(name="ann")
async def _ann(client: Client) -> Client:
    """A client of ann, who may change and get everything in `ns`, but create nothing."""
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["update", "patch", "get"]}]
    await client.create(f"roles.{GROUP}", "ns", {"metadata": {"name": "r"}, "rules": rules})
    reference = {"apiGroup": GROUP, "kind": "Role", "name": "r"}
    subjects = [{"kind": "User", "name": "ann"}]
    bound = {"metadata": {"name": "r"}, "roleRef": reference, "subjects": subjects}
    await client.create(f"rolebindings.{GROUP}", "ns", bound)
    return client.as_user(User("ann"))


async def refusal(client: Client, method: str, *path: str, body: Any = None, **query: str) -> str:
    with pytest.raises(errors.APIError) as refused:
        await client.request(
            method, *path, body=body, query={name: [value] for name, value in query.items()}
        )
    assert refused.value.code == 403
    return refused.value.message


async def test_to_put_what_is_not_there_is_to_create_it(ann: Client) -> None:
    body = ObjectBody({"metadata": {"name": "l"}, "spec": {}})
    assert await refusal(ann, "PUT", LEASES, "ns", "l", body=body) == (
        'leases.coordination.k8s.io "l" is forbidden: User "ann" cannot create resource "leases" '
        'in API group "coordination.k8s.io" in the namespace "ns"'
    )


async def test_what_is_wrong_with_it_is_said_first(ann: Client) -> None:
    body = ObjectBody({"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": -1}})
    with pytest.raises(errors.APIError) as refused:
        await ann.request("PUT", LEASES, "ns", "l", body=body)
    assert refused.value.code == 422


async def test_to_apply_what_is_not_there_is_to_create_it(client: Client, ann: Client) -> None:
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    body = ObjectBody(applied, "application/apply-patch+yaml")
    path = ("configmaps", "ns", "c")
    assert "cannot create" in await refusal(ann, "PATCH", *path, body=body, fieldManager="m")
    await client.create("configmaps", "ns", {"metadata": {"name": "c"}})
    query = {"fieldManager": ["m"]}
    assert (await ann.request("PATCH", *path, body=body, query=query)).code == 200


async def test_to_exec_by_get_one_must_be_allowed_to_create(ann: Client) -> None:
    assert await refusal(ann, "GET", "pods", "ns", "p", "exec") == 'pods "p" is forbidden: '
