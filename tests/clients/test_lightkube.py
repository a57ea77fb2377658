"""lightkube: typed resources, server-side apply by default, waits and watches."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from lightkube import ApiError, Client, KubeConfig
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment, DeploymentScale
from lightkube.resources.core_v1 import ConfigMap, Namespace, Pod
from lightkube.types import PatchType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.threaded import ThreadedCluster

SPEC = PodSpec(containers=[Container(name="c", image="nginx")])


@pytest.fixture
def namespace() -> str:
    return f"lightkube-{os.getpid()}-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def client(shared_cluster: ThreadedCluster, namespace: str) -> Iterator[Client]:
    found = KubeConfig.from_file(shared_cluster.kubeconfig)
    with Client(config=found, namespace=namespace, field_manager="tests") as made:
        made.create(Namespace(metadata=ObjectMeta(name=namespace)))
        yield made


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name), data=data)


def test_apply_owns_and_gives_up(client: Client) -> None:
    client.apply(config_map("c", a="1", b="2"))
    assert client.apply(config_map("c", b="2")).data == {"b": "2"}
    with pytest.raises(ApiError) as conflict:
        client.apply(config_map("c", b="3"), field_manager="other")
    assert conflict.value.status.code == 409
    taken = client.apply(config_map("c", b="3"), field_manager="other", force=True)
    assert taken.data == {"b": "3"}


def test_patches_and_replacements(client: Client) -> None:
    client.create(config_map("c", a="1"))
    client.patch(ConfigMap, "c", {"data": {"b": "2"}})
    client.patch(ConfigMap, "c", {"data": {"a": None}}, patch_type=PatchType.MERGE)
    operations = [{"op": "add", "path": "/data/d", "value": "4"}]
    found = client.patch(ConfigMap, "c", operations, patch_type=PatchType.JSON)
    assert found.data == {"b": "2", "d": "4"}
    found.data = {"e": "5"}
    assert client.replace(found).data == {"e": "5"}
    with pytest.raises(ApiError) as stale:
        client.replace(found)
    assert stale.value.status.reason == "Conflict"


def test_a_pod_is_waited_for_and_read(client: Client) -> None:
    client.create(Pod(metadata=ObjectMeta(name="p"), spec=SPEC))
    ready = client.wait(Pod, "p", for_conditions=["Ready"])
    assert ready.status is not None
    assert ready.status.phase == "Running"
    assert any("start worker process" in line for line in client.log("p"))
    assert list(client.list(Pod, fields={"status.phase": "Running"})) == [ready]
    client.delete(Pod, "p", grace_period=0)
    with pytest.raises(ApiError) as gone:
        client.get(Pod, "p")
    assert gone.value.status.code == 404


def test_lists_select_and_go_on_from_page_to_page(client: Client) -> None:
    for number in range(5):
        labels = {"parity": str(number % 2)}
        client.create(ConfigMap(metadata=ObjectMeta(name=f"c{number}", labels=labels)))
    even = client.list(ConfigMap, labels={"parity": ("0", "2")}, chunk_size=1)
    names = [found.metadata.name for found in even if found.metadata]
    assert names == ["c0", "c2", "c4"]
    client.deletecollection(ConfigMap)
    left = client.list(ConfigMap, labels={"parity": ("0", "1")})
    assert list(left) == []


def test_a_deployment_has_a_scale(client: Client, namespace: str) -> None:
    labels = {"app": "web"}
    spec = DeploymentSpec(
        selector=LabelSelector(matchLabels=labels),
        template=PodTemplateSpec(metadata=ObjectMeta(labels=labels), spec=SPEC),
    )
    client.create(Deployment(metadata=ObjectMeta(name="web"), spec=spec))
    metadata = ObjectMeta(name="web", namespace=namespace)
    scale = DeploymentScale(metadata=metadata, spec=ScaleSpec(replicas=4))
    assert client.replace(scale, "web").spec == ScaleSpec(replicas=4)
    assert client.get(DeploymentScale, "web").spec == ScaleSpec(replicas=4)


def test_a_watch_tells_of_changes(client: Client) -> None:
    client.create(config_map("c"))
    seen = []
    for event, found in client.watch(ConfigMap, fields={"metadata.name": "c"}):
        seen.append(event)
        if event == "ADDED":
            client.patch(ConfigMap, "c", {"data": {"a": "b"}})
        elif event == "MODIFIED":
            assert found.data == {"a": "b"}
            client.delete(ConfigMap, "c")
        else:
            break
    assert seen == ["ADDED", "MODIFIED", "DELETED"]
