"""Pods that a real API server (1.37.2) was asked to create, and what it said to each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakek8s.kinds.core.pod import KIND
from fakek8s.machinery import meta
from fakek8s.release import release
from tests.kinds.core.pods import Object, operation

CASES: list[Object] = json.loads((Path(__file__).parent / "pods.recorded.json").read_text())


def prepared(case: Object, warnings: list[str]) -> tuple[Object, Any]:
    sent = {"apiVersion": "v1", "kind": "Pod", **case["pod"]}
    kind = release("1.37").catalogue().find("", "v1", "pods")
    assert kind is not None
    pod, _ = kind.shape.read(sent)
    pod["metadata"] |= {"namespace": "ns", "uid": "u", "resourceVersion": "1"}
    op = operation(warnings=warnings)
    for default in KIND.defaults:
        default(pod)
    # What admission adds, which some rules ask for.
    pod["spec"].setdefault("serviceAccountName", "default")
    pod["spec"].setdefault("serviceAccount", pod["spec"]["serviceAccountName"])
    for prepare in KIND.main.prepare:
        prepare(pod, op)
    return pod, op


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_the_server_says_what_a_real_one_said(case: Object) -> None:
    warnings: list[str] = []
    pod, op = prepared(case, warnings)
    causes = {
        (cause.field, cause.reason, cause.body)
        for causes in (
            meta.object_meta_rules(pod["metadata"], "metadata", True, KIND.name),
            *(rule(pod, op) for rule in KIND.main.rules),
        )
        for cause in causes
    }
    assert sorted(causes) == [tuple(cause) for cause in case.get("causes", [])]
    if not causes:
        warnings += [text for warn in KIND.main.warnings for text in warn(pod, op)]
        assert sorted(warnings) == case["warnings"]
