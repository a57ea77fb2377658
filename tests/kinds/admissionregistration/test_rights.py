"""Who may write policies that are configured by objects, and their bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.auth.user import User
from tests.admission.configured import GROUP, RULES

if TYPE_CHECKING:
    from fakek8s.client.client import Client

Object = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
WHO = "&{ann  [dev system:authenticated] map[]}"


@pytest.fixture
async def ann(client: Client) -> Client:
    """A client of somebody who may write policies, and nothing else."""
    await allow(client, GROUP, "*")
    return client.as_user(User("ann", groups=("dev", "system:authenticated")))


async def allow(client: Client, group: str, resource: str) -> None:
    name = f"{group}.{resource}".strip(".*")
    rules = [{"apiGroups": [group], "resources": [resource], "verbs": ["*"]}]
    await client.create(f"clusterroles.{RBAC}", "", {"metadata": {"name": name}, "rules": rules})
    binding = {
        "metadata": {"name": name},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "ann"}],
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
    }
    await client.create(f"clusterrolebindings.{RBAC}", "", binding)


def policy(kind: Object | None) -> Object:
    spec = {"matchConstraints": {"resourceRules": RULES}, "validations": [{"expression": "true"}]}
    return {"metadata": {"name": "p"}, "spec": spec | ({"paramKind": kind} if kind else {})}


def mutating(kind: Object) -> Object:
    patch = {"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'test'}]"}}
    spec = {"reinvocationPolicy": "Never", "mutations": [patch], "paramKind": kind}
    constraints = {"resourceRules": [{**RULES[0], "operations": ["CREATE"]}]}
    return {"metadata": {"name": "p"}, "spec": {**spec, "matchConstraints": constraints}}


def binding(**reference: Any) -> Object:
    reference.setdefault("parameterNotFoundAction", "Deny")
    spec = {"policyName": "p", "paramRef": reference}
    return {"metadata": {"name": "b"}, "spec": spec}


CONFIG_MAPS = {"apiVersion": "v1", "kind": "ConfigMap"}


async def refused(client: Client, resource: str, obj: Object) -> str:
    with pytest.raises(errors.APIError) as caught:
        await client.create(f"{resource}.{GROUP}", "", obj)
    assert caught.value.details is not None
    (cause,) = caught.value.details["causes"]
    return str(cause["message"])


@pytest.mark.parametrize("kind", [CONFIG_MAPS, {"apiVersion": "no.such/v1", "kind": "Thing"}])
async def test_a_policy_needs_the_right_to_read_all_its_parameters(
    ann: Client, kind: Object
) -> None:
    for resource, obj in (
        ("validatingadmissionpolicies", policy(kind)),
        ("mutatingadmissionpolicies", mutating(kind)),
    ):
        assert await refused(ann, resource, obj) == (
            f'Forbidden: user {WHO} must have "get" permission on all objects of the referenced '
            f"paramKind (kind={kind['kind']}, apiVersion={kind['apiVersion']})"
        )


async def test_whoever_may_read_them_may_write_it(ann: Client, client: Client) -> None:
    resource = f"validatingadmissionpolicies.{GROUP}"
    found = await ann.create(resource, "", policy(None))
    wanted = {**found, "spec": {**found["spec"], "paramKind": CONFIG_MAPS}}
    with pytest.raises(errors.APIError, match="on all objects of the referenced paramKind"):
        await ann.update(resource, wanted)
    await allow(client, "", "configmaps")
    assert (await ann.update(resource, wanted))["spec"]["paramKind"] == CONFIG_MAPS


async def test_a_parameter_that_was_there_needs_no_right(ann: Client, client: Client) -> None:
    resource = f"validatingadmissionpolicies.{GROUP}"
    found = await client.create(resource, "", policy(CONFIG_MAPS))
    changed = {**found, "metadata": {**found["metadata"], "labels": {"a": "b"}}}
    assert (await ann.update(resource, changed))["metadata"]["labels"] == {"a": "b"}


async def test_a_binding_needs_the_right_to_read_what_it_names(ann: Client, client: Client) -> None:
    await client.create(f"validatingadmissionpolicies.{GROUP}", "", policy(CONFIG_MAPS))
    await client.create(f"mutatingadmissionpolicies.{GROUP}", "", mutating(CONFIG_MAPS))
    named, selected = binding(name="n", namespace="ns"), binding(selector={})
    validating = {"validationActions": ["Deny"]}
    end = "permission on the object referenced by paramRef"
    for obj, verb in ((named, "get"), (selected, "list")):
        bound = {**obj, "spec": obj["spec"] | validating}
        said = await refused(ann, "validatingadmissionpolicybindings", bound)
        assert said == f'Forbidden: user {WHO} does not have "{verb}" {end}'
        said = await refused(ann, "mutatingadmissionpolicybindings", obj)
        assert said == f'Forbidden: user {verb} does not have "{WHO}" {end}'
    await allow(client, "", "configmaps")
    await ann.create(f"mutatingadmissionpolicybindings.{GROUP}", "", named)


async def test_without_its_policy_a_binding_needs_all_rights(ann: Client) -> None:
    assert await refused(ann, "mutatingadmissionpolicybindings", binding(selector={})) == (
        "Forbidden: unable to get policy p to determine minimum required permissions and user "
        f'{WHO} does not have "list" permission for all groups, versions and resources'
    )
