"""Who owns what after plain creates and updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply import update_managed_fields
from tests.machinery.apply.story import API_VERSION, Story

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Definitions, Schema


def test_an_update_owns_what_it_changed_and_takes_it_from_others(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x", "size": 1})
    story.write("b", {"name": "x", "size": 2, "crew": {"k": "v"}})
    assert story.owners == {
        "a Update": {".": {}, "f:name": {}},
        "b Update": {"f:crew": {".": {}, "f:k": {}}, "f:size": {}},
    }


def test_what_a_write_removes_is_nobodys(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x", "size": 1})
    story.write("b", {"name": "x"})
    assert story.owners == {"a Update": {".": {}, "f:name": {}}}


def test_an_owner_that_loses_everything_goes(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"size": 1})
    story.write("b", {"size": 1, "name": "x"})
    story.write("a", {"size": 1, "name": "y"})
    assert list(story.owners) == ["a Update"]


def test_times_move_only_for_those_who_changed_something(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    story.write("b", {"name": "x", "size": 1})
    story.write("b", {"name": "x", "size": 2})
    story.write("b", {"name": "x", "size": 2})
    assert story.times == {"a": "01", "b": "03"}


def test_untouched_entries_are_the_same_records(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    assert story.entries is not None
    before = story.entries[0]
    story.write("b", {"name": "x", "size": 1})
    assert story.entries is not None
    assert story.entries[0] is before


def test_the_manager_of_nobody_is_unknown(ship: Schema) -> None:
    story = Story(ship)
    story.write("", {"name": "x"})
    assert list(story.owners) == ["unknown Update"]


def test_subresources_have_entries_of_their_own(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"}, status={"phase": "ignored"})
    story.write("a", {"name": "y"}, status={"phase": "Up"}, subresource="status")
    assert story.owners == {
        "a Update": {".": {}, "f:name": {}},
        "a Update/status": {"f:status": {"f:phase": {}}},
    }


def test_never_owned_metadata_is_left_out(ship: Schema) -> None:
    story = Story(ship)
    metadata = {"generation": 1, "labels": {"a": "b"}, "finalizers": ["x/y"], "generateName": "s"}
    story.write("a", {}, metadata=metadata)
    assert story.owners["a Update"]["f:metadata"] == {
        "f:finalizers": {".": {}, 'v:"x/y"': {}},
        "f:generateName": {},
        "f:labels": {".": {}, "f:a": {}},
    }


def test_an_object_with_nothing_to_own_has_no_entries(definitions: Definitions) -> None:
    schema = definitions.of_kind("", "v1", "ConfigMap")
    assert schema is not None
    obj = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c", "uid": "u"}}
    found = update_managed_fields(
        None, obj, schema=schema, manager="a", api_version="v1", now="", empty={"metadata": {}}
    )
    assert found is None


@pytest.mark.parametrize("reset", [[], [{}]])
def test_sent_empty_entries_stop_the_tracking_until_an_apply(reset: Any, ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    story.write("b", {"name": "y"}, entries=reset)
    assert story.entries is None
    story.write("b", {"name": "z", "size": 1})
    assert story.entries is None
    story.apply("c", {"size": 1})
    assert story.owners == {
        "c Apply": {"f:size": {}},
        "before-first-apply Update": {".": {}, "f:name": {}, "f:size": {}},
    }


def test_entries_of_a_client_that_does_not_know_them_stay(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    story.write("b", {"name": "x", "size": 1}, entries=None)
    assert list(story.owners) == ["a Update", "b Update"]


def test_entries_can_be_edited_by_hand(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    mine = {
        "manager": "hand",
        "operation": "Apply",
        "apiVersion": API_VERSION,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:ports": {'k:{ "number": 1.0 }': {}}, "f:name": {}}},
    }
    story.write("b", {"name": "x"}, entries=[mine])
    assert story.entries == [
        {**mine, "fieldsV1": {"f:spec": {"f:name": {}, "f:ports": {'k:{"number":1}': {}}}}}
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"operation": "Patch"},
        {"apiVersion": ""},
        {"fieldsType": "FieldsV2"},
        {"fieldsType": ""},
        {"fieldsV1": {"spec": {}}},
        {"fieldsV1": []},
    ],
)
def test_sent_nonsense_counts_as_nothing_sent(broken: Any, ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    assert story.entries is not None
    before = story.entries
    story.write("a", {"name": "x"}, entries=[{**before[0], **broken}])
    assert story.entries == before


def test_subresource_writes_never_edit_entries(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    story.write("b", {"name": "x"}, entries=[], status={"phase": "y"}, subresource="status")
    assert list(story.owners) == ["a Update", "b Update/status"]


def test_entries_are_ordered_by_operation_time_and_name(ship: Schema) -> None:
    story = Story(ship)
    story.write("z", {"name": "x"})
    story.write("b", {"name": "x", "size": 1})
    story.apply("c", {"crew": {"k": "v"}})
    story.write("a", {"name": "x", "size": 1, "crew": {"k": "v", "l": "w"}})
    assert list(story.owners) == ["c Apply", "z Update", "b Update", "a Update"]


def test_more_than_ten_updaters_are_merged_oldest_first(ship: Schema) -> None:
    story = Story(ship)
    crew: dict[str, str] = {}
    for number in range(12):
        crew = {**crew, f"k{number}": "v"}
        story.write(f"m{number:02d}", {"crew": crew})
    assert list(story.owners) == [
        "ancient-changes Update",
        *(f"m{number:02d} Update" for number in range(3, 12)),
    ]
    assert story.owners["ancient-changes Update"] == {
        ".": {},
        "f:crew": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}},
    }
    assert story.times["ancient-changes"] == "03"


def test_an_object_that_does_not_fit_its_schema_keeps_the_stored_entries(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"name": "x"})
    before = story.entries
    story.write("b", {"ports": [{"use": "no key"}]})
    assert story.entries == before


def test_what_became_atomic_is_owned_as_one(ship: Schema) -> None:
    story = Story(ship)
    story.write("a", {"engine": {"fuel": "x"}})
    assert story.entries is not None
    granular: dict[str, Any] = {"f:spec": {"f:engine": {".": {}, "f:fuel": {}}}}
    story.live["metadata"]["managedFields"] = [  # type: ignore[index]
        {**story.entries[0], "fieldsV1": granular}
    ]
    story.write("b", {"engine": {"fuel": "x"}, "size": 1})
    assert story.owners["a Update"] == {"f:engine": {}}


def test_managers_of_other_versions_lose_by_what_changed_there(ship: Schema) -> None:
    def convert(obj: Any, version: str) -> tuple[Any, Schema] | None:
        return (obj, ship) if version == "sea.example.com/v2" else None

    stored = [
        {
            "manager": name,
            "operation": "Update",
            "apiVersion": f"sea.example.com/{version}",
            "time": "2030-01-01T00:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:name": {}, "f:size": {}}},
        }
        for name, version in (("two", "v2"), ("gone", "v0"))
    ]
    live = {"metadata": {"uid": "u", "managedFields": stored}, "spec": {"name": "x", "size": 1}}
    found = update_managed_fields(
        live,
        {"metadata": {"uid": "u"}, "spec": {"name": "x", "size": 2}},
        schema=ship,
        manager="one",
        api_version=API_VERSION,
        now="2030-01-01T00:00:01Z",
        convert=convert,
    )
    assert found is not None
    assert [(e["manager"], e["fieldsV1"]) for e in found] == [
        ("two", {"f:spec": {"f:name": {}}}),
        ("one", {"f:spec": {"f:size": {}}}),
    ]


def test_first_writers_of_objects_alike_own_alike(ship: Schema) -> None:
    def first(labels: dict[str, str], spec: dict[str, Any]) -> Any:
        found = update_managed_fields(
            None,
            {"metadata": {"name": f"n-{len(str(spec))}", "labels": labels}, "spec": spec},
            schema=ship,
            manager="a",
            api_version=API_VERSION,
            now="01",
        )
        assert found is not None
        return found[0]["fieldsV1"]

    one = first({"k": "v"}, {"size": 1})
    assert one["f:metadata"] == {"f:labels": {".": {}, "f:k": {}}}
    assert first({"k": "another"}, {"size": 1}) == one
    assert first({"l": "v"}, {"size": 1})["f:metadata"]["f:labels"] == {".": {}, "f:l": {}}
    assert first({"k": "v"}, {"name": "n"})["f:spec"] == {".": {}, "f:name": {}}
    tags = [first({}, {"tags": [tag]})["f:spec"]["f:tags"] for tag in ("a", "b")]
    assert tags == [{".": {}, 'v:"a"': {}}, {".": {}, 'v:"b"': {}}]


def test_an_object_that_does_not_fit_its_schema_leaves_the_owners_as_they_were(
    ship: Schema,
) -> None:
    def owners(live: dict[str, Any] | None, spec: dict[str, Any]) -> Any:
        new = {"metadata": {"name": "x", "uid": "u"}, "spec": spec}
        return update_managed_fields(
            live, new, schema=ship, manager="a", api_version=API_VERSION, now="01"
        )

    assert owners(None, {"size": "much"}) is None
    entries = owners(None, {"size": 1})
    live = {"metadata": {"name": "x", "uid": "u", "managedFields": entries}, "spec": {"size": 1}}
    assert owners(live, {"size": "much", "name": "y"}) == entries
    assert owners(live, {"size": 2, "name": "y"}) != entries
