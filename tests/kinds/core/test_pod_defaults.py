from __future__ import annotations

import pytest

from fakek8s.kinds.shared.podtemplate import default_pod_template
from fakek8s.kinds.shared.podtemplate.image import image_tag
from tests.kinds.core.pods import Object, a_pod, created


def test_the_smallest_pod_gets_what_every_pod_has() -> None:
    pod = created(a_pod({"name": "a", "image": "app", "resources": {}}))
    assert pod["spec"] == {
        "containers": [
            {
                "name": "a",
                "image": "app",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "Always",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert pod["metadata"]["generation"] == 1


def test_requests_follow_limits_in_pods_and_not_in_templates() -> None:
    container = {"name": "a", "image": "a:1", "resources": {"limits": {"cpu": "1500m"}}}
    pod = created(a_pod(container))
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1500m"}
    template: Object = {"spec": {"containers": [dict(container)]}}
    default_pod_template(template)
    assert "requests" not in template["spec"]["containers"][0]["resources"]
    assert "enableServiceLinks" not in template["spec"]


def test_a_request_keeps_its_own_value_beside_a_limit() -> None:
    resources = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}}
    pod = created(a_pod({"name": "a", "image": "a:1", "resources": resources}))
    found = pod["spec"]["containers"][0]["resources"]["requests"]
    assert found == {"cpu": "100m", "memory": "1Gi"}


def test_quantities_finer_than_a_thousandth_are_rounded_up() -> None:
    resources = {"requests": {"cpu": "100100u", "memory": "1"}}
    pod = created(a_pod({"name": "a", "image": "a:1", "resources": resources}))
    found = pod["spec"]["containers"][0]["resources"]["requests"]
    assert found == {"cpu": "101m", "memory": "1"}


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("app", "latest"),
        ("app:latest", "latest"),
        ("registry.example:5000/app", "latest"),
        ("registry.example/app:1.2", "1.2"),
        (f"app@sha256:{'0' * 64}", ""),
        (f"app:1@sha256:{'0' * 64}", "1"),
        ("App", ""),
        ("", ""),
        ("app:", ""),
    ],
)
def test_the_tag_of_an_image_decides_its_pull_policy(image: str, tag: str) -> None:
    assert image_tag(image) == tag
    pod = created(a_pod({"name": "a", "image": image, "resources": {}}))
    policy = pod["spec"]["containers"][0]["imagePullPolicy"]
    assert policy == ("Always" if tag == "latest" else "IfNotPresent")


def test_probes_and_handlers_get_their_numbers_and_paths() -> None:
    container = {
        "name": "a",
        "image": "a:1",
        "resources": {},
        "livenessProbe": {"httpGet": {"port": "web"}},
        "startupProbe": {"grpc": {"port": 9000}, "failureThreshold": 30},
        "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "stop"}}},
    }
    found = created(a_pod(container))["spec"]["containers"][0]
    assert found["livenessProbe"] == {
        "httpGet": {"path": "/", "port": "web", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert found["startupProbe"]["grpc"] == {"port": 9000, "service": ""}
    assert found["startupProbe"]["failureThreshold"] == 30
    assert found["lifecycle"]["preStop"]["httpGet"]["scheme"] == "HTTP"


def test_volumes_get_a_source_and_their_modes() -> None:
    volumes: list[Object] = [
        {"name": "tmp"},
        {"name": "s", "secret": {"secretName": "s"}},
        {"name": "h", "hostPath": {"path": "/x"}},
        {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {"name": "i", "image": {"reference": "a:1"}},
    ]
    found = {v["name"]: v for v in created(a_pod(volumes=volumes))["spec"]["volumes"]}
    assert found["tmp"]["emptyDir"] == {}
    assert found["s"]["secret"]["defaultMode"] == 420
    assert found["h"]["hostPath"]["type"] == ""
    token = found["p"]["projected"]["sources"][0]["serviceAccountToken"]
    assert token["expirationSeconds"] == 3600
    assert found["i"]["image"]["pullPolicy"] == "IfNotPresent"


def test_host_network_opens_the_containers_ports_on_the_host() -> None:
    container = {"name": "a", "image": "a:1", "resources": {}, "ports": [{"containerPort": 80}]}
    pod = created(a_pod(container, hostNetwork=True))
    found = pod["spec"]["containers"][0]["ports"]
    assert found == [{"hostPort": 80, "containerPort": 80, "protocol": "TCP"}]


def test_the_old_name_of_the_service_account_is_kept_in_step() -> None:
    spec = created(a_pod(serviceAccount="robot"))["spec"]
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("robot", "robot")


def test_a_gated_pod_says_so_in_its_conditions() -> None:
    status = created(a_pod(schedulingGates=[{"name": "example.com/g"}]))["status"]
    (condition,) = status["conditions"]
    assert (condition["type"], condition["status"]) == ("PodScheduled", "False")
    assert condition["reason"] == "SchedulingGated"
    assert condition["lastTransitionTime"] == "2024-05-06T07:08:09Z"


def test_label_keys_become_expressions_of_the_selector() -> None:
    constraint = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"a": "b"}},
        "matchLabelKeys": ["rev", "absent"],
    }
    pod = a_pod(topologySpreadConstraints=[constraint])
    pod["metadata"]["labels"] = {"a": "b", "rev": "7"}
    found = created(pod)["spec"]["topologySpreadConstraints"][0]["labelSelector"]
    assert found["matchExpressions"] == [{"key": "rev", "operator": "In", "values": ["7"]}]


