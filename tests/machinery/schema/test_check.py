from __future__ import annotations

import pytest

from fakek8s.facts import load_facts
from fakek8s.machinery.schema import Definitions, Schema, merged
from fakek8s.machinery.schema.check import check


@pytest.fixture(scope="module")
def pod() -> Schema:
    schema = Definitions(merged(load_facts().openapi_v3)).of_kind("", "v1", "Pod")
    assert schema is not None
    return schema


def test_missing_and_unsupported_values_are_told_by_path(pod: Schema) -> None:
    spec = {
        "containers": [{"name": "", "imagePullPolicy": "Sometimes"}],
        "dnsPolicy": "Nope",
        "restartPolicy": "",
    }
    found = check({"metadata": {}, "spec": spec, "status": {"phase": "Nope"}}, pod)
    assert [error.text for error in found] == [
        "spec.containers[0].name: Required value",
        (
            'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": '
            'supported values: "Always", "IfNotPresent", "Never"'
        ),
        (
            'spec.dnsPolicy: Unsupported value: "Nope": supported values: '
            '"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"'
        ),
    ]


def test_a_good_object_has_no_causes(pod: Schema) -> None:
    spec = {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}}}]}
    assert check({"metadata": {}, "spec": spec}, pod) == []


def test_required_lists_may_not_be_null(pod: Schema) -> None:
    assert [e.text for e in check({"spec": {"containers": None}}, pod)] == [
        "spec.containers: Required value"
    ]
