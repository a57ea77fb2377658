from __future__ import annotations

import pytest

from fakek8s.machinery import rules


@pytest.mark.parametrize(
    ("prefix", "wrong"), [("a-", False), ("a.-", False), ("Ab-", True), ("-", True), ("_a-", True)]
)
def test_a_prefix_may_end_where_a_name_may_not(prefix: str, wrong: bool) -> None:
    assert bool(rules.subdomain_name(prefix, True)) is wrong
    assert rules.subdomain_name(prefix, False) != []


def test_labels_have_no_dots_and_paths_have_no_slashes() -> None:
    assert rules.label_name("a.b", False) == ["must not contain dots"]
    assert rules.path_segment_name("A_b.c", False) == []
    assert rules.path_segment_name("..", False) == ["may not be '..'"]
    assert rules.path_segment_name("..", True) == []


@pytest.mark.parametrize(("value", "count"), [(None, 0), (0, 0), (1, 0), (-1, 1)])
def test_absent_numbers_are_never_negative(value: int | None, count: int) -> None:
    assert len(list(rules.non_negative(value, "x"))) == count


def test_messages_of_numbers_and_of_what_stays() -> None:
    assert [e.text for e in rules.non_negative(-1, "x")] == [
        "x: Invalid value: -1: must be greater than or equal to 0"
    ]
    assert [e.text for e in rules.positive(0, "x")] == [
        "x: Invalid value: 0: must be greater than zero"
    ]
    assert [e.text for e in rules.immutable(None, "a", "x")] == [
        "x: Invalid value: null: field is immutable"
    ]
    assert list(rules.immutable("a", "a", "x")) == []


@pytest.mark.parametrize("name", [None, "", "example.com"])
def test_a_reference_may_be_absent_or_a_subdomain(name: str | None) -> None:
    assert list(rules.subdomain(name, "spec.nodeName")) == []


def test_a_reference_that_is_no_subdomain_is_shown() -> None:
    (error,) = rules.subdomain("A", "spec.nodeName")
    assert error.text.startswith('spec.nodeName: Invalid value: "A": a lowercase RFC')
