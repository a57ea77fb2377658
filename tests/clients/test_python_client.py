"""The official Python client: typed and dynamic, watches that resume, leader election."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakek8s.threaded import ThreadedCluster

Manifest = dict[str, Any]


@pytest.fixture
def api(shared_cluster: ThreadedCluster) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(shared_cluster.kubeconfig) as found:
        yield found


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


@pytest.fixture
def namespace(core: client.CoreV1Api) -> str:
    name = f"py-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    core.create_namespace({"metadata": {"name": name}})
    # Each namespace is given the authority's certificate, soon after it is made.
    for _ in watch.Watch().stream(core.list_namespaced_config_map, name, timeout_seconds=10):
        break
    return name


def config_map(name: str, **data: str) -> Manifest:
    return {"metadata": {"name": name}, "data": data}


def test_typed_objects_come_and_go(core: client.CoreV1Api, namespace: str) -> None:
    made = core.create_namespaced_config_map(namespace, config_map("c", a="b"))
    assert made.metadata.uid
    made.data["a"] = "changed"
    replaced = core.replace_namespaced_config_map("c", namespace, made)
    assert replaced.data == {"a": "changed"}
    with pytest.raises(ApiException) as stale:
        core.replace_namespaced_config_map("c", namespace, made)
    assert (stale.value.status, stale.value.reason) == (409, "Conflict")
    patched = core.patch_namespaced_config_map("c", namespace, {"data": {"k": "v"}})
    assert patched.data == {"a": "changed", "k": "v"}
    core.delete_namespaced_config_map("c", namespace)
    with pytest.raises(ApiException) as gone:
        core.read_namespaced_config_map("c", namespace)
    assert gone.value.status == 404


def test_the_body_of_a_refusal_is_the_real_servers(api: client.ApiClient) -> None:
    services = client.ApiregistrationV1Api(api)
    body = {
        "metadata": {"name": "v1.apps"},
        "spec": {"group": "apps", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1},
    }
    with pytest.raises(ApiException) as refused:
        services.create_api_service(body)
    assert refused.value.body == (
        b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":'
        b'"apiservices.apiregistration.k8s.io \\"v1.apps\\" already exists","reason":'
        b'"AlreadyExists","details":{"name":"v1.apps","group":"apiregistration.k8s.io","kind":'
        b'"apiservices"},"code":409}\n'
    ) or refused.value.body == (
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":'
        '"apiservices.apiregistration.k8s.io \\"v1.apps\\" already exists","reason":'
        '"AlreadyExists","details":{"name":"v1.apps","group":"apiregistration.k8s.io","kind":'
        '"apiservices"},"code":409}\n'
    )


def test_a_watch_replays_in_order_and_resumes_where_it_stopped(
    core: client.CoreV1Api, namespace: str
) -> None:
    start = core.list_namespaced_config_map(namespace).metadata.resource_version
    for name in ("a", "b"):
        core.create_namespaced_config_map(namespace, config_map(name))
    core.patch_namespaced_config_map("a", namespace, {"data": {"k": "v"}})
    core.delete_namespaced_config_map("b", namespace)
    first = watch.Watch()
    seen = []
    for event in first.stream(
        core.list_namespaced_config_map, namespace, resource_version=start, timeout_seconds=10
    ):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            first.stop()
    rest = watch.Watch()
    for event in rest.stream(
        core.list_namespaced_config_map,
        namespace,
        resource_version=first.resource_version,
        timeout_seconds=10,
    ):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 4:
            rest.stop()
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


def test_a_pod_runs_and_its_log_can_be_read(core: client.CoreV1Api, namespace: str) -> None:
    pod: Manifest = {
        "metadata": {"name": "hello"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo hello there"]}
            ],
        },
    }
    start = core.list_namespaced_pod(namespace).metadata.resource_version
    core.create_namespaced_pod(namespace, pod)
    watching = watch.Watch()
    phases = []
    for event in watching.stream(
        core.list_namespaced_pod, namespace, resource_version=start, timeout_seconds=20
    ):
        phases.append(event["object"].status.phase)
        if phases[-1] == "Succeeded":
            watching.stop()
    assert phases[0] == "Pending"
    assert core.read_namespaced_pod_log("hello", namespace) == "hello there\n"


def test_deployments_have_status_and_scale(api: client.ApiClient, namespace: str) -> None:
    apps = client.AppsV1Api(api)
    labels = {"app": "web"}
    apps.create_namespaced_deployment(
        namespace,
        {
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "c", "image": "nginx"}]},
                },
            },
        },
    )
    scale = apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 4}})
    assert (scale.spec.replicas, scale.status.selector) == (4, "app=web")
    status = apps.patch_namespaced_deployment_status(
        "web", namespace, {"status": {"observedGeneration": 2}, "spec": {"replicas": 9}}
    )
    assert status.status.observed_generation == 2
    assert status.spec.replicas == 4
    assert status.metadata.generation == 2


def test_lists_go_on_from_page_to_page(core: client.CoreV1Api, namespace: str) -> None:
    for number in range(5):
        core.create_namespaced_secret(namespace, {"metadata": {"name": f"c{number}"}})
    names: list[str] = []
    token = None
    while True:
        page = core.list_namespaced_secret(namespace, limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert names == [f"c{number}" for number in range(5)]


def test_the_dynamic_client_finds_and_applies(
    api: client.ApiClient, namespace: str, tmp_path: Path
) -> None:
    found = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery"))
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    maps.create(namespace=namespace, body={"kind": "ConfigMap", **config_map("c", a="b")})
    applied = maps.server_side_apply(
        namespace=namespace,
        name="c",
        field_manager="tests",
        body={"apiVersion": "v1", "kind": "ConfigMap", **config_map("c", k="v")},
    )
    assert applied.data.to_dict() == {"a": "b", "k": "v"}
    assert "c" in [item.metadata.name for item in maps.get(namespace=namespace).items]


def test_leaders_are_elected_by_leases(
    shared_cluster: ThreadedCluster, core: client.CoreV1Api, namespace: str
) -> None:
    config.load_kube_config(shared_cluster.kubeconfig)  # the lock takes the default client
    nothing = str  # a callback that does nothing

    def candidate(name: str) -> leaderelection.LeaderElection:
        return leaderelection.LeaderElection(
            electionconfig.Config(
                LeaseLock("lock", namespace, name),
                lease_duration=17,
                renew_deadline=15,
                retry_period=5,
                onstarted_leading=nothing,
                onstopped_leading=nothing,
            )
        )

    first = candidate("one")
    assert first.try_acquire_or_renew()
    assert not candidate("two").try_acquire_or_renew()
    assert first.try_acquire_or_renew()
    leases = client.CoordinationV1Api(core.api_client)
    lease = leases.read_namespaced_lease("lock", namespace)
    assert lease.spec.holder_identity == "one"
