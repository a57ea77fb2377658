"""Classes and nodes: what pods, claims and ingresses take over from them, and what they may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.admission import tolerations

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock

Object = dict[str, Any]

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
ZONE = {"topology.kubernetes.io/zone": "z"}


def claim(**spec: Any) -> Object:
    resources = {"requests": {"storage": "1Gi"}}
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": resources, **spec}
    return {"metadata": {"name": "c"}, "spec": wanted}


async def storage_class(client: Client, name: str, **fields: Any) -> None:
    new = {"metadata": {"name": name, "annotations": DEFAULT}, "provisioner": "p", **fields}
    await client.create("storageclasses.storage.k8s.io", "", new)


async def test_the_youngest_default_class_is_the_claims(ns: Client, clock: VirtualClock) -> None:
    await storage_class(ns, "a")
    await clock.advance(60)
    await storage_class(ns, "z")
    await storage_class(ns, "y")
    made = await ns.create("persistentvolumeclaims", "ns", claim())
    assert made["spec"]["storageClassName"] == "y"


async def test_a_claim_may_be_without_a_class(ns: Client) -> None:
    await storage_class(ns, "a")
    made = await ns.create("persistentvolumeclaims", "ns", claim(storageClassName=""))
    assert made["spec"]["storageClassName"] == ""


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_class_says_whether_its_claims_may_grow(
    ns: Client, refusal: Callable[..., Any], allowed: bool
) -> None:
    await storage_class(ns, "a", allowVolumeExpansion=allowed)
    await ns.create("persistentvolumeclaims", "ns", claim())
    bound = {"status": {"phase": "Bound"}}
    await ns.patch("persistentvolumeclaims", "ns", "c", bound, subresource="status")
    grow = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    change = ns.patch("persistentvolumeclaims", "ns", "c", grow)
    if allowed:
        assert (await change)["spec"]["resources"]["requests"] == {"storage": "2Gi"}
    else:
        assert "must support resize" in (await refusal(change)).message


async def test_an_ingress_gets_the_default_class(ns: Client) -> None:
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"}
    new = {"metadata": {"name": "i", "annotations": annotations}, "spec": {"controller": "a.b/c"}}
    await ns.create("ingressclasses.networking.k8s.io", "", new)
    backend = {"service": {"name": "s", "port": {"number": 1}}}
    ingress = {"metadata": {"name": "i"}, "spec": {"defaultBackend": backend}}
    made = await ns.create("ingresses.networking.k8s.io", "ns", ingress)
    assert made["spec"]["ingressClassName"] == "i"


async def runtime_class(client: Client) -> None:
    scheduling = {"nodeSelector": {"k": "v"}, "tolerations": [{"key": "t", "operator": "Exists"}]}
    new = {
        "metadata": {"name": "rc"},
        "handler": "h",
        "overhead": {"podFixed": {"cpu": "100m"}},
        "scheduling": scheduling,
    }
    await client.create("runtimeclasses.node.k8s.io", "", new)


async def test_a_pod_takes_over_its_runtime_class(ns: Client, pod: Callable[..., Object]) -> None:
    await runtime_class(ns)
    wanted = pod(runtimeClassName="rc", nodeSelector={"a": "b"}, overhead={"cpu": "0.1"})
    spec = (await ns.create("pods", "ns", wanted))["spec"]
    assert spec["overhead"] == {"cpu": "100m"}
    assert spec["nodeSelector"] == {"a": "b", "k": "v"}
    assert {"key": "t", "operator": "Exists"} in spec["tolerations"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"runtimeClassName": "no"}, 'pod rejected: RuntimeClass "no" not found'),
        (
            {"runtimeClassName": "rc", "overhead": {"cpu": "1"}},
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        (
            {"runtimeClassName": "rc", "nodeSelector": {"k": "w"}},
            "conflict: runtimeClass.scheduling.nodeSelector[k] = v; pod.spec.nodeSelector[k] = w",
        ),
        (
            {"overhead": {"cpu": "1"}},
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
    ],
)
async def test_a_pod_may_not_contradict_its_runtime_class(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any], spec: Object, why: str
) -> None:
    await runtime_class(ns)
    refused = await refusal(ns.create("pods", "ns", pod(**spec)))
    assert refused.message == f'pods "p" is forbidden: {why}'


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "resource name may not be empty"),
        ("a/b", "invalid resource name \"a/b\": [may not contain '/']"),
    ],
)
async def test_no_client_asks_for_a_class_of_such_a_name(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any], name: str, why: str
) -> None:
    refused = await refusal(ns.create("pods", "ns", pod(runtimeClassName=name)))
    assert (refused.code, refused.message) == (500, why)


def toleration(key: str = "", operator: str = "Exists", **more: Any) -> Object:
    return {"key": key, "operator": operator, **more}


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (toleration("a"), toleration("a", effect="NoSchedule"), True),
        (toleration("a", effect="NoSchedule"), toleration("a"), False),
        (toleration(), toleration("a", "Equal", value="v"), True),
        (toleration("a", "Equal", value="v"), toleration("a", "Equal", value="w"), False),
        (
            toleration("a", effect="NoExecute", tolerationSeconds=5),
            toleration("a", effect="NoExecute"),
            False,
        ),
        (
            toleration("a", effect="NoExecute", tolerationSeconds=5),
            toleration("a", effect="NoExecute", tolerationSeconds=3),
            True,
        ),
    ],
)
def test_a_wider_toleration_swallows_a_narrower_one(
    wide: Object, narrow: Object, covered: bool
) -> None:
    assert tolerations.covers(wide, narrow) is covered
    if covered:
        assert tolerations.merge([narrow], [wide]) == [wide]


async def node(client: Client, labels: Object, **status: Any) -> None:
    await client.create("nodes", "", {"metadata": {"name": "n", "labels": labels}})
    await client.patch("nodes", "", "n", {"status": status}, subresource="status")


async def test_a_binding_brings_the_zone_of_the_node(
    ns: Client, pod: Callable[..., Object]
) -> None:
    await node(ns, ZONE)
    await ns.create("pods", "ns", pod())
    target = {"kind": "Node", "name": "n"}
    binding = {"metadata": {"name": "p"}, "target": target}
    await ns.create_subresource("pods", "ns", "p", "binding", binding)
    assert (await ns.get("pods", "ns", "p"))["metadata"]["labels"] == ZONE


def resized(cpu: str) -> Object:
    return {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}


@pytest.mark.parametrize(
    ("system", "cpu", "why"),
    [
        ("linux", "900m", ""),
        (
            "linux",
            "2",
            (
                "node didn't have enough allocatable resources: cpu, requested: 2000, "
                "allocatable: 1000"
            ),
        ),
        (
            "windows",
            "900m",
            'pod resize is only supported on linux nodes, node "n" is "windows"',
        ),
    ],
)
async def test_a_pod_grows_as_far_as_its_node_could_give(
    ns: Client,
    pod: Callable[..., Object],
    refusal: Callable[..., Any],
    system: str,
    cpu: str,
    why: str,
) -> None:
    await node(ns, {"kubernetes.io/os": system}, allocatable={"cpu": "1", "memory": "1Gi"})
    wanted = pod(nodeName="n", resources={"requests": {"cpu": "1m"}})
    await ns.create("pods", "ns", wanted)
    change = ns.patch("pods", "ns", "p", resized(cpu), form="strategic", subresource="resize")
    if why:
        assert (await refusal(change)).message == f'pods "p" is forbidden: {why}'
    else:
        assert (await change)["spec"]["containers"][0]["resources"]["requests"] == {"cpu": cpu}


async def test_a_node_must_have_declared_what_a_resize_needs(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any]
) -> None:
    await node(ns, {}, allocatable={"cpu": "1"})
    whole = pod(nodeName="n")
    whole["spec"]["resources"] = {"requests": {"cpu": "100m"}}
    await ns.create("pods", "ns", whole)
    change = {"spec": {"resources": {"requests": {"cpu": "200m"}}}}
    refused = await refusal(
        ns.patch("pods", "ns", "p", change, form="strategic", subresource="resize")
    )
    assert refused.message.endswith(
        "pod update requires features InPlacePodLevelResourcesVerticalScaling "
        'which are not available on node "n"'
    )
