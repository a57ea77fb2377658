"""What holds for every server-side apply, whatever the schema.

Where nothing is said to be empty: a part that loses its last field is null upstream, even for
those who own it as an empty one.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery.apply import apply, fieldset, update_managed_fields
from fakek8s.machinery.apply.updater import NEVER_OWNED, bare
from fakek8s.machinery.apply.walk import fields_of
from tests.property import schemas

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]


class Kind(NamedTuple):
    """What objects are of."""

    api_version: str
    kind: str
    schema: Schema


@st.composite
def kinds(draw: st.DrawFn) -> Kind:
    """A built-in kind, or a custom one."""
    if draw(st.booleans()):
        return Kind("sea.example.com/v1", "Ship", draw(schemas.structural_schemas()))
    group, version, kind = draw(st.sampled_from(schemas.BUILT_IN))
    api_version = f"{group}/{version}" if group else version
    return Kind(api_version, kind, schemas.built_in(group, version, kind))


def configuration(kind: Kind, parts: Object) -> Object:
    labels = {"metadata": {"name": "it"}}
    return {"apiVersion": kind.api_version, "kind": kind.kind, **labels, **parts}


def applied(kind: Kind, live: Object | None, parts: Object, manager: str = "m") -> Object:
    """The object after an apply by force, its entries included."""
    config = configuration(kind, parts)
    before = copy.deepcopy((live, config))
    found = apply(
        live,
        config,
        schema=kind.schema,
        manager=manager,
        api_version=kind.api_version,
        kind=kind.kind,
        now="2030-01-01T00:00:00Z",
        force=True,
    )
    assert (live, config) == before
    return with_entries(found.object, found.managed_fields)


def with_entries(obj: Object, entries: list[Object] | None) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    if entries is not None:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def written(kind: Kind, live: Object, parts: Object, manager: str) -> Object:
    """The object after an update."""
    new = {**live, **parts}
    entries = update_managed_fields(
        live,
        new,
        schema=kind.schema,
        manager=manager,
        api_version=kind.api_version,
        now="2030-01-01T00:00:00Z",
    )
    return with_entries(new, entries)


def without_nulls(value: Any) -> Any:
    """What is left when emptied parts, which an apply leaves as null, are decoded away."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: without_nulls(v) for name, v in value.items() if v is not None}
    return {
        name: v for name, v in kept.items() if v is not None and not (v == {} and value[name] != {})
    }


def owned(obj: Object) -> fieldset.Fields:
    """The union of all owners' sets."""
    found: fieldset.Fields = {}
    for entry in obj["metadata"].get("managedFields") or ():
        found = fieldset.union(found, fieldset.parsed(entry["fieldsV1"]))
    return found


def owners(obj: Object) -> list[tuple[str, str, Object]]:
    entries = obj["metadata"].get("managedFields") or ()
    return [(e["manager"], e["operation"], e["fieldsV1"]) for e in entries]


@given(kinds(), st.data())
def test_applying_again_changes_nothing(kind: Kind, data: st.DataObject) -> None:
    first = data.draw(schemas.objects(kind.schema))
    second = data.draw(schemas.objects(kind.schema))
    live = applied(kind, applied(kind, None, first, "other"), second)
    again = applied(kind, live, second)
    assert again == live


def leaves(obj: Object, kind: Kind) -> set[tuple[str, ...]]:
    """The paths of all that is set and may be owned."""
    there = fieldset.difference(fields_of(bare(obj), kind.schema), NEVER_OWNED)
    return set(fieldset.paths(fieldset.leaves(there)))


@given(kinds(), st.data())
def test_what_is_set_is_owned_and_what_is_owned_is_set(kind: Kind, data: st.DataObject) -> None:
    live: Object | None = None
    managers = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
    for manager in managers:
        parts = data.draw(schemas.objects(kind.schema, empty=False))
        live = applied(kind, live, parts, manager)
    assert live is not None
    found = set(fieldset.paths(fieldset.leaves(owned(live))))
    # A null may be what is left of a map, of which somebody may own the key.
    assert leaves(without_nulls(live), kind) <= found <= leaves(live, kind)


@given(kinds(), st.data())
def test_an_update_and_an_apply_leave_nothing_without_an_owner(
    kind: Kind, data: st.DataObject
) -> None:
    live = applied(kind, None, data.draw(schemas.objects(kind.schema, empty=False)), "a")
    live = written(kind, live, data.draw(schemas.objects(kind.schema, empty=False)), "b")
    assert set(fieldset.paths(fieldset.leaves(owned(live)))) == leaves(live, kind)


@given(kinds(), st.data())
def test_only_the_last_configuration_of_a_manager_counts(kind: Kind, data: st.DataObject) -> None:
    first = data.draw(schemas.objects(kind.schema, empty=False))
    second = data.draw(schemas.objects(kind.schema, empty=False))
    both = applied(kind, applied(kind, None, first), second)
    alone = applied(kind, None, second)
    assert without_nulls(both) == without_nulls(alone)
    assert owners(both) == owners(alone)


@given(kinds(), st.data())
def test_an_applier_gets_what_it_says(kind: Kind, data: st.DataObject) -> None:
    live = applied(kind, None, data.draw(schemas.objects(kind.schema)), "other")
    parts = data.draw(schemas.objects(kind.schema))
    mine = applied(kind, live, parts)
    claimed = fields_of(configuration(kind, parts), kind.schema)
    entries = [fields for manager, _, fields in owners(mine) if manager == "m"]
    claimed = fieldset.difference(claimed, NEVER_OWNED)
    assert entries == ([fieldset.ordered(claimed)] if claimed else [])


@pytest.mark.parametrize(("group", "version", "kind"), schemas.BUILT_IN)
def test_the_kinds_have_schemas(group: str, version: str, kind: str) -> None:
    assert schemas.built_in(group, version, kind).fields
