"""The algebra of field sets, against plain sets of paths."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.compare import compare
from fakek8s.machinery.apply.walk import everything, fields_of
from fakek8s.machinery.schema import Definitions, Schema

Path = tuple[str, ...]

STEPS = st.sampled_from(
    ["f:a", "f:b", "f:é", 'k:{"name":"a"}', 'k:{"name":"a b"}', 'k:{"p":80}', 'k:{"p":443}', "v:1"]
)
PATHS = st.frozensets(st.lists(STEPS, min_size=1, max_size=4).map(tuple), max_size=12)


def members(fields: fieldset.Fields) -> frozenset[Path]:
    return frozenset(fieldset.paths(fields))


@given(PATHS)
def test_a_set_holds_the_paths_it_was_made_of(paths: frozenset[Path]) -> None:
    fields = fieldset.of(*paths)
    assert members(fields) == paths
    assert all(fieldset.has(fields, path) for path in paths)


@given(PATHS, PATHS)
def test_the_algebra_is_that_of_sets_of_paths(a: frozenset[Path], b: frozenset[Path]) -> None:
    x, y = fieldset.of(*a), fieldset.of(*b)
    before = orjson.dumps([x, y])
    assert fieldset.union(x, y) == fieldset.of(*(a | b))
    assert fieldset.intersection(x, y) == fieldset.of(*(a & b))
    assert fieldset.difference(x, y) == fieldset.of(*(a - b))
    assert orjson.dumps([x, y]) == before


@given(PATHS, PATHS)
def test_recursive_difference_takes_prefixes(a: frozenset[Path], b: frozenset[Path]) -> None:
    left = {p for p in a if not any(p[: len(q)] == q for q in b)}
    found = fieldset.recursive_difference(fieldset.of(*a), fieldset.of(*b))
    assert found == fieldset.of(*left)


@given(PATHS)
def test_what_is_written_reads_back_and_has_one_order(a: frozenset[Path]) -> None:
    fields = fieldset.of(*a)
    written = fieldset.ordered(fields)
    assert fieldset.parsed(written) == fields
    again = fieldset.ordered(fieldset.parsed(orjson.loads(orjson.dumps(written))))
    assert orjson.dumps(again) == orjson.dumps(written)


@given(PATHS)
def test_leaves_are_the_members_without_members_below(a: frozenset[Path]) -> None:
    leaves = {p for p in a if not any(q != p and q[: len(p)] == p for q in a)}
    assert members(fieldset.leaves(fieldset.of(*a))) == leaves


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab<", max_size=2)
NAMES = st.sampled_from(["a", "b", "c"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def deduced() -> Schema:
    return Definitions({}).deduced


def leaf_paths(value: Any, prefix: Path = ()) -> set[Path]:
    """Deduced schemas own maps by their keys and all else, empty maps too, as one."""
    if isinstance(value, dict) and value:
        return {p for k, v in value.items() for p in leaf_paths(v, (*prefix, "f:" + k))}
    return {prefix}


@given(OBJECTS)
def test_an_object_names_exactly_its_leaves(obj: dict[str, Any]) -> None:
    want = leaf_paths(obj) - {()}
    schema = deduced()
    assert members(fieldset.leaves(fields_of(obj, schema))) == want
    assert members(fieldset.leaves(everything(obj, schema))) == want


@given(OBJECTS, OBJECTS)
def test_comparing_the_other_way_swaps_added_and_removed(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    there, back = compare(old, new, deduced()), compare(new, old, deduced())
    assert (there.added, there.modified, there.removed) == (
        back.removed,
        back.modified,
        back.added,
    )
    assert there.empty is (old == new)
