"""Kubernetes' JSONPath."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery import jsonpath

POD: dict[str, Any] = {
    "spec": {
        "containers": [{"name": "a", "port": 80}, {"name": "b", "port": 443}],
        "x-y": {"d.e": 1},
    },
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}],
        "phase": None,
    },
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.containers[*].name", ["a", "b"]),
        (".spec.containers[0].name", ["a"]),
        (".spec.containers[-1:].name", ["b"]),
        (".spec.containers[0:2:2].port", [80]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".spec.containers[?(@.port>80)].name", ["b"]),
        (".spec.containers[?(@.port)].name", ["a", "b"]),
        (".spec.x-y.d\\.e", [1]),
        (".spec['x-y']", [{"d.e": 1}]),
        ("..type", ["Ready", "Other"]),
        (".status.phase", [None]),
        (".status.phase.deeper", []),
        (".missing.deeper", []),
        (".spec.containers[0,1].name", ["a", "b"]),
    ],
)
def test_paths_find_values(path: str, found: list[Any]) -> None:
    assert jsonpath.compile_path(path).find(POD) == [found]


def test_text_around_actions_is_kept() -> None:
    assert jsonpath.parse("n={.a}!").find({"a": 1}) == [["n="], [1], ["!"]]


def test_the_first_value_is_what_columns_show() -> None:
    path = jsonpath.compile_path(".spec.containers[*].name")
    assert path.first(POD) == "a"
    assert path.first({}, "none") == "none"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{.a", "unclosed action"),
        ("{.a[0}", "unterminated array"),
        ("{.a[x]}", "invalid array index x"),
        ('{.a[?(@.b=="c"}', "unterminated filter"),
        ('{"a}', "unterminated quoted string"),
        ("{(}", "unrecognized character in action: U+0028 '('"),
        ("{....a}", "invalid multiple recursive descent"),
    ],
)
def test_bad_templates_are_refused_in_upstreams_words(text: str, message: str) -> None:
    with pytest.raises(jsonpath.JSONPathSyntaxError) as caught:
        jsonpath.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{.spec.containers[5].name}", "array index out of bounds: index 5, length 2"),
        ("{.spec[0]}", "map[string]interface {} is not array or slice"),
        ("{range .spec}", "unrecognized identifier range"),
        ("{.spec.containers[?(@.port==true)]}", "incompatible types for comparison"),
    ],
)
def test_paths_that_do_not_fit_the_object_fail(text: str, message: str) -> None:
    with pytest.raises(jsonpath.JSONPathError) as caught:
        jsonpath.parse(text).find(POD)
    assert str(caught.value) == message


def test_plain_paths_are_recognised() -> None:
    assert jsonpath.plain_fields(".spec.replicas") == ("spec", "replicas")
    assert jsonpath.plain_fields(".spec.a[0]") is None


@pytest.mark.parametrize(
    ("value", "text"), [({"a": [1]}, '{"a":[1]}'), (None, "<nil>"), (1.5, "1.5"), ("x", "x")]
)
def test_values_have_a_text(value: Any, text: str) -> None:
    assert jsonpath.text_of(value) == text