def test_fields_of_features_that_are_off_are_dropped() -> None:
    container = {
        "name": "a",
        "image": "a:1",
        "resources": {},
        "lifecycle": {"stopSignal": "SIGTERM"},
        "livenessProbe": {"grpc": {"port": 1, "mode": "TLS"}},
    }
    pod = a_pod(
        container, schedulingGroup={"podGroupName": "g"}, volumes=[{"name": "e", "emptyDir": {}}]
    )
    pod["metadata"]["annotations"] = {"pod.beta.kubernetes.io/init-containers": "[]"}
    found = created(pod)
    assert "schedulingGroup" not in found["spec"]
    assert "lifecycle" not in found["spec"]["containers"][0]
    assert "mode" not in found["spec"]["containers"][0]["livenessProbe"]["grpc"]
    assert "annotations" not in found["metadata"]


def test_an_apparmor_annotation_becomes_a_field() -> None:
    pod = a_pod()
    key = "container.apparmor.security.beta.kubernetes.io/a"
    pod["metadata"]["annotations"] = {key: "localhost/web"}
    found = created(pod)["spec"]["containers"][0]["securityContext"]
    assert found == {"appArmorProfile": {"type": "Localhost", "localhostProfile": "web"}}


def test_what_is_asked_for_the_pod_is_completed_from_its_containers() -> None:
    pod = created(
        a_pod(
            {"name": "a", "image": "a:1", "resources": {"limits": {"cpu": "1"}}},
            {"name": "b", "image": "a:1", "resources": {"limits": {"cpu": "500m"}}},
            resources={"requests": {"cpu": "2"}, "limits": {"memory": "1Gi"}},
        )
    )
    assert pod["spec"]["resources"] == {
        "limits": {"cpu": "2", "memory": "1Gi"},
        "requests": {"cpu": "2", "memory": "1Gi"},
    }
    assert pod["status"]["qosClass"] == "Guaranteed"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([{}], "BestEffort"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}], "Guaranteed"),
        ([{"limits": {"cpu": "1", "memory": "1Gi"}}, {}], "Burstable"),
        ([{"limits": {"cpu": "1"}}], "Burstable"),
        ([{"requests": {"cpu": "100m"}}], "Burstable"),
        ([{"limits": {"example.com/gpu": "1"}}], "BestEffort"),
    ],
)
def test_the_quality_of_service_class(resources: list[Object], expected: str) -> None:
    containers = [
        {"name": f"c{number}", "image": "a:1", "resources": one}
        for number, one in enumerate(resources)
    ]
    assert created(a_pod(*containers))["status"]["qosClass"] == expected
