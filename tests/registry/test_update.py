"""Updates: what counts as a change of what is wanted, and updates that create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.client.client import ObjectBody
from fakek8s.registry.update import bump_generation

if TYPE_CHECKING:
    from fakek8s.client.client import Client

    Object = dict[str, Any]

DRY = {"dryRun": ["All"]}


async def put(
    client: Client,
    resource: str,
    body: Object,
    subresource: str = "",
    *,
    query: dict[str, list[str]] | None = None,
) -> Object:
    """Replaces the object `x` in the namespace `ns`; raises APIError."""
    sent = {**body, "metadata": {"name": "x", **body["metadata"]}}
    answer = await client.request(
        "PUT", resource, "ns", "x", subresource, query=query, body=ObjectBody(sent)
    )
    assert answer.object is not None
    return answer.object


@pytest.mark.parametrize(
    ("before", "after", "generation"),
    [
        ({"rules": []}, {"rules": None}, 1),
        ({"template": {"hard": {}}}, {"template": {"hard": None}}, 1),
        ({"template": {"resources": {}}}, {"template": {}}, 2),
        ({"template": {"a": 1}}, {"template": {"a": 2}}, 2),
    ],
)
def test_an_empty_list_is_none_but_a_struct_is_something(
    before: Object, after: Object, generation: int
) -> None:
    live = {"metadata": {"generation": 1}, "spec": before}
    new: Object = {"metadata": {"generation": 1}, "spec": after}
    bump_generation(new, live)
    assert new["metadata"]["generation"] == generation


async def test_a_trial_of_an_update_that_creates_keeps_the_version_it_was_sent(
    client: Client,
) -> None:
    body: Object = {"metadata": {"resourceVersion": "5"}, "spec": {"limits": []}}
    tried = await put(client, "limitranges", body, query=DRY)
    assert tried["metadata"]["resourceVersion"] == "5"
    made = await put(client, "limitranges", body)
    assert made["metadata"]["resourceVersion"] != "5"


async def test_an_update_that_creates_reads_the_version_all_the_same(client: Client) -> None:
    body: Object = {"metadata": {"resourceVersion": "x"}, "spec": {"limits": []}}
    with pytest.raises(errors.APIError) as refused:
        await put(client, "limitranges", body)
    assert refused.value.code == 500
    assert refused.value.message == 'strconv.ParseUint: parsing "x": invalid syntax'


@pytest.mark.parametrize(("query", "prefix"), [(DRY, ""), ({}, "/registry")])
async def test_nothing_is_created_in_the_place_of_an_object_that_is_gone(
    client: Client, query: dict[str, list[str]], prefix: str
) -> None:
    body: Object = {"metadata": {"uid": "u"}, "spec": {"limits": []}}
    with pytest.raises(errors.APIError) as refused:
        await put(client, "limitranges", body, query=query)
    assert refused.value.code == 409
    assert f"Key: {prefix}/limitranges/ns/x, ResourceVersion: 0" in refused.value.message
    assert refused.value.message.endswith("UID in precondition: u, UID in object meta: ")


async def test_an_update_that_creates_owns_the_deletion_it_asks_for(client: Client) -> None:
    body: Object = {"metadata": {"deletionTimestamp": "2020-01-01T00:00:00Z"}}
    metadata = (await put(client, "endpoints", body))["metadata"]
    assert "deletionTimestamp" not in metadata
    assert metadata["managedFields"][0]["fieldsV1"] == {"f:metadata": {"f:deletionTimestamp": {}}}


async def test_the_status_of_a_missing_service_makes_one_without_an_address(
    client: Client,
) -> None:
    body: Object = {"metadata": {}, "spec": {"ports": [{"port": 80}]}}
    made = await put(client, "services", body, "status")
    assert made["spec"]["type"] == "ClusterIP"
    assert "clusterIP" not in made["spec"]


async def test_the_status_of_a_missing_policy_is_applied_and_creates_it(client: Client) -> None:
    rule = {"apiGroups": ["x"], "apiVersions": ["v1"], "resources": ["y"], "operations": ["*"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "true"}],
    }
    body: Object = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "x"},
        "spec": spec,
    }
    policies = "validatingadmissionpolicies.admissionregistration.k8s.io"
    made = await client.apply(policies, "", "x", body, manager="m", subresource="status")
    assert made["spec"]["matchConstraints"]["resourceRules"][0]["resources"] == ["y"]
    assert "managedFields" not in made["metadata"]  # the spec is not the status' to own
