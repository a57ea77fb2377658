"""The verbs of the engine on a ConfigMap, the plainest of kinds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.client.client import ObjectBody
from fakek8s.registry.managed import manager_of

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.server.server import Server

MAPS = "configmaps"


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


async def test_a_created_object_carries_what_the_server_sets(client: Client) -> None:
    sent = config_map("a", k="v")
    sent["metadata"] |= {"uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z"}
    made = await client.create(MAPS, "ns", sent)
    metadata = made["metadata"]
    assert metadata["uid"] != "mine"
    assert metadata["creationTimestamp"] != "2001-01-01T00:00:00Z"
    assert metadata["namespace"] == "ns"
    assert int(metadata["resourceVersion"]) > 1
    assert metadata["managedFields"][0]["manager"] == "tester"
    assert await client.get(MAPS, "ns", "a") is made


async def test_a_name_is_taken_once(client: Client) -> None:
    await client.create(MAPS, "ns", config_map("a"))
    with pytest.raises(errors.APIError) as refused:
        await client.create(MAPS, "ns", config_map("a"))
    assert refused.value.code == 409
    assert refused.value.reason == "AlreadyExists"


async def test_generated_names_are_different_and_short_enough(client: Client) -> None:
    prefix = "x" * 70
    made = [
        await client.create(MAPS, "ns", {"metadata": {"generateName": prefix}}) for _ in range(20)
    ]
    names = {obj["metadata"]["name"] for obj in made}
    assert len(names) == 20
    assert {len(name) for name in names} == {63}


async def test_dry_runs_leave_nothing_behind(client: Client, server: Server) -> None:
    before = server.registry.store.revision
    dry = {"dryRun": ["All"]}
    body = ObjectBody(config_map("a", k="v"))
    answer = await client.request("POST", MAPS, "ns", query=dry, body=body)
    assert answer.object is not None
    assert "resourceVersion" not in answer.object["metadata"]
    assert answer.entry is None
    assert server.registry.store.revision == before
    await client.create(MAPS, "ns", config_map("a", k="v"))
    after = server.registry.store.revision
    body = ObjectBody({"data": {"k": "w"}}, "application/merge-patch+json")
    answer = await client.request("PATCH", MAPS, "ns", "a", query=dry, body=body)
    assert answer.object is not None
    assert answer.object["data"] == {"k": "w"}
    await client.request("DELETE", MAPS, "ns", "a", query=dry)
    assert (await client.get(MAPS, "ns", "a"))["data"] == {"k": "v"}
    assert server.registry.store.revision == after


async def test_a_stale_update_is_refused_and_an_unconditional_one_is_not(client: Client) -> None:
    first = await client.create(MAPS, "ns", config_map("a", k="1"))
    await client.patch(MAPS, "ns", "a", {"data": {"k": "2"}})
    with pytest.raises(errors.APIError) as refused:
        await client.update(MAPS, {**first, "data": {"k": "3"}})
    assert refused.value.reason == "Conflict"
    unconditional = {**config_map("a", k="4")}
    unconditional["metadata"]["namespace"] = "ns"
    assert (await client.update(MAPS, unconditional))["data"] == {"k": "4"}


async def test_a_write_that_changes_nothing_is_none(client: Client, server: Server) -> None:
    made = await client.create(MAPS, "ns", config_map("a", k="1"))
    revision = server.registry.store.revision
    same = await client.patch(MAPS, "ns", "a", {"data": {"k": "1"}})
    again = await client.update(MAPS, made)
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert server.registry.store.revision == revision


async def test_patches_from_many_hands_all_count(client: Client) -> None:
    await client.create(MAPS, "ns", config_map("a"))
    await asyncio.gather(
        *(client.patch(MAPS, "ns", "a", {"data": {f"k{i}": str(i)}}) for i in range(25))
    )
    found = await client.get(MAPS, "ns", "a")
    assert found["data"] == {f"k{i}": str(i) for i in range(25)}


async def test_finalizers_hold_a_deleted_object_until_the_last_is_gone(client: Client) -> None:
    sent = config_map("a", k="v")
    sent["metadata"]["finalizers"] = ["example.com/x", "example.com/y"]
    await client.create(MAPS, "ns", sent)
    marked = await client.delete(MAPS, "ns", "a")
    assert marked["metadata"]["deletionTimestamp"]
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
    patch = {"metadata": {"finalizers": ["example.com/x", "example.com/z"]}}
    with pytest.raises(errors.APIError) as refused:
        await client.patch(MAPS, "ns", "a", patch)
    assert refused.value.code == 422
    await client.patch(MAPS, "ns", "a", {"metadata": {"finalizers": ["example.com/y"]}})
    await client.patch(MAPS, "ns", "a", {"metadata": {"finalizers": None}})
    with pytest.raises(errors.APIError) as gone:
        await client.get(MAPS, "ns", "a")
    assert gone.value.code == 404


async def test_deletion_preconditions_protect_from_mistaken_identity(client: Client) -> None:
    await client.create(MAPS, "ns", config_map("a"))
    with pytest.raises(errors.APIError) as refused:
        await client.delete(MAPS, "ns", "a", uid="00000000-0000-0000-0000-000000000000")
    assert refused.value.code == 409
    assert (await client.get(MAPS, "ns", "a"))["metadata"]["name"] == "a"


async def test_deletecollection_takes_what_the_selector_selects(client: Client) -> None:
    for number in range(6):
        sent = config_map(f"m{number}")
        sent["metadata"]["labels"] = {"odd": str(number % 2)}
        await client.create(MAPS, "ns", sent)
    await client.delete_collection(MAPS, "ns", labels="odd=1")
    left, _ = await client.list(MAPS, "ns")
    assert [obj["metadata"]["name"] for obj in left] == ["m0", "m2", "m4"]


async def test_unknown_resources_and_verbs_are_refused_apart(client: Client) -> None:
    with pytest.raises(errors.APIError) as absent:
        await client.request("GET", MAPS, "ns", "a", "nonsense")
    assert absent.value.code == 404
    with pytest.raises(errors.APIError) as refused:
        await client.request("POST", MAPS, "ns", "a", body=ObjectBody({}))
    assert refused.value.code == 405


async def test_the_query_of_a_deletion_may_name_what_it_is_for(client: Client) -> None:
    made = await client.create(MAPS, "ns", config_map("a"))
    for query in ({"uid": ["x"]}, {"resourceVersion": ["1"]}):
        with pytest.raises(errors.APIError) as refused:
            await client.request("DELETE", MAPS, "ns", "a", query=query)
        assert refused.value.code == 409
    own = {"uid": [made["metadata"]["uid"]]}
    assert (await client.request("DELETE", MAPS, "ns", "a", query=own)).code == 200


async def test_kinds_that_look_at_preconditions_themselves_refuse_in_their_own_words(
    client: Client,
) -> None:
    for name in ("uid", "resourceVersion"):
        with pytest.raises(errors.APIError, match='namespaces "ns": Precondition failed: '):
            await client.request("DELETE", "namespaces", "", "ns", query={name: ["x"]})


async def test_a_dry_deletion_that_takes_the_last_finalizer_shows_an_empty_object(
    client: Client,
) -> None:
    sent = config_map("a")
    sent["metadata"]["finalizers"] = ["foregroundDeletion"]
    await client.create(MAPS, "ns", sent)
    query = {"dryRun": ["All"], "propagationPolicy": ["Background"]}
    answer = await client.request("DELETE", MAPS, "ns", "a", query=query)
    assert answer.object == {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}}
    assert (await client.get(MAPS, "ns", "a"))["metadata"]["finalizers"]


async def test_what_can_be_read_is_not_deleted_as_unreadable(client: Client) -> None:
    await client.create(MAPS, "ns", config_map("a"))
    unsafe = {"ignoreStoreReadErrorWithClusterBreakingPotential": ["true"]}
    with pytest.raises(errors.APIError) as refused:
        await client.request("DELETE", MAPS, "ns", "a", query=unsafe)
    assert refused.value.message == (
        'Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, '
        "Key: /registry/configmaps/ns/a, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion "
        "is not allowed because the object is decodable from storage"
    )
    for name, query in (("a", {"gracePeriodSeconds": ["1"]}), ("", {})):
        with pytest.raises(errors.APIError) as invalid:
            await client.request("DELETE", MAPS, "ns", name, query=unsafe | query)
        assert invalid.value.code == 422


async def test_a_replacement_for_another_object_is_refused_where_that_is_stored(
    client: Client,
) -> None:
    sent: dict[str, Any] = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    await client.create("services", "ns", sent)
    sent["metadata"] |= {"namespace": "ns", "uid": "x"}
    with pytest.raises(errors.APIError, match="Key: /registry/services/specs/ns/s, "):
        await client.update("services", sent)


async def test_an_empty_list_is_no_change(client: Client) -> None:
    slices = "endpointslices.discovery.k8s.io"
    lists: dict[str, Any] = {"endpoints": [], "ports": []}
    sent: dict[str, Any] = {"metadata": {"name": "e"}, "addressType": "IPv4", **lists}
    made = await client.create(slices, "ns", sent)
    assert (made["endpoints"], made["ports"]) == (None, None)
    sent["metadata"] |= {"namespace": "ns"}
    again = await client.update(slices, sent)
    assert again["metadata"] == made["metadata"]


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ("jobs.batch", 'field label "x" not supported for Job'),
        (
            "resourceslices.resource.k8s.io",
            "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: x",
        ),
        ("pods", "field label not supported: x"),
    ],
)
async def test_kinds_have_their_own_words_for_field_labels(
    client: Client, resource: str, why: str
) -> None:
    namespace = "" if resource.startswith("resourceslices") else "ns"
    with pytest.raises(errors.APIError) as refused:
        await client.request("GET", resource, namespace, query={"fieldSelector": ["x=1"]})
    assert refused.value.message == why


async def test_what_two_rules_say_alike_is_one_cause(client: Client) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    spec = {"scaleTargetRef": target, "maxReplicas": 1, "metrics": [{"type": "Odd"}]}
    with pytest.raises(errors.APIError) as refused:
        await client.create(
            "horizontalpodautoscalers.autoscaling", "ns", {"metadata": {"name": "a"}, "spec": spec}
        )
    assert refused.value.details is not None
    causes = refused.value.details["causes"]
    assert [cause["field"] for cause in causes] == ["spec.metrics[0].type"]


@pytest.mark.parametrize(
    ("agent", "manager"),
    [("kubectl/v1.37.0", "kubectl"), ("na\udcefve/1", "na\ufffdve"), ("tab\there/2", "tabhere")],
)
def test_managers_are_named_after_the_printable_part_of_the_user_agent(
    agent: str, manager: str
) -> None:
    assert manager_of("", agent) == manager


async def test_what_names_are_made_of_must_fit_in_a_path_too(client: Client) -> None:
    body = {"metadata": {"name": "a", "generateName": "b/c"}, "spec": {}}
    with pytest.raises(errors.APIError) as refused:
        await client.create("deviceclasses.resource.k8s.io", "", body)
    assert refused.value.code == 422
    assert "metadata.generateName" in refused.value.message


async def test_a_trial_of_a_creation_does_not_look_at_the_version(client: Client) -> None:
    sent = config_map("a")
    sent["metadata"]["resourceVersion"] = "5"
    with pytest.raises(errors.APIError) as refused:
        await client.create(MAPS, "ns", sent)
    assert refused.value.code == 500
    answer = await client.request(
        "POST", MAPS, "ns", query={"dryRun": ["All"]}, body=ObjectBody(sent)
    )
    assert answer.object is not None
    assert answer.object["metadata"]["resourceVersion"] == "5"
