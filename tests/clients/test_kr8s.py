"""kr8s: objects that know how to create, patch, label, scale, wait for and watch themselves."""

from __future__ import annotations

import gc
import os
import uuid
from typing import TYPE_CHECKING, Any

import kr8s
import pytest
from kr8s.objects import ConfigMap, Deployment, Namespace, Pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.threaded import ThreadedCluster

pytestmark = [
    # It warns of servers that are newer than itself, and leaves its connections to the collector.
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What a test leaves is collected within it, not within another."""
    yield
    gc.collect()


@pytest.fixture
def api(shared_cluster: ThreadedCluster) -> Any:
    return kr8s.api(kubeconfig=shared_cluster.kubeconfig)


@pytest.fixture
def namespace(api: Any) -> str:
    name = f"kr8s-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    Namespace({"metadata": {"name": name}}, api=api).create()
    return name


def named(name: str, namespace: str, **content: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, **content}


def test_an_object_is_created_patched_and_deleted(api: Any, namespace: str) -> None:
    made = ConfigMap(named("c", namespace, data={"a": "1"}), api=api)
    made.create()
    made.patch({"data": {"b": "2"}})
    made.patch([{"op": "remove", "path": "/data/a"}], type="json")
    made.label({"x": "y"})
    made.annotate({"note": "here"})
    (found,) = api.get("configmaps", namespace=namespace, label_selector={"x": "y"})
    assert found.data.to_dict() == {"b": "2"}
    assert found.annotations.to_dict() == {"note": "here"}
    assert made.exists()
    made.delete()
    assert not made.exists()
    with pytest.raises(kr8s.NotFoundError):
        made.refresh()


def test_a_pod_is_waited_for_read_and_gone(api: Any, namespace: str) -> None:
    spec = {"containers": [{"name": "c", "image": "nginx"}]}
    pod = Pod(named("p", namespace, spec=spec), api=api)
    pod.create()
    pod.wait("condition=Ready", timeout=20)
    assert pod.ready()
    assert any("start worker process" in line for line in pod.logs())
    pod.delete()
    pod.wait("delete", timeout=20)
    assert not pod.exists()


def test_a_deployment_is_scaled(api: Any, namespace: str) -> None:
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    web = Deployment(named("web", namespace, spec=spec), api=api)
    web.create()
    web.patch({"spec": {"replicas": 3}}, subresource="scale")
    web.refresh()
    assert web.replicas == 3


def test_a_watch_tells_of_changes(api: Any, namespace: str) -> None:
    seen = []
    ConfigMap(named("first", namespace), api=api).create()
    for event, found in api.watch(
        "configmaps", namespace=namespace, field_selector={"metadata.name": "first"}
    ):
        seen.append(event)
        if event == "ADDED":
            found.label({"x": "y"})
        elif event == "MODIFIED":
            found.delete()
        else:
            break
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


def test_who_asks_is_told_who_it_is(api: Any) -> None:
    assert api.whoami() == "admin"
    assert api.version()["gitVersion"].startswith("v1.37.")
    assert {"pods", "deployments"} <= {resource["name"] for resource in api.api_resources()}
