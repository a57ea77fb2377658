"""What containers find around them: environment, arguments, volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.kubelet.expansion import expand
from tests.kubelet.pods import shell, state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods


async def make(pods: Pods, resource: str, name: str, **fields: Any) -> None:
    await pods.client.create(resource, "ns", {"metadata": {"name": name}, **fields})
    await pods.settle()


async def test_the_environment_comes_from_all_its_sources(pods: Pods) -> None:
    await make(pods, "configmaps", "m", data={"A": "1", "B": "2"})
    await make(pods, "secrets", "s", stringData={"PASSWORD": "x y"})
    env = [
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "ONE", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "A"}}},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "PASSWORD"}}},
        {
            "name": "CPU",
            "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}},
        },
        {
            "name": "GONE",
            "valueFrom": {"configMapKeyRef": {"name": "no", "key": "A", "optional": True}},
        },
        {"name": "BOTH", "value": "$(ONE)-$(m_B)-$$(ONE)-$(UNKNOWN)"},
    ]
    script = 'echo "$NAME/$ONE/$SECRET/$CPU/${GONE:-none}/$BOTH"'
    more = {
        "env": env,
        "envFrom": [{"prefix": "m_", "configMapRef": {"name": "m"}}],
        "resources": {"limits": {"cpu": "500m"}},
    }
    await pods.create("p", shell(script, **more), restartPolicy="Never")

    assert await pods.log("p") == "p/1/x y/500/none/1-2-$(ONE)-$(UNKNOWN)\n"


async def test_services_are_in_the_environment_unless_links_are_off(pods: Pods) -> None:
    service = {"ports": [{"name": "http", "port": 80}], "clusterIP": "10.0.0.9"}
    await make(pods, "services", "my-app", spec=service)
    script = 'echo "$KUBERNETES_SERVICE_HOST $MY_APP_SERVICE_PORT_HTTP $MY_APP_PORT"'
    await pods.create("p", shell(script), restartPolicy="Never")
    await pods.create("q", shell(script), restartPolicy="Never", enableServiceLinks=False)

    assert await pods.log("p") == "10.0.0.1 80 tcp://10.0.0.9:80\n"
    assert await pods.log("q") == "10.0.0.1  \n"


async def test_arguments_see_the_environment(pods: Pods) -> None:
    container = {
        "image": "busybox",
        "command": ["echo"],
        "args": ["$(WHO)", "$(NOBODY)"],
        "env": [{"name": "WHO", "value": "me"}],
    }
    await pods.create("p", container, restartPolicy="Never")

    assert await pods.log("p") == "me $(NOBODY)\n"


async def test_a_missing_source_of_the_environment_holds_the_container_back(pods: Pods) -> None:
    reference = {"configMapKeyRef": {"name": "later", "key": "A"}}
    container = shell("echo $A; sleep 60", env=[{"name": "A", "valueFrom": reference}])
    pod = await pods.create("p", container)
    waiting = state(pod)["state"]["waiting"]
    assert waiting == {
        "reason": "CreateContainerConfigError",
        "message": 'configmap "later" not found',
    }
    assert ("Failed", 'Error: configmap "later" not found') in await pods.events("p")

    await make(pods, "configmaps", "later", data={"A": "here"})

    assert (await pods.get("p"))["status"]["phase"] == "Running"
    assert await pods.log("p") == "here\n"


async def test_volumes_hold_what_their_sources_hold(pods: Pods) -> None:
    await make(pods, "configmaps", "m", data={"a": "1\n", "b": "2\n"})
    await make(pods, "secrets", "s", stringData={"key": "shh\n"})
    volumes = [
        {"name": "m", "configMap": {"name": "m", "items": [{"key": "b", "path": "x/y"}]}},
        {"name": "s", "secret": {"secretName": "s"}},
        {
            "name": "d",
            "downwardAPI": {
                "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
            },
        },
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "m"}}]}},
    ]
    mounts = [{"name": v["name"], "mountPath": f"/v/{v['name']}"} for v in volumes]
    script = "cat /v/m/x/y /v/s/key /v/all/a; cat /v/d/labels; ls /v /v/m; cat /v/m/a"
    container = {"name": "c", **shell(script, volumeMounts=mounts)}
    pod = {
        "metadata": {"name": "p", "labels": {"app": "x"}},
        "spec": {"containers": [container], "volumes": volumes, "restartPolicy": "Never"},
    }
    await pods.client.create("pods", "ns", pod)
    await pods.settle()

    assert (await pods.log("p")).splitlines() == [
        *("2", "shh", "1"),
        'app="x"all',
        *("d", "m", "s", "x"),
        "cat: can't open '/v/m/a': No such file or directory",
    ]


async def test_a_missing_volume_source_holds_the_pod_back(pods: Pods) -> None:
    volumes = [{"name": "m", "configMap": {"name": "later"}}]
    pod = await pods.create("p", {"image": "nginx"}, volumes=volumes)
    assert pod["status"]["phase"] == "Pending"
    assert state(pod)["state"]["waiting"]["reason"] == "ContainerCreating"
    text = 'MountVolume.SetUp failed for volume "m" : configmap "later" not found'
    assert ("FailedMount", text) in await pods.events("p")

    await make(pods, "configmaps", "later", data={})

    assert (await pods.get("p"))["status"]["phase"] == "Running"


async def test_containers_of_a_pod_share_its_volumes(pods: Pods) -> None:
    mounts = [{"name": "d", "mountPath": "/d"}]
    writer = {"name": "w", **shell("echo hello > /d/f", volumeMounts=mounts)}
    await pods.create(
        "p",
        shell("cat /d/f", volumeMounts=[{**mounts[0], "readOnly": True}]),
        initContainers=[writer],
        volumes=[{"name": "d", "emptyDir": {}}],
        restartPolicy="Never",
    )

    assert await pods.log("p") == "hello\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("$(A)$(A)", "11"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(B)", "$(B)"),
        ("$A $", "$A $"),
    ],
)
def test_references_are_replaced(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected
