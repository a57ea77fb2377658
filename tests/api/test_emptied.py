"""Writes of empty lists and maps, which upstream tells from none until they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Caller

POLICIES = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
NODES = "/apis/storage.k8s.io/v1/csinodes"
TAINTS = "/apis/resource.k8s.io/v1/devicetaintrules"
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}


def thing(spec: Any, name: str = "n") -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


async def test_an_empty_list_of_rules_counts_as_a_change_of_a_network_policy(call: Caller) -> None:
    policy = thing({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []})
    assert (await call("POST", POLICIES, policy)).json["metadata"]["generation"] == 1
    assert (await call("PUT", f"{POLICIES}/n", policy)).json["metadata"]["generation"] == 2
    rules: dict[str, Any] = {"spec": {"egress": []}}
    reply = await call("PATCH", f"{POLICIES}/n", rules, headers=MERGE)
    assert reply.json["metadata"]["generation"] == 3
    reply = await call("PATCH", f"{POLICIES}/n", {"spec": {}}, headers=MERGE)
    assert reply.json["metadata"]["generation"] == 3
    policy |= {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    where = f"{POLICIES}/n?fieldManager=m&force=true"
    reply = await call("PATCH", where, policy, headers=APPLY)
    assert reply.json["metadata"]["generation"] == 4


async def test_an_empty_list_of_webhooks_counts_as_a_change(call: Caller) -> None:
    hooks: dict[str, Any] = {"metadata": {"name": "h"}, "webhooks": []}
    assert (await call("POST", HOOKS, hooks)).json["metadata"]["generation"] == 1
    reply = await call("PATCH", f"{HOOKS}/h", {"webhooks": []}, headers=MERGE)
    assert reply.json["metadata"]["generation"] == 2
    reply = await call("PATCH", f"{HOOKS}/h", {"webhooks": None}, headers=MERGE)
    assert reply.json["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("patch", "shown"),
    [
        ([{"op": "remove", "path": "/spec/template/metadata/labels/a"}], "{}"),
        ([{"op": "remove", "path": "/spec/template/metadata/labels"}], "null"),
    ],
)
async def test_labels_that_are_gone_are_shown_as_they_were_left(
    call: Caller, patch: list[dict[str, str]], shown: str
) -> None:
    containers = [{"name": "c", "image": "i"}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    assert (await call("POST", DEPLOYMENTS, thing(spec))).status == 201
    reply = await call("PATCH", f"{DEPLOYMENTS}/n", patch, headers=JSON_PATCH)
    text = f"spec.template.metadata.labels: Invalid value: {shown}: `selector` does not match"
    assert text in reply.message


async def test_a_driver_of_a_node_stays_the_same_with_an_empty_list_of_keys(call: Caller) -> None:
    driver: dict[str, Any] = {"name": "d.x", "nodeID": "i", "topologyKeys": []}
    made = (await call("POST", NODES, thing({"drivers": [driver]}))).json
    patch = {"spec": {"drivers": [{**driver, "allocatable": {"count": 1}}]}}
    reply = await call("PATCH", f"{NODES}/n", patch, headers=MERGE)
    assert reply.status == 200, reply.message
    assert made["spec"]["drivers"][0]["topologyKeys"] is None
    patch["spec"]["drivers"][0]["nodeID"] = "j"
    reply = await call("PATCH", f"{NODES}/n", patch, headers=MERGE)
    assert '"TopologyKeys":[]' in reply.message


async def test_a_taint_without_a_time_that_gets_the_same_again_is_nobodys_change(
    call: Caller,
) -> None:
    rule = thing({"deviceSelector": {"driver": "d.x"}, "taint": {"key": "a.b/c", "effect": "None"}})
    made = (await call("POST", f"{TAINTS}?fieldManager=a", rule)).json
    time = made["spec"]["taint"]["timeAdded"]
    rule["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    again = (await call("PUT", f"{TAINTS}/n?fieldManager=b", rule)).json
    moved = again["spec"]["taint"]["timeAdded"] != time
    assert len(again["metadata"]["managedFields"]) == 1 + moved
