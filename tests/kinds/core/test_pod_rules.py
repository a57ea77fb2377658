from __future__ import annotations

from typing import Any

import pytest

from fakek8s.kinds.shared.podtemplate import default_pod_template, pod_template_rules
from tests.kinds.core.pods import Object, a_pod, operation, problems


def container(name: str = "a", **fields: Any) -> Object:
    return {"name": name, "image": "i:1", "resources": {}, **fields}


def test_an_ordinary_pod_has_no_problems() -> None:
    assert problems(a_pod()) == []


def test_a_pod_needs_a_container() -> None:
    pod = a_pod()
    pod["spec"]["containers"] = []
    assert problems(pod) == ["spec.containers: Required value"]


def test_all_causes_are_collected_in_order() -> None:
    pod = a_pod(
        container(imagePullPolicy="Sometimes", terminationMessagePolicy="None"),
        restartPolicy="Sometimes",
        dnsPolicy="Any",
        activeDeadlineSeconds=0,
        terminationGracePeriodSeconds=-1,
    )
    assert problems(pod) == [
        (
            'spec.containers[0].terminationMessagePolicy: Unsupported value: "None": supported '
            'values: "File", "FallbackToLogsOnError"'
        ),
        (
            'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: '
            '"Always", "IfNotPresent", "Never"'
        ),
        (
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
            '"OnFailure", "Never"'
        ),
        (
            'spec.dnsPolicy: Unsupported value: "Any": supported values: '
            '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'
        ),
        "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ]


def test_ports_are_checked_and_host_ports_are_unique() -> None:
    ports = [
        {"containerPort": 0},
        {"containerPort": 70000, "protocol": "HTTP"},
        {"containerPort": 80, "hostPort": 80, "name": "p"},
        {"containerPort": 80, "hostPort": 80, "name": "p"},
    ]
    assert problems(a_pod(container(ports=ports))) == [
        "spec.containers[0].ports[0].containerPort: Required value",
        (
            "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 "
            "and 65535, inclusive"
        ),
        (
            'spec.containers[0].ports[1].protocol: Unsupported value: "HTTP": supported values: '
            '"SCTP", "TCP", "UDP"'
        ),
        'spec.containers[0].ports[3].name: Duplicate value: "p"',
        'spec.containers[0].ports[3].hostPort: Duplicate value: "TCP//80"',
    ]


def test_a_broken_volume_is_no_volume_to_mount() -> None:
    pod = a_pod(
        container(
            volumeMounts=[
                {"name": "none", "mountPath": "/x"},
                {"name": "v", "mountPath": "/x"},
                {"name": "v", "mountPath": "", "subPath": "../up"},
            ]
        ),
        volumes=[
            {"name": "v", "emptyDir": {}, "configMap": {"name": "c"}},
            {"name": "w", "hostPath": {"path": "/a/../b", "type": "Dir"}},
        ],
    )
    assert problems(pod) == [
        "spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type",
        "spec.volumes[1].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
        (
            'spec.volumes[1].hostPath.type: Unsupported value: "Dir": supported values: "", '
            '"BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", '
            '"FileOrCreate", "Socket"'
        ),
        'spec.containers[0].volumeMounts[0].name: Not found: "none"',
        'spec.containers[0].volumeMounts[1].name: Not found: "v"',
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
        'spec.containers[0].volumeMounts[2].name: Not found: "v"',
        "spec.containers[0].volumeMounts[2].mountPath: Required value",
        "spec.containers[0].volumeMounts.subPath: Invalid value: \"../up\": must not contain '..'",
    ]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (
            {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
            ['requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
        ),
        (
            {"requests": {"memory": "-1"}},
            ['requests[memory]: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            {"requests": {"example.com/gpu": "1"}},
            ["limits: Required value: Limit must be set for non overcommitable resources"],
        ),
        (
            {"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "2"}},
            ['requests: Invalid value: "1": must be equal to example.com/gpu limit of 2'],
        ),
        (
            {"limits": {"example.com/gpu": "1500m"}},
            [
                'limits[example.com/gpu]: Invalid value: "1500m": must be an integer',
                'requests[example.com/gpu]: Invalid value: "1500m": must be an integer',
            ],
        ),
        (
            {"limits": {"hugepages-2Mi": "3Mi"}},
            [
                (
                    'limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer '
                    "multiple of hugepages-2Mi"
                ),
                (
                    'requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer '
                    "multiple of hugepages-2Mi"
                ),
            ],
        ),
    ],
)
def test_resources(resources: Object, expected: list[str]) -> None:
    found = problems(a_pod(container(resources=resources)))
    prefix = "spec.containers[0].resources."
    assert [text.removeprefix(prefix) for text in found if text.startswith(prefix)] == expected


def test_huge_pages_alone_are_refused() -> None:
    resources = {"limits": {"hugepages-2Mi": "4Mi"}}
    assert problems(a_pod(container(resources=resources))) == [
        "spec.containers[0].resources: Forbidden: HugePages require cpu or memory"
    ]


def test_claims_must_be_the_pods_own() -> None:
    pod = a_pod(
        container(resources={"claims": [{"name": "c"}, {"name": "x"}]}),
        resourceClaims=[{"name": "c", "resourceClaimName": "r"}, {"name": "d"}],
    )
    assert problems(pod) == [
        (
            'spec.resourceClaims[1]: Invalid value: {"Name":"d","ResourceClaimName":null,'
            '"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, '
            "`resourceClaimTemplateName`"
        ),
        (
            'spec.containers[0].resources.claims[1]: Not found: "x": must be one of the names in '
            "pod.spec.resourceClaims: c, d"
        ),
    ]


def test_probes_and_handlers() -> None:
    pod = a_pod(
        container(
            livenessProbe={},
            readinessProbe={"httpGet": {"port": 0}, "tcpSocket": {"port": 1}},
            startupProbe={"exec": {}, "successThreshold": 2, "timeoutSeconds": -1},
            lifecycle={"preStop": {"sleep": {"seconds": 31}}},
        )
    )
    assert problems(pod) == [
        (
            "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative "
            "and less than terminationGracePeriodSeconds (30)"
        ),
        "spec.containers[0].livenessProbe: Required value: must specify a handler type",
        (
            "spec.containers[0].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 "
            "and 65535, inclusive"
        ),
        (
            "spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 "
            "handler type"
        ),
        "spec.containers[0].startupProbe.exec.command: Required value",
        (
            "spec.containers[0].startupProbe.timeoutSeconds: Invalid value: -1: must be greater "
            "than or equal to 0"
        ),
        "spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1",
    ]


def test_environment() -> None:
    env: list[Object] = [
        {"name": "A=B", "value": "x"},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "spec.containers"}}},
        {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}},
        {"name": "E", "valueFrom": {"resourceFieldRef": {"resource": "cpu", "divisor": "0"}}},
        {"name": "F", "valueFrom": {"secretKeyRef": {"name": "s", "key": ""}}},
    ]
    found = problems(a_pod(container(env=env, envFrom=[{}])))
    assert [text.partition(": ")[0] for text in found] == [
        "spec.containers[0].env[0].name",
        "spec.containers[0].env[1].valueFrom.fieldRef.fieldPath",
        "spec.containers[0].env[2].valueFrom.fieldRef.fieldPath",
        "spec.containers[0].env[3].valueFrom.resourceFieldRef.resource",
        "spec.containers[0].env[4].valueFrom.secretKeyRef.key",
        "spec.containers[0].envFrom",
    ]
    assert found[1].endswith(
        "error converting fieldPath: field label not supported: spec.containers"
    )


