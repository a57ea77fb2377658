"""The normal form hides what varies between two servers and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.normal import Normaliser, remove, renumber, without_managed_fields

UID = "67fda852-51fa-4409-9156-57f067cf672{}"


def normal(answer: Any, *, cluster: bool = False, namespace: str = "t01") -> Any:
    return Normaliser(namespace, cluster).answer(answer)


def test_a_uid_keeps_its_name_through_all_answers() -> None:
    normaliser = Normaliser("t01", cluster=False)
    first = normaliser.answer({"uid": UID.format(1)})
    second = normaliser.answer({"message": f"want {UID.format(2)}, is {UID.format(1)}"})
    assert first == {"uid": "<uid0>"}
    assert second == {"message": "want <uid1>, is <uid0>"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"resourceVersion": "12"}, {"resourceVersion": "<rv>"}),
        ({"resourceVersion": "0"}, {"resourceVersion": "0"}),
        ({"resourceVersion": ""}, {"resourceVersion": ""}),
        ({"creationTimestamp": "2026-01-02T03:04:05Z"}, {"creationTimestamp": "<time>"}),
        ({"renewTime": "2026-01-02T03:04:05.678901Z"}, {"renewTime": "<time>"}),
        (
            {"clusterIP": "None", "clusterIPs": ["None"]},
            {"clusterIP": "None", "clusterIPs": ["None"]},
        ),
        ({"clusterIPs": ["10.0.0.7"]}, {"clusterIPs": ["<clusterIP>"]}),
        ({"nodePort": 30001, "port": 80}, {"nodePort": "<nodePort>", "port": 80}),
        ({"continue": ""}, {"continue": ""}),
        ({"continue": "abc"}, {"continue": "<continue>"}),
        ({"value": "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0"}, {"value": "<continue>"}),
        ({"cells": ["a", "5d", "3m10s", 2, "5x"]}, {"cells": ["a", "<age>", "<age>", 2, "5x"]}),
        ({"path": "/api/v1/namespaces/t01/pods"}, {"path": "/api/v1/namespaces/NS/pods"}),
        ({"f:t01": {}}, {"f:NS": {}}),
        ({"message": "the current: 17"}, {"message": "the current: <n>"}),
        ({"value": "resourceVersion17"}, {"value": "resourceVersion17"}),
    ],
)
def test_what_varies_is_named_and_what_does_not_stays(answer: Any, expected: Any) -> None:
    assert normal(answer) == expected


def test_addresses_of_pods_vary_only_where_something_assigns_them() -> None:
    answer = {"podIP": "10.244.0.3", "ip": "10.244.0.3"}
    assert normal(answer) == answer
    assert normal(answer, cluster=True) == {"podIP": "<podIP>", "ip": "<ip>"}


def test_a_generated_name_ends_alike_everywhere() -> None:
    answer = {"generateName": "job-", "name": "job-x7k2p"}
    assert normal(answer) == {"generateName": "job-", "name": "job-<suffix>"}


def test_with_controllers_generated_names_are_followed_into_other_fields() -> None:
    answer = {
        "metadata": {"generateName": "web-", "name": "web-x7k2p"},
        "labels": {"pod-template-hash": "6d4cf56db6"},
        "message": "Created pod: web-x7k2p of web-6d4cf56db6",
    }
    got = normal(answer, cluster=True)
    assert got["message"] == "Created pod: web-<suffix0> of web-<hash1>"
    assert got["labels"] == {"pod-template-hash": "<hash1>"}


def test_the_order_of_causes_and_managed_fields_does_not_count() -> None:
    one, other = {"field": "a"}, {"field": "b"}
    assert normal({"causes": [other, one]}) == normal({"causes": [one, other]})
    assert normal({"items": [other, one]}) != normal({"items": [one, other]})


def test_descriptions_of_columns_do_not_count() -> None:
    column = {"name": "Age", "type": "string", "description": "long"}
    assert normal({"columnDefinitions": [column]}) == {
        "columnDefinitions": [{"name": "Age", "type": "string"}]
    }


def test_tokens_are_numbered_by_sorted_keys_not_by_the_order_of_fields() -> None:
    one = [{"a": "<uid0>", "b": "<uid1>"}]
    other = [{"b": "<uid0>", "a": "<uid1>"}]
    assert renumber(one) == renumber(other)
    assert renumber([{"a": "<uid0>", "b": "<uid0>"}]) != renumber(one)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("items.*.time", {"items": [{"n": 1}, {"n": 2}], "x": {"time": 3}}),
        ("items.0.time", {"items": [{"n": 1}, {"n": 2, "time": 1}], "x": {"time": 3}}),
        ("*.time", {"items": [{"n": 1, "time": 1}, {"n": 2, "time": 1}], "x": {}}),
        ("items", {"x": {"time": 3}}),
        ("absent.time", {"items": [{"n": 1, "time": 1}, {"n": 2, "time": 1}], "x": {"time": 3}}),
    ],
)
def test_ignored_paths_are_taken_out(path: str, left: Any) -> None:
    value = {"items": [{"n": 1, "time": 1}, {"n": 2, "time": 1}], "x": {"time": 3}}
    remove(value, path)
    assert value == left


def test_managed_fields_can_be_left_out_at_any_depth() -> None:
    value = {"items": [{"metadata": {"name": "a", "managedFields": [{}]}}]}
    assert without_managed_fields(value) == {"items": [{"metadata": {"name": "a"}}]}
