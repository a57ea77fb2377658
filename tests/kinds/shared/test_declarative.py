from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_ALPHA,
    IMMUTABLE_FIELD,
    OPTIONAL,
    REQUIRED,
    SHORT_NAME,
    by,
    covered,
    declaratively,
    each,
    enum,
    field,
    fields,
    max_items,
    unique,
)
from fakek8s.machinery.causes import required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.declarative import Node
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def texts(node: Node, new: Object, old: Object | None = None) -> list[str]:
    return [error.text for error in node(new, old, "", old is not None)]


def test_a_required_field_that_is_there_is_looked_at_further() -> None:
    node = field("mode", REQUIRED, enum("b", "a"))
    assert texts(node, {}) == ["mode: Required value"]
    assert texts(node, {"mode": "c"}) == [
        'mode: Unsupported value: "c": supported values: "a", "b"'
    ]


def test_what_an_update_leaves_alone_is_not_checked_again() -> None:
    node = field("spec", field("mode", enum("a")))
    assert texts(node, {"spec": {"mode": "x"}}, {"spec": {"mode": "x"}}) == []
    assert len(texts(node, {"spec": {"mode": "y"}}, {"spec": {"mode": "x"}})) == 1


def test_an_absent_field_equals_an_empty_one() -> None:
    assert texts(field("names", IMMUTABLE_FIELD), {"names": []}, {}) == []


def test_a_changed_immutable_field_is_shown_as_null_and_stops_the_rest() -> None:
    node = field("name", IMMUTABLE_FIELD, SHORT_NAME)
    assert texts(node, {"name": "A!"}, {"name": "a"}) == [
        "name: Invalid value: null: field is immutable"
    ]
    assert texts(node, {"name": "a"}) == []


def test_alpha_checks_say_nothing_but_stop() -> None:
    node = field("ref", IMMUTABLE_ALPHA, field("name", REQUIRED))
    assert texts(node, {"ref": {"name": ""}}, {"ref": {"name": "a"}}) == []


def test_too_many_items_are_not_looked_at_one_by_one() -> None:
    node = field("items", OPTIONAL, max_items(1), unique(by("name")))
    assert texts(node, {"items": [{"name": "a"}, {"name": "a"}]}) == [
        "items: Too many: 2: must have at most 1 item"
    ]


def test_items_find_their_old_selves_by_their_keys() -> None:
    node = field("items", each(field("mode", enum("a")), by("name")))
    old = {"items": [{"name": "x", "mode": "old"}]}
    new = {"items": [{"name": "y", "mode": "a"}, {"name": "x", "mode": "old"}]}
    assert texts(node, new, old) == []


def test_a_repeated_item_is_shown_whole() -> None:
    node = field("items", unique(by("name")))
    assert texts(node, {"items": [{"name": "a"}, {"name": "a", "n": 1}]}) == [
        'items[1]: Duplicate value: {"name":"a","n":1}'
    ]


@pytest.mark.parametrize("declared", [True, False])
def test_a_covered_fault_gives_way_to_its_declared_twin(declared: bool) -> None:
    def by_hand(obj: Object, op: Operation) -> Iterator[FieldError]:
        yield covered(required("name", "by hand"))
        yield required("other")

    class Create:
        old = None

    node = field("name", REQUIRED) if declared else fields()
    rule = declaratively(by_hand, node=node)
    found = [error.text for error in rule({}, Create())]  # type: ignore[arg-type]
    if declared:
        assert found == ["other: Required value", "name: Required value"]
    else:
        assert found == ["name: Required value: by hand", "other: Required value"]