def test_init_containers_are_not_probed_unless_they_are_sidecars() -> None:
    probe = {"tcpSocket": {"port": 1}}
    pod = a_pod(
        container(),
        initContainers=[
            container("a", livenessProbe=probe),
            container("s", livenessProbe=probe, restartPolicy="Always"),
        ],
    )
    assert problems(pod) == [
        'spec.initContainers[0].name: Duplicate value: "a"',
        (
            "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers "
            "without restartPolicy=Always"
        ),
    ]


def test_privileged_containers_are_the_clusters_choice() -> None:
    pod = a_pod(container(securityContext={"privileged": True}))
    assert problems(pod) == [
        "spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy"
    ]
    assert problems(pod, allow_privileged=True) == []


def test_a_contradicting_security_context_is_printed_whole() -> None:
    context = {"privileged": True, "allowPrivilegeEscalation": False}
    (found,) = problems(a_pod(container(securityContext=context)), allow_privileged=True)
    assert found == (
        'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,'
        '"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,'
        '"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,'
        '"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,'
        '"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` '
        "to true"
    )


def test_tolerations() -> None:
    tolerations = [
        {"key": "a", "operator": "Exists", "value": "b"},
        {"operator": "Equal"},
        {"key": "k", "effect": "NoSchedule", "tolerationSeconds": 3},
        {"key": "k", "operator": "In"},
        {"key": "k", "operator": "Gt", "value": "1"},
    ]
    assert [text.partition(": ")[0] for text in problems(a_pod(tolerations=tolerations))] == [
        "spec.tolerations[0].operator",
        "spec.tolerations[1].operator",
        "spec.tolerations[2].effect",
        "spec.tolerations[3].operator",
        "spec.tolerations[4].operator",
    ]


