"""Faults of pods that are all but equal to others that had none."""

from __future__ import annotations

import pytest

from fakek8s.kinds.core.pod import KIND
from tests.kinds.core.pods import Object, a_pod, created, operation, problems

TOKEN = "kube-api-access-"
OLD = "beta.kubernetes.io/os"


def container(volume: str) -> Object:
    return {
        "name": "c",
        "image": "i",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always",
        "volumeMounts": [{"name": volume, "mountPath": "/x"}],
    }


def pod(mounted: str, *volumes: str) -> Object:
    return a_pod(container(mounted), volumes=[{"name": name, "emptyDir": {}} for name in volumes])


def test_pods_that_differ_in_the_name_of_the_tokens_volume_are_all_right() -> None:
    for suffix in ("abcde", "fghij", "00000"):
        assert problems(pod(TOKEN + suffix, TOKEN + suffix)) == []


@pytest.mark.parametrize(
    ("mounted", "volumes"),
    [
        (TOKEN + "00000", [TOKEN + "abcde"]),
        (TOKEN + "abcde", [TOKEN + "00000"]),
        (TOKEN + "abcde", [TOKEN + "abcdf"]),
        (TOKEN + "ABCDE", [TOKEN + "ABCDE"]),
        (TOKEN + "abcde", [TOKEN + "abcde", TOKEN + "abcde"]),
        (TOKEN + "00000", [TOKEN + "00000", TOKEN + "00000"]),
    ],
)
def test_a_fault_in_such_a_name_is_found_all_the_same(mounted: str, volumes: list[str]) -> None:
    assert problems(pod(TOKEN + "abcde", TOKEN + "abcde")) == []
    assert problems(pod(mounted, *volumes)) != []
    assert problems(pod(mounted, *volumes)) != []


def warnings(pod: Object) -> list[str]:
    return [text for warn in KIND.main.warnings for text in warn(created(pod), operation())]


def test_warnings_come_each_time() -> None:
    repeated = a_pod(container("v"), volumes=[{"name": "v", "emptyDir": {}}])
    repeated["spec"]["nodeSelector"] = {OLD: "linux"}
    assert problems(repeated) == []
    first = warnings(repeated)
    assert first != []
    assert warnings(repeated) == first


def test_what_the_rules_found_does_not_hide_a_warning_of_the_same_write() -> None:
    repeated = created(a_pod(container("v"), volumes=[{"name": "v", "emptyDir": {}}]))
    warned = created({**repeated, "spec": {**repeated["spec"], "nodeSelector": {OLD: "linux"}}})
    for pod, some in ((repeated, False), (warned, True)):
        op = operation()
        assert [cause for rule in KIND.main.rules for cause in rule(pod, op)] == []
        assert any(text for warn in KIND.main.warnings for text in warn(pod, op)) is some
