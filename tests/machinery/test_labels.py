"""Label selectors: grammar, messages, matching."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery import labels

OPERATORS = "in, notin, =, ==, !=, gt, lt"


@pytest.mark.parametrize(
    ("selector", "matching", "other"),
    [
        ("a=x", {"a": "x"}, {"a": "y"}),
        ("a==", {"a": ""}, {}),
        ("a!=x", {}, {"a": "x"}),
        ("a in (x,y)", {"a": "y"}, {"a": "z"}),
        ("a in (x,)", {"a": ""}, {}),
        ("a notin (x)", {"b": "x"}, {"a": "x"}),
        ("a", {"a": ""}, {"b": ""}),
        ("!a", {}, {"a": ""}),
        ("a>1", {"a": "5"}, {"a": "1"}),
        ("a<1", {"a": "-5"}, {"a": "x"}),
        ("in in (in)", {"in": "in"}, {"in": "x"}),
        (" app in (web ,) , !tier", {"app": "web"}, {"app": "web", "tier": "x"}),
        ("", {"a": "x"}, None),
    ],
)
def test_selectors_match(selector: str, matching: Any, other: Any) -> None:
    parsed = labels.parse(selector)
    assert parsed.matches(matching)
    assert parsed.empty or not parsed.matches(other)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app==web,,tier", "found ',', expected: identifier after ','"),
        (
            "n>abc",
            (
                'unable to parse requirement: values[0]: Invalid value: "abc":'
                " for 'Gt', 'Lt' operators, the value must be an integer"
            ),
        ),
        ("app=no no", "found 'no', expected: ',' or 'end of string'"),
        ("a b", f"unable to parse requirement: found 'b', expected: {OPERATORS}"),
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=!", "unable to parse requirement: found '!', expected: identifier"),
        ("a in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("!a=x", "found '=', expected: ',' or 'end of string'"),
        (
            "-bad-=x",
            (
                'unable to parse requirement: <nil>: Invalid value: "-bad-": name part must'
                " consist of alphanumeric characters, '-', '_' or '.', and must start and end with"
                " an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex"
                " used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            ),
        ),
    ],
)
def test_bad_selectors_are_refused_in_upstreams_words(selector: str, message: str) -> None:
    with pytest.raises(labels.SelectorError) as caught:
        labels.parse(selector)
    assert str(caught.value) == message


def test_values_of_a_bad_value_are_located_by_index_and_key() -> None:
    with pytest.raises(labels.SelectorError) as caught:
        labels.parse("a in (é)")
    assert str(caught.value).startswith(
        'unable to parse requirement: values[0][a]: Invalid value: "é": a valid label must be'
    )


def test_text_is_canonical() -> None:
    assert str(labels.parse(" b notin (y,x), !a ,c==")) == "!a,b notin (x,y),c=="


def test_a_label_selector_object_is_compiled() -> None:
    selector = labels.from_label_selector(
        {
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }
    )
    assert str(selector) == "app=web,!old,tier in (a,b)"
    assert selector.matches({"app": "web", "tier": "b"})
    assert not selector.matches({"app": "web", "tier": "b", "old": ""})


def test_no_label_selector_matches_nothing_and_an_empty_one_everything() -> None:
    assert not labels.from_label_selector(None).matches({"a": "b"})
    assert labels.from_label_selector({}).matches(None)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"key": "a", "operator": "in"}, '"in" is not a valid label selector operator'),
        (
            {"key": "a", "operator": "In"},
            "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            {"key": "a", "operator": "Exists", "values": ["x"]},
            'values: Invalid value: ["x"]: values set must be empty for exists and does not exist',
        ),
    ],
)
def test_bad_expressions_are_refused(expression: dict[str, Any], message: str) -> None:
    with pytest.raises(labels.SelectorError) as caught:
        labels.from_label_selector({"matchExpressions": [expression]})
    assert str(caught.value) == message


def test_an_exact_match_is_found() -> None:
    assert labels.parse("a=x,b").requires_exact_match("a") == "x"
    assert labels.parse("a in (x,y)").requires_exact_match("a") is None
    assert str(labels.from_map({"b": "2", "a": "1"})) == "a=1,b=2"


keys = st.from_regex(r"\A[a-z]([a-z.-]{0,5}[a-z])?\Z").filter(
    lambda key: key not in ("in", "notin")
)
values = st.from_regex(r"\A([a-z0-9]([a-z0-9_.-]{0,5}[a-z0-9])?)?\Z")
requirements = st.one_of(
    st.builds(lambda key: labels.Requirement(key, "exists"), keys),
    st.builds(lambda key: labels.Requirement(key, "!"), keys),
    st.builds(
        lambda key, operator, value: labels.Requirement(key, operator, (value,)),
        keys,
        st.sampled_from(["=", "==", "!="]),
        values,
    ),
    st.builds(
        lambda key, operator, many: labels.Requirement(key, operator, tuple(sorted(many))),
        keys,
        st.sampled_from(["in", "notin"]),
        st.sets(values, min_size=1, max_size=4),
    ),
)


@given(st.lists(requirements, max_size=4))
def test_text_of_a_selector_reads_back(wanted: list[labels.Requirement]) -> None:
    selector = labels.Selector(tuple(sorted(wanted, key=lambda requirement: requirement.key)))
    assert labels.parse(str(selector)) == selector
