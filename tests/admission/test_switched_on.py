"""The plugins that are off by default, switched on, and those that ask the authorizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.auth.user import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client

Object = dict[str, Any]

KUBELET = User("system:node:n", groups=("system:nodes", "system:masters"))
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}


async def grant(client: Client, *resources: str) -> Client:
    """User `u`, who may do everything with these resources and nothing else."""
    rules = [{"apiGroups": ["*"], "resources": list(resources), "verbs": ["*"]}]
    group = "rbac.authorization.k8s.io"
    await client.create(f"clusterroles.{group}", "", {"metadata": {"name": "r"}, "rules": rules})
    binding = {
        "metadata": {"name": "r"},
        "subjects": [{"kind": "User", "name": "u", "apiGroup": group}],
        "roleRef": {"kind": "ClusterRole", "name": "r", "apiGroup": group},
    }
    await client.create(f"clusterrolebindings.{group}", "", binding)
    return client.as_user(User("u"))


async def test_images_are_always_pulled(
    ns: Client, pod: Callable[..., Object], switch_on: Callable[..., None]
) -> None:
    switch_on("AlwaysPullImages")
    wanted = pod()
    wanted["spec"]["containers"][0]["imagePullPolicy"] = "Never"
    made = await ns.create("pods", "ns", wanted)
    assert made["spec"]["containers"][0]["imagePullPolicy"] == "Always"


async def test_devices_are_tolerated(
    ns: Client, pod: Callable[..., Object], switch_on: Callable[..., None]
) -> None:
    switch_on("ExtendedResourceToleration")
    made = await ns.create("pods", "ns", pod(resources={"limits": {"example.com/gpu": "1"}}))
    added = {"key": "example.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert added in made["spec"]["tolerations"]


async def annotate(client: Client, **annotations: str) -> None:
    named = {f"scheduler.alpha.kubernetes.io/{key}": value for key, value in annotations.items()}
    await client.patch("namespaces", "", "ns", {"metadata": {"annotations": named}})


async def test_a_namespace_selects_nodes_for_its_pods(
    ns: Client,
    pod: Callable[..., Object],
    switch_on: Callable[..., None],
    refusal: Callable[..., Any],
) -> None:
    switch_on("PodNodeSelector")
    await annotate(ns, **{"node-selector": "zone=a"})
    made = await ns.create("pods", "ns", pod(nodeSelector={"disk": "d"}))
    assert made["spec"]["nodeSelector"] == {"disk": "d", "zone": "a"}
    refused = await refusal(ns.create("pods", "ns", pod("q", nodeSelector={"zone": "b"})))
    assert refused.message.endswith(
        "pod node label selector conflicts with its namespace node label selector"
    )


async def test_a_namespace_lists_the_tolerations_of_its_pods(
    ns: Client,
    pod: Callable[..., Object],
    switch_on: Callable[..., None],
    refusal: Callable[..., Any],
) -> None:
    switch_on("PodTolerationRestriction")
    await annotate(
        ns,
        defaultTolerations='[{"key":"x","operator":"Exists"}]',
        tolerationsWhitelist='[{"key":"x","operator":"Exists"},'
        '{"operator":"Exists","effect":"NoExecute"}]',
    )
    made = await ns.create("pods", "ns", pod())
    assert {"key": "x", "operator": "Exists"} in made["spec"]["tolerations"]
    other = [{"key": "y", "operator": "Exists", "effect": "NoSchedule"}]
    assert (await refusal(ns.create("pods", "ns", pod("q", tolerations=other)))).code == 500


async def test_a_namespace_comes_to_be_with_what_is_put_there(
    ns: Client, switch_on: Callable[..., None]
) -> None:
    switch_on("NamespaceAutoProvision", "NamespaceExists")
    await ns.create("configmaps", "new", {"metadata": {"name": "c"}})
    assert (await ns.get("namespaces", "", "new"))["status"]["phase"] == "Active"


TERM = {"topologyKey": "zone", "labelSelector": {}}
APART = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}}


async def test_some_requests_are_refused_outright(
    ns: Client,
    pod: Callable[..., Object],
    switch_on: Callable[..., None],
    refusal: Callable[..., Any],
) -> None:
    switch_on("LimitPodHardAntiAffinityTopology", "DenyServiceExternalIPs")
    refused = await refusal(ns.create("pods", "ns", pod(affinity=APART)))
    assert "has TopologyKey zone but only key kubernetes.io/hostname is allowed" in refused.message
    spec = {"externalIPs": ["192.0.2.1"], "ports": [{"port": 1}]}
    service = {"metadata": {"name": "s"}, "spec": spec}
    refused = await refusal(ns.create("services", "ns", service))
    assert refused.message.endswith("Use of external IPs is denied by admission control")
    switch_on("AlwaysDeny")
    refused = await refusal(ns.delete("serviceaccounts", "ns", "default"))
    assert refused.message.endswith("admission control is denying all modifications")


async def test_only_who_may_set_finalizers_may_block_a_deletion(
    ns: Client, switch_on: Callable[..., None], refusal: Callable[..., Any]
) -> None:
    switch_on("OwnerReferencesPermissionEnforcement")
    user = await grant(ns, "configmaps")
    blocked = {**OWNER, "blockOwnerDeletion": True}
    owned = {"metadata": {"name": "c", "ownerReferences": [blocked]}}
    refused = await refusal(user.create("configmaps", "ns", owned))
    assert "refers to a resource you can't set finalizers on" in refused.message
    owned["metadata"]["ownerReferences"] = [OWNER]
    assert await user.create("configmaps", "ns", owned)


MIRROR = {"kubernetes.io/config.mirror": "x"}
NODE_OWNER = {"apiVersion": "v1", "kind": "Node", "name": "n", "controller": True}


@pytest.mark.parametrize(
    ("metadata", "spec", "why"),
    [
        (
            {},
            {"nodeName": "n"},
            (
                'pod does not have "kubernetes.io/config.mirror" annotation, '
                'node "n" can only create mirror pods'
            ),
        ),
        (
            {"annotations": MIRROR},
            {"nodeName": "m"},
            'node "n" can only create pods with spec.nodeName set to itself',
        ),
        (
            {"annotations": MIRROR},
            {"nodeName": "n"},
            'node "n" can only create pods with an owner reference set to itself',
        ),
        (
            {"annotations": MIRROR, "ownerReferences": [{**NODE_OWNER, "uid": "x"}]},
            {"nodeName": "n"},
            "node n UID mismatch: expected x got ",
        ),
    ],
)
async def test_a_kubelet_creates_mirror_pods_alone(
    ns: Client,
    pod: Callable[..., Object],
    switch_on: Callable[..., None],
    refusal: Callable[..., Any],
    metadata: Object,
    spec: Object,
    why: str,
) -> None:
    await ns.create("nodes", "", {"metadata": {"name": "n"}})
    switch_on("NodeRestriction")
    wanted = pod(**spec)
    wanted["metadata"] |= metadata
    refused = await refusal(ns.as_user(KUBELET).create("pods", "ns", wanted))
    assert refused.message.startswith(f'pods "p" is forbidden: {why}')


async def test_a_kubelet_writes_its_own_node_and_lease(
    ns: Client, switch_on: Callable[..., None], refusal: Callable[..., Any]
) -> None:
    switch_on("NodeRestriction")
    kubelet = ns.as_user(KUBELET)
    labels = {"kubernetes.io/hostname": "n", "own": "x"}
    await kubelet.create("nodes", "", {"metadata": {"name": "n", "labels": labels}})
    for change, why in (
        ({"spec": {"taints": []}}, 'node "n" is not allowed to modify taints'),
        (
            {"metadata": {"labels": {"node-restriction.kubernetes.io/a": "b", "k8s.io/x": "y"}}},
            "is not allowed to modify labels: k8s.io/x, node-restriction.kubernetes.io/a",
        ),
    ):
        refused = await refusal(kubelet.patch("nodes", "", "n", change))
        assert refused.message == f'nodes "n" is forbidden: {why}'
    lease = {"metadata": {"name": "n"}}
    refused = await refusal(kubelet.create("leases.coordination.k8s.io", "ns", lease))
    assert "can only access leases in the" in refused.message


async def test_attesting_is_a_right_of_its_own(
    ns: Client, refusal: Callable[..., Any], bundle: Object
) -> None:
    user = await grant(ns, "clustertrustbundles")
    refused = await refusal(user.create("clustertrustbundles.certificates.k8s.io", "", bundle))
    assert refused.message.endswith('user not permitted to attest for signerName "example.com/a"')
    assert await ns.create("clustertrustbundles.certificates.k8s.io", "", bundle)


@pytest.fixture
def bundle(server: Any) -> Object:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM).decode()
    spec = {"signerName": "example.com/a", "trustBundle": text}
    return {"metadata": {"name": "example.com:a:x"}, "spec": spec}
