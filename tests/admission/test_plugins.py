"""Admission: what the default plugins change, and what they refuse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.admission.chain import ORDERED, AdmissionChain, UnknownPlugin
from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server


POD: dict[str, Any] = {
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}


def pod(**spec: Any) -> dict[str, Any]:
    made = clone(POD)
    made["spec"] |= spec
    return made


@pytest.fixture
async def account(client: Client) -> Client:
    await client.create("serviceaccounts", "ns", {"metadata": {"name": "default"}})
    return client


async def test_a_pod_gets_account_token_priority_and_tolerations(account: Client) -> None:
    made = await account.create("pods", "ns", POD)
    spec = made["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    assert spec["priority"] == 0
    assert [t["key"] for t in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    volume = spec["volumes"][0]
    assert volume["name"].startswith("kube-api-access-")
    mount = spec["containers"][0]["volumeMounts"][0]
    assert mount == {
        "name": volume["name"],
        "readOnly": True,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    }


async def test_what_admission_adds_is_owned_by_nobody(account: Client) -> None:
    made = await account.create("pods", "ns", POD)
    owned = made["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]
    assert not {"f:volumes", "f:tolerations", "f:priority", "f:serviceAccountName"} & owned.keys()


async def test_a_pod_without_its_account_is_refused(client: Client) -> None:
    with pytest.raises(errors.APIError) as refused:
        await client.create("pods", "ns", POD)
    assert refused.value.message == (
        'pods "p" is forbidden: error looking up service account ns/default: '
        'serviceaccount "default" not found'
    )


async def test_a_pod_waits_for_the_account_that_its_namespace_is_about_to_have(
    server: Server, client: Client
) -> None:
    server.registry.settings["makes_accounts"] = True  # type: ignore[index]
    early = asyncio.create_task(client.create("pods", "ns", POD))
    await asyncio.sleep(0)
    await client.create("serviceaccounts", "default", {"metadata": {"name": "other"}})
    await asyncio.sleep(0)
    assert not early.done()
    await client.create("serviceaccounts", "ns", {"metadata": {"name": "default"}})
    assert (await early)["spec"]["serviceAccountName"] == "default"


async def test_a_pod_does_not_wait_for_its_account_for_ever(
    server: Server, client: Client, clock: VirtualClock
) -> None:
    server.registry.settings["makes_accounts"] = True  # type: ignore[index]
    waiting = asyncio.create_task(client.create("pods", "ns", POD))
    await asyncio.sleep(0)
    await clock.advance(1.4)
    assert not waiting.done()
    await clock.advance(0.2)
    with pytest.raises(errors.APIError, match='serviceaccount "default" not found'):
        await waiting


async def test_priority_comes_from_the_class_alone(account: Client) -> None:
    kind = "priorityclasses.scheduling.k8s.io"
    await account.create(kind, "", {"metadata": {"name": "high"}, "value": 7})
    made = await account.create("pods", "ns", pod(priorityClassName="high"))
    assert made["spec"]["priority"] == 7
    with pytest.raises(errors.APIError) as absent:
        await account.create("pods", "ns", pod(priorityClassName="none"))
    assert "no PriorityClass with name none was found" in absent.value.message


async def test_nothing_is_created_where_there_is_no_namespace(client: Client) -> None:
    with pytest.raises(errors.APIError) as refused:
        await client.create("configmaps", "nowhere", {"metadata": {"name": "c"}})
    assert refused.value.message == 'namespaces "nowhere" not found'


async def test_nothing_new_enters_a_namespace_on_its_way_out(client: Client) -> None:
    await client.delete("namespaces", "", "ns")
    with pytest.raises(errors.APIError) as refused:
        await client.create("configmaps", "ns", {"metadata": {"name": "c"}})
    assert refused.value.code == 403
    assert refused.value.details is not None
    assert refused.value.details["causes"][0]["reason"] == "NamespaceTerminating"


async def test_some_namespaces_are_immortal(client: Client) -> None:
    with pytest.raises(errors.APIError) as refused:
        await client.delete("namespaces", "", "kube-system")
    assert refused.value.message.endswith("this namespace may not be deleted")


async def test_a_new_node_takes_no_pods_yet(client: Client) -> None:
    made = await client.create("nodes", "", {"metadata": {"name": "n"}})
    assert made["spec"]["taints"] == [
        {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    ]


def test_plugins_are_switched_by_their_names() -> None:
    chain = AdmissionChain(disable=[plugin.name for plugin in ORDERED])
    assert chain is not None
    with pytest.raises(UnknownPlugin):
        AdmissionChain(enable=["Sideways"])
