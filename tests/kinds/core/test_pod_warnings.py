from __future__ import annotations

from typing import Any

import pytest

from fakek8s.kinds.core.pod import KIND
from fakek8s.kinds.shared.podtemplate import pod_template_warnings
from tests.kinds.core.pods import Object, a_pod, created, operation


def warnings(pod: Object) -> list[str]:
    op = operation()
    return [text for warn in KIND.main.warnings for text in warn(created(pod), op)]


def container(name: str = "a", **fields: Any) -> Object:
    return {"name": name, "image": "i:1", "resources": {}, **fields}


def test_an_ordinary_pod_is_not_warned_of() -> None:
    assert warnings(a_pod()) == []


def test_a_name_that_is_no_host_name() -> None:
    pod = a_pod()
    pod["metadata"]["name"] = "a.b"
    assert warnings(pod) == [
        (
            "metadata.name: this is used in the Pod's hostname, which can result in surprising "
            "behavior; a DNS label is recommended: [must not contain dots]"
        )
    ]


def test_repeated_variables_that_do_not_build_on_each_other() -> None:
    env = [
        {"name": "X", "value": "1"},
        {"name": "X", "value": "$(X)2"},
        {"name": "X", "value": "3"},
    ]
    assert warnings(a_pod(container(env=env))) == [
        (
            'spec.containers[0].env[2]: hides previous definition of "X", which may be dropped '
            "when using apply"
        )
    ]


def test_ports_that_collide() -> None:
    pod = a_pod(
        container(ports=[{"containerPort": 80, "name": "p"}]),
        container("b", ports=[{"containerPort": 80, "name": "p"}, {"containerPort": 81}]),
    )
    assert warnings(pod) == [
        "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
        (
            'spec.containers[1].ports[0]: duplicate port name "p" with '
            "spec.containers[0].ports[0], services and probes that select ports by name will use "
            "spec.containers[0].ports[0]"
        ),
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            (
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "
                '"kubernetes.io/os" instead'
            ),
        ),
        (
            {"imagePullSecrets": [{"name": ""}]},
            'spec.imagePullSecrets[0].name: invalid empty name ""',
        ),
        (
            {"hostAliases": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}]},
            'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
        ),
        (
            {"volumes": [{"name": "g", "gitRepo": {"repository": "r"}}]},
            "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
        ),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway"}
                ]
            },
            (
                "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in "
                "matching no pod"
            ),
        ),
        (
            {
                "volumes": [
                    {
                        "name": "c",
                        "configMap": {
                            "name": "m",
                            "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x/y"}],
                        },
                    }
                ]
            },
            'volume "c" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
        ),
    ],
)
def test_what_is_surely_not_meant(spec: Object, expected: str) -> None:
    assert warnings(a_pod(**spec)) == [expected]


def test_fractions_of_a_byte() -> None:
    resources = {"requests": {"memory": "1500m"}}
    assert warnings(a_pod(container(resources=resources))) == [
        (
            'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is '
            "invalid, must be an integer"
        )
    ]


def test_templates_name_their_path_and_speak_of_apparmor_themselves() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/a"
    template = {
        "metadata": {"annotations": {key: "runtime/default"}},
        "spec": {"containers": [container()]},
    }
    assert list(pod_template_warnings(template, "spec.template", operation())) == [
        (
            f"spec.template.metadata.annotations[{key}]: deprecated since v1.30; use the "
            '"appArmorProfile" field instead'
        )
    ]