def test_affinity_and_topology_spread() -> None:
    pod = a_pod(
        affinity={
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": None},
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 0,
                        "preference": {"matchExpressions": [{"key": "k", "operator": "Is"}]},
                    }
                ],
            },
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]
            },
        },
        topologySpreadConstraints=[
            {"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway"},
            {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway"},
        ],
    )
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    assert [text.partition(": ")[0] for text in problems(pod)] == [
        f"spec.affinity.nodeAffinity.{required}.nodeSelectorTerms",
        f"spec.affinity.nodeAffinity.{preferred}[0].weight",
        f"spec.affinity.nodeAffinity.{preferred}[0].preference.matchExpressions[0].operator",
        f"spec.affinity.podAffinity.{required}[0].topologyKey",
        f"spec.affinity.podAffinity.{required}[0].topologyKey",
        f"spec.affinity.podAffinity.{required}[0].topologyKey",
        "spec.topologySpreadConstraints[0].maxSkew",
        "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}",
    ]


def test_host_network_ports_must_agree() -> None:
    ports = [{"containerPort": 80, "hostPort": 81}]
    assert problems(a_pod(container(ports=ports), hostNetwork=True)) == [
        (
            "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` "
            "when `hostNetwork` is true"
        )
    ]


def test_windows_pods_may_not_have_what_only_linux_knows() -> None:
    pod = a_pod(
        container(securityContext={"runAsUser": 1}),
        os={"name": "windows"},
        securityContext={"fsGroup": 1},
    )
    assert problems(pod) == [
        "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
        "spec.containers[0].securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
    ]


def test_annotations_that_mean_something_are_checked() -> None:
    pod = a_pod()
    pod["metadata"]["annotations"] = {
        "controller.kubernetes.io/pod-deletion-cost": "+3",
        "container.apparmor.security.beta.kubernetes.io/x": "strict",
        "seccomp.security.alpha.kubernetes.io/pod": "nothing",
    }
    assert [text.partition(": ")[0] for text in problems(pod)] == [
        "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]",
        "metadata.annotations.seccomp.security.alpha.kubernetes.io/pod",
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]",
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]",
    ]


def test_a_claim_made_for_a_volume_needs_a_size_and_a_name_that_fits() -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {}}
    volume = {"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    assert problems(a_pod(volumes=[volume])) == [
        "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value"
    ]


def test_templates_are_checked_under_their_own_path() -> None:
    template: Object = {
        "metadata": {"labels": {"a b": "c"}},
        "spec": {
            "containers": [container(image="")],
            "ephemeralContainers": [{"name": "e", "image": "i", "resources": {}}],
        },
    }
    default_pod_template(template)
    found = [cause.text for cause in pod_template_rules(template, "spec.template", operation())]
    assert [text.partition(": ")[0] for text in found] == [
        "spec.template.labels",
        "spec.template.spec.containers[0].image",
        "spec.template.spec.ephemeralContainers",
    ]


def test_a_template_may_keep_what_its_predecessor_had() -> None:
    selector = {"matchExpressions": [{"key": "k", "operator": "In", "values": ["-bad-"]}]}
    template: Object = {
        "metadata": {},
        "spec": {
            "containers": [container()],
            "affinity": {
                "podAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"topologyKey": "z", "labelSelector": selector}
                    ]
                }
            },
        },
    }
    default_pod_template(template)
    old = {"metadata": {}, "spec": {"template": template}}
    assert list(pod_template_rules(template, "spec.template", operation()))
    update = operation("update", old)
    assert list(pod_template_rules(template, "spec.template", update)) == []
