"""PodSecurity: levels, versions and modes of the Pod Security Standards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.admission.standards.checks import details, findings, reasons
from fakek8s.admission.standards.policy import LATEST, NOTHING, Policy, Standard, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client

Object = dict[str, Any]

PREFIX = "pod-security.kubernetes.io/"
GOOD = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}


def one(context: Object | None = None, **spec: Any) -> Object:
    """The spec of a pod that restricted allows, but for what is given."""
    container = {"name": "c", "image": "i", "securityContext": GOOD | (context or {})}
    return {"containers": [container], **spec}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (one(), ""),
        (one(hostNetwork=True, hostPID=True), "host namespaces (hostNetwork=true, hostPID=true)"),
        (
            one({"privileged": True}),
            'privileged (container "c" must not set securityContext.privileged=true)',
        ),
        (
            one(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
            'hostPath volumes (volume "v")',
        ),
        (
            one({"capabilities": {"add": ["SYS_TIME", "CHOWN", "NET_ADMIN"]}}),
            (
                'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" '
                "in securityContext.capabilities.add)"
            ),
        ),
        (
            {
                "containers": [
                    {"name": n, "ports": [{"hostPort": p}]} for n, p in (("a", 9), ("b", 80))
                ]
            },
            'hostPort (containers "a", "b" use hostPorts 80, 9)',
        ),
        (
            one({"seLinuxOptions": {"type": "spc_t", "role": "r"}}),
            (
                'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: '
                'type "spc_t"; role may not be set)'
            ),
        ),
        (
            one({"appArmorProfile": {"type": "Unconfined"}}),
            (
                'forbidden AppArmor profile (container "c" must not set AppArmor profile type '
                'to "Unconfined")'
            ),
        ),
        (
            one(securityContext={"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            one(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
            "forbidden sysctls (kernel.msgmax)",
        ),
        (
            one({"procMount": "Unmasked"}),
            'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            one(securityContext={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "h", "port": 1}}}]},
            'probe or lifecycle host (container "c" uses probe or lifecycle host "h")',
        ),
    ],
)
def test_baseline_forbids_what_reaches_the_node(spec: Object, text: str) -> None:
    assert details(findings(Standard("baseline"), {}, spec, 37)) == text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (one(), ""),
        (
            one({"allowPrivilegeEscalation": None}),
            (
                'allowPrivilegeEscalation != false (container "c" must set '
                "securityContext.allowPrivilegeEscalation=false)"
            ),
        ),
        (
            one({"capabilities": {"add": ["CHOWN"]}}),
            (
                'unrestricted capabilities (container "c" must set '
                'securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" '
                "in securityContext.capabilities.add)"
            ),
        ),
        (
            one(volumes=[{"name": "v", "hostPath": {}}, {"name": "w", "nfs": {}}]),
            (
                'restricted volume types (volumes "v", "w" use restricted volume types '
                '"hostPath", "nfs")'
            ),
        ),
        (
            one({"runAsNonRoot": None}),
            (
                'runAsNonRoot != true (pod or container "c" must set '
                "securityContext.runAsNonRoot=true)"
            ),
        ),
        (
            one({"runAsNonRoot": False}, securityContext={"runAsNonRoot": True}),
            'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
        ),
        (
            one(securityContext={"runAsUser": 0}),
            "runAsUser=0 (pod must not set runAsUser=0)",
        ),
        (
            one({"seccompProfile": None}),
            (
                'seccompProfile (pod or container "c" must set '
                'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
            ),
        ),
    ],
)
def test_restricted_asks_pods_to_give_things_up(spec: Object, text: str) -> None:
    assert details(findings(Standard("restricted"), {}, spec, 37)) == text


@pytest.mark.parametrize(
    ("spec", "minor", "text"),
    [
        (one(os={"name": "windows"}, securityContext={}) | {"containers": [{"name": "c"}]}, 24,
         ("allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, "
         "seccompProfile")),
        (one(os={"name": "windows"}) | {"containers": [{"name": "c"}]}, 25,
         "runAsNonRoot != true"),
        ({"containers": [{"name": "c"}]}, 7, "runAsNonRoot != true"),
        (one({"runAsUser": 0}, hostUsers=False), 34, "runAsUser=0"),
        (one({"runAsUser": 0}, hostUsers=False), 35, ""),
        (one({"procMount": "Unmasked"}, hostUsers=False), 37, "procMount"),
    ],
)  # fmt: skip
def test_a_version_keeps_the_rules_of_its_time(spec: Object, minor: int, text: str) -> None:
    assert reasons(findings(Standard("restricted", minor), {}, spec, 37)) == text


def test_labels_say_which_standard_holds() -> None:
    policy, wrong = policy_of({PREFIX + "enforce": "baseline", PREFIX + "enforce-version": "v1.30"})
    assert policy == Policy(Standard("baseline", 30), Standard(), Standard("baseline", 30))
    assert not wrong
    assert policy_of({"a": "b"}) == (NOTHING, [])


def test_unreadable_labels_enforce_the_strictest_and_warn_of_nothing() -> None:
    labels = {PREFIX + "enforce": "x", PREFIX + "warn": "y", PREFIX + "warn-version": "v1.01"}
    policy, wrong = policy_of(labels)
    assert policy.enforce == Standard("restricted", LATEST)
    assert policy.warn == Standard("privileged", LATEST)
    assert [error.field.rpartition("/")[2] for error in wrong] == [
        "enforce]",
        "warn]",
        "warn-version]",
    ]


async def label(client: Client, **modes: str) -> None:
    labels = {PREFIX + mode: level for mode, level in modes.items()}
    await client.patch("namespaces", "", "ns", {"metadata": {"labels": labels}})


async def test_a_namespace_refuses_pods_below_its_level(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any]
) -> None:
    await label(ns, enforce="baseline")
    refused = await refusal(ns.create("pods", "ns", pod(hostIPC=True)))
    assert refused.message == (
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": '
        "host namespaces (hostIPC=true)"
    )


async def test_only_another_image_is_looked_at_again(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any]
) -> None:
    await ns.create("pods", "ns", pod(hostIPC=True))
    await label(ns, enforce="baseline")
    await ns.patch("pods", "ns", "p", {"metadata": {"labels": {"a": "b"}}})
    image = {"spec": {"containers": [{"name": "c", "image": "other"}]}}
    refused = await refusal(ns.patch("pods", "ns", "p", image, form="strategic"))
    assert refused.code == 403


async def test_a_namespace_with_an_unknown_level_is_invalid(
    ns: Client, refusal: Callable[..., Any]
) -> None:
    refused = await refusal(label(ns, enforce="none"))
    assert refused.message == (
        f'Namespace "ns" is invalid: metadata.labels[{PREFIX}enforce]: Invalid value: "none": '
        "must be one of privileged, baseline, restricted"
    )
