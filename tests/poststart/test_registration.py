"""Which APIServices the server keeps for definitions, and what it says of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import World

Object = dict[str, Any]

APIS = "apiservices.apiregistration.k8s.io"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
SLICES = "endpointslices.discovery.k8s.io"
REMOTE = {
    "group": "other.example.com",
    "version": "v1",
    "groupPriorityMinimum": 2000,
    "versionPriority": 15,
    "service": {"namespace": "default", "name": "other"},
}


def definition(plural: str, *versions: str) -> Object:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": plural, "kind": plural.capitalize()},
        "versions": [
            {"name": name, "served": True, "storage": name == versions[0], "schema": schema}
            for name in versions
        ],
    }


async def test_every_served_version_of_a_definition_is_registered(world: World) -> None:
    await world.create(CRDS, "as.example.com", definition("as", "v1", "v1beta1"))
    for version in ("v1", "v1beta1"):
        found = await world.find(APIS, f"{version}.example.com")
        assert found is not None
        assert found["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
        assert found["spec"] == {
            "group": "example.com",
            "version": version,
            "groupPriorityMinimum": 1000,
            "versionPriority": 100,
        }
        assert (await world.condition(APIS, f"{version}.example.com"))["reason"] == "Local"


async def test_a_registration_lasts_as_long_as_any_definition_serves_it(world: World) -> None:
    await world.create(CRDS, "as.example.com", definition("as", "v1"))
    await world.create(CRDS, "bs.example.com", definition("bs", "v1", "v2"))
    await world.delete(CRDS, "as.example.com")
    assert await world.find(APIS, "v1.example.com") is not None
    versions = definition("bs", "v1", "v2")["versions"]
    versions[1]["served"] = False
    await world.patch(CRDS, "bs.example.com", {"spec": {"versions": versions}})
    assert await world.find(APIS, "v2.example.com") is None
    await world.delete(CRDS, "bs.example.com")
    assert await world.find(APIS, "v1.example.com") is None


async def test_what_is_managed_is_put_right_and_what_is_not_is_left_alone(world: World) -> None:
    await world.create(CRDS, "as.example.com", definition("as", "v1"))
    await world.patch(APIS, "v1.example.com", {"spec": {"versionPriority": 7}})
    found = await world.find(APIS, "v1.example.com")
    assert found is not None
    assert found["spec"]["versionPriority"] == 100
    await world.delete(APIS, "v1.example.com")
    assert await world.find(APIS, "v1.example.com") is not None
    mine = {"metadata": {"labels": None}, "spec": {"versionPriority": 8}}
    await world.patch(APIS, "v1.example.com", mine)
    await world.delete(CRDS, "as.example.com")
    found = await world.find(APIS, "v1.example.com")
    assert found is not None
    assert found["spec"]["versionPriority"] == 8
    await world.delete(APIS, "v1.apps")
    assert await world.find(APIS, "v1.apps") is None


async def test_what_is_missing_behind_a_remote_version_is_told(world: World) -> None:
    name = "v1.other.example.com"
    await world.create(APIS, name, REMOTE)
    found = await world.condition(APIS, name)
    assert found["status"] == "False"
    assert found["reason"] == "ServiceNotFound"
    assert found["message"] == 'service/other in "default" is not present'
    since = found["lastTransitionTime"]

    where = {"name": "other", "namespace": "default"}
    await world.create("services", "other", {"ports": [{"port": 80, "name": "a"}]}, metadata=where)
    assert (await world.condition(APIS, name))["reason"] == "ServicePortError"
    await world.patch(APIS, name, {"spec": {"service": {"port": 80}}})
    assert (await world.condition(APIS, name))["reason"] == "EndpointsNotFound"
    await endpoints(world, ready=False)
    assert (await world.condition(APIS, name))["reason"] == "MissingEndpoints"
    await endpoints(world, ready=True)
    found = await world.condition(APIS, name)
    assert found["reason"] == "FailedDiscoveryCheck"
    assert found["lastTransitionTime"] == since


async def endpoints(world: World, *, ready: bool) -> None:
    name = f"other-{ready}".lower()
    slice_ = {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "other"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.2.3"], "conditions": {"ready": ready}}],
        "ports": [{"name": "a", "port": 80}],
    }
    await world.client.create(SLICES, "default", slice_)
    await world.settle()


SCHEMAS = "flowschemas.flowcontrol.apiserver.k8s.io"
LEVELS = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"


@pytest.mark.parametrize("first", ["level", "schema"])
async def test_a_flow_schema_dangles_without_its_priority_level(world: World, first: str) -> None:
    schema = {"matchingPrecedence": 1000, "priorityLevelConfiguration": {"name": "level"}}
    shares = {"nominalConcurrencyShares": 1, "limitResponse": {"type": "Reject"}}
    level = {"type": "Limited", "limited": shares}
    if first == "schema":
        await world.create(SCHEMAS, "schema", schema)
        assert (await world.condition(SCHEMAS, "schema"))["reason"] == "NotFound"
        await world.create(LEVELS, "level", level)
    else:
        await world.create(LEVELS, "level", level)
        await world.create(SCHEMAS, "schema", schema)
    assert await world.condition(SCHEMAS, "schema") == {
        "type": "Dangling",
        "status": "False",
        "lastTransitionTime": "2026-01-02T00:00:00Z",
        "reason": "Found",
        "message": "This FlowSchema references the PriorityLevelConfiguration object named "
        '"level" and it exists',
    }
    await world.delete(LEVELS, "level")
    assert (await world.condition(SCHEMAS, "schema"))["status"] == "True"
