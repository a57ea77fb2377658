from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply.element import Mismatch
from fakek8s.machinery.apply.merge import merged

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


@pytest.mark.parametrize(
    ("live", "config", "result"),
    [
        ({"size": 1, "name": "x"}, {"size": 2}, {"size": 2, "name": "x"}),
        ({"crew": {"a": "1"}}, {"crew": {"b": "2"}}, {"crew": {"a": "1", "b": "2"}}),
        ({"crew": {"a": "1"}}, {"crew": None}, {"crew": {"a": "1"}}),
        ({"crew": {}}, {"crew": None}, {"crew": None}),
        ({"size": 1}, {"size": None}, {"size": None}),
        ({"route": ["a"]}, {"route": ["b"]}, {"route": ["b"]}),
        ({"engine": {"fuel": "x"}}, {"engine": {"power": 1}}, {"engine": {"power": 1}}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "c"]}, {"tags": ["a", "b", "c"]}),
        ({"tags": ["a", "b", "c"]}, {"tags": ["c", "a"]}, {"tags": ["b", "c", "a"]}),
        ({"tags": ["a"]}, {"tags": []}, {"tags": ["a"]}),
        (
            {"ports": [{"number": 1, "use": "x"}, {"number": 2}]},
            {"ports": [{"number": 2, "use": "y"}]},
            {"ports": [{"number": 1, "use": "x"}, {"number": 2, "use": "y"}]},
        ),
        # Items of which the object has two are replaced.
        (
            {"ports": [{"number": 1, "use": "x"}, {"number": 1, "use": "y"}]},
            {"ports": [{"number": 1}]},
            {"ports": [{"number": 1}]},
        ),
        ({"free": {"a": 1}}, {"free": {"a": {"b": 2}}}, {"free": {"a": {"b": 2}}}),
        ({"free": {"a": [1, 2]}}, {"free": {"a": [3]}}, {"free": {"a": [3]}}),
    ],
)
def test_a_configuration_lies_over_the_object(
    live: Any, config: Any, result: Any, ship: Schema
) -> None:
    assert merged({"spec": live}, {"spec": config}, ship) == {"spec": result}


def test_merging_edits_nothing(ship: Schema) -> None:
    live = {"spec": {"crew": {"a": "1"}, "tags": ["a"]}}
    merged(live, {"spec": {"crew": {"b": "2"}, "tags": ["b"]}}, ship)
    assert live == {"spec": {"crew": {"a": "1"}, "tags": ["a"]}}


def test_a_configuration_may_not_repeat_a_key(ship: Schema) -> None:
    with pytest.raises(Mismatch):
        merged({"spec": {"tags": ["x"]}}, {"spec": {"tags": ["a", "a"]}}, ship)
