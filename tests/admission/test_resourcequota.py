"""ResourceQuota: what a write uses is charged to its namespace, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.client import ObjectBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client

Object = dict[str, Any]

GPU = "requests.example.com/gpu"


async def bind(client: Client, hard: Object, **spec: Any) -> None:
    """A quota whose status is known, with nothing used."""
    quota = {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}}
    await client.create("resourcequotas", "ns", quota)
    status = {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    await client.patch("resourcequotas", "ns", "q", status, subresource="status")


async def used(client: Client) -> Object:
    quota = await client.get("resourcequotas", "ns", "q")
    found: Object = quota["status"]["used"]
    return found


def configmap(name: str) -> Object:
    return {"metadata": {"name": name}}


async def test_what_is_created_is_charged_until_the_quota_is_used_up(
    ns: Client, refusal: Callable[..., Any]
) -> None:
    await bind(ns, {"configmaps": "1", "count/configmaps": "5"})
    await ns.create("configmaps", "ns", configmap("a"))
    assert await used(ns) == {"configmaps": "1", "count/configmaps": "1"}
    refused = await refusal(ns.create("configmaps", "ns", configmap("b")))
    assert refused.message == (
        'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, '
        "used: configmaps=1, limited: configmaps=1"
    )


async def test_the_server_itself_owns_what_it_charges(ns: Client) -> None:
    await bind(ns, {"configmaps": "1"})
    await ns.create("configmaps", "ns", configmap("a"))
    quota = await ns.get("resourcequotas", "ns", "q")
    entries = quota["metadata"]["managedFields"]
    assert [e["fieldsV1"] for e in entries if e["manager"] == "kube-apiserver"] == [
        {"f:status": {"f:used": {"f:configmaps": {}}}}
    ]


async def test_a_quota_binds_by_its_status_alone(ns: Client) -> None:
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "0"}}}
    await ns.create("resourcequotas", "ns", quota)
    assert await ns.create("configmaps", "ns", configmap("a"))


async def test_a_dry_run_is_checked_and_not_charged(ns: Client) -> None:
    await bind(ns, {"configmaps": "1"})
    body = ObjectBody(configmap("a"))
    await ns.request("POST", "configmaps", "ns", body=body, query={"dryRun": ["All"]})
    assert await used(ns) == {"configmaps": "0"}


async def test_pods_use_what_they_ask_for(ns: Client, pod: Callable[..., Object]) -> None:
    await bind(ns, {"requests.cpu": "2", "limits.memory": "1Gi", "pods": "2", GPU: "4"})
    resources = {
        "requests": {"cpu": "250m"},
        "limits": {"memory": "100Mi", "example.com/gpu": "1"},
    }
    await ns.create("pods", "ns", pod(resources=resources))
    assert await used(ns) == {
        "requests.cpu": "250m",
        "limits.memory": "100Mi",
        "pods": "1",
        GPU: "1",
    }


async def test_a_resize_is_charged_by_what_it_adds(ns: Client, pod: Callable[..., Object]) -> None:
    await bind(ns, {"requests.cpu": "2"})
    await ns.create("pods", "ns", pod(resources={"requests": {"cpu": "1"}}))
    for cpu, charged in (("1500m", "1500m"), ("100m", "1500m")):
        change = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}
        await ns.patch("pods", "ns", "p", change, form="strategic", subresource="resize")
        assert await used(ns) == {"requests.cpu": charged}


async def test_containers_name_the_compute_resources_under_quota(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any]
) -> None:
    await bind(ns, {"requests.cpu": "2", "limits.memory": "1Gi"})
    refused = await refusal(ns.create("pods", "ns", pod()))
    assert refused.message == (
        'pods "p" is forbidden: failed quota: q: must specify limits.memory for: c; '
        "requests.cpu for: c"
    )


async def test_nothing_passes_while_usage_is_unknown(
    ns: Client, refusal: Callable[..., Any]
) -> None:
    await bind(ns, {"configmaps": "1"})
    change = {"status": {"used": None}}
    await ns.patch("resourcequotas", "ns", "q", change, subresource="status")
    refused = await refusal(ns.create("configmaps", "ns", configmap("a")))
    assert refused.message.endswith("status unknown for quota: q, resources: configmaps")


PRIORITY = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ({"scopes": ["BestEffort"]}, {}, {"resources": {"requests": {"cpu": "1"}}}),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, {}),
        (
            {"scopeSelector": {"matchExpressions": [PRIORITY]}},
            {"priorityClassName": "system-node-critical"},
            {"priorityClassName": "system-cluster-critical"},
        ),
        (
            {"scopes": ["CrossNamespacePodAffinity"]},
            {
                "affinity": {
                    "podAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": [
                            {"topologyKey": "k", "namespaces": ["x"]}
                        ]
                    }
                }
            },
            {},
        ),
    ],
)
async def test_a_scope_says_which_pods_count(
    ns: Client,
    pod: Callable[..., Object],
    refusal: Callable[..., Any],
    scope: Object,
    inside: Object,
    outside: Object,
) -> None:
    await bind(ns, {"pods": "0"}, **scope)
    assert await ns.create("pods", "ns", pod("out", **outside))
    refused = await refusal(ns.create("pods", "ns", pod("in", **inside)))
    assert "exceeded quota: q" in refused.message


async def test_services_count_their_node_ports(ns: Client, refusal: Callable[..., Any]) -> None:
    await bind(ns, {"services.nodeports": "1", "services.loadbalancers": "0"})
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    service = {"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "ports": ports}}
    refused = await refusal(ns.create("services", "ns", service))
    assert "requested: services.loadbalancers=1,services.nodeports=2" in refused.message


async def test_claims_count_by_class(ns: Client) -> None:
    gold = "gold.storageclass.storage.k8s.io/requests.storage"
    await bind(ns, {"requests.storage": "9Gi", gold: "9Gi", "persistentvolumeclaims": "3"})
    claim = {
        "metadata": {"name": "c"},
        "spec": {
            "storageClassName": "gold",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    await ns.create("persistentvolumeclaims", "ns", claim)
    charged = {"requests.storage": "1Gi", gold: "1Gi", "persistentvolumeclaims": "1"}
    assert await used(ns) == charged


async def test_device_claims_count_by_class(ns: Client) -> None:
    name = "gpu.deviceclass.resource.k8s.io/devices"
    await bind(ns, {name: "40"})
    requests = [
        {"name": "a", "exactly": {"deviceClassName": "gpu", "count": 3}},
        {"name": "b", "exactly": {"deviceClassName": "gpu", "allocationMode": "All"}},
    ]
    claim = {"metadata": {"name": "r"}, "spec": {"devices": {"requests": requests}}}
    await ns.create("resourceclaims.resource.k8s.io", "ns", claim)
    assert await used(ns) == {name: "35"}
