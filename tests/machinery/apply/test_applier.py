"""Server-side apply: who wins, what goes, what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.machinery.apply import BadConfiguration, Conflicts, UntypedConfiguration, apply
from fakek8s.machinery.apply.applier import LAST_APPLIED
from tests.machinery.apply.story import API_VERSION, KIND, Story

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Definitions, Schema


def test_an_applier_owns_exactly_what_it_names(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1, "crew": {"k": "v"}})
    assert story.owners == {"a Apply": {"f:crew": {"f:k": {}}, "f:size": {}}}


def test_what_is_no_longer_applied_goes_unless_somebody_else_owns_it(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1, "name": "x", "crew": {"k": "v"}, "tags": ["t", "u"]})
    story.apply("b", {"name": "x", "tags": ["u"]})
    story.apply("a", {"route": ["r"]})
    assert story.spec == {"name": "x", "tags": ["u"], "route": ["r"]}


def test_items_that_an_updater_added_survive_but_not_its_additions_to_an_item_that_goes(
    ship: Schema,
) -> None:
    story = Story(ship)
    story.apply("a", {"ports": [{"number": 1}, {"number": 2}]})
    story.write("b", {"ports": [{"number": 1}, {"number": 2, "use": "x"}, {"number": 3}]})
    story.apply("a", {"ports": [{"number": 1}]})
    assert story.spec == {"ports": [{"number": 1}, {"number": 3}]}
    assert story.owners["b Update"] == {
        "f:ports": {'k:{"number":3}': {".": {}, "f:number": {}}},
    }


def test_an_emptied_map_is_left_as_null_for_the_decoder(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1, "crew": {"k": "v"}})
    story.apply("a", {"size": 1, "crew": {}})
    assert story.spec == {"size": 1, "crew": None}


def test_a_field_of_another_conflicts_unless_forced(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1, "ports": [{"number": 1, "use": "x"}]})
    story.write("b", {"size": 2, "ports": [{"number": 1, "use": "x"}]})
    with pytest.raises(Conflicts) as caught:
        story.apply("c", {"size": 3, "ports": [{"number": 1, "use": "y"}]})
    assert str(caught.value) == (
        'Apply failed with 2 conflicts: conflicts with "a":\n'
        "- .spec.ports[number=1].use\n"
        'conflicts with "b" using sea.example.com/v1:\n'
        "- .spec.size"
    )
    assert sorted((c.field, c.message) for c in caught.value.conflicts) == [
        (".spec.ports[number=1].use", 'conflict with "a"'),
        (".spec.size", 'conflict with "b" using sea.example.com/v1'),
    ]
    story.apply("c", {"size": 3, "ports": [{"number": 1, "use": "y"}]}, force=True)
    assert story.spec == {"size": 3, "ports": [{"number": 1, "use": "y"}]}
    assert "b Update" not in story.owners


def test_one_conflict_is_one_line_and_names_the_subresource(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1})
    story.apply("ctl", None, status={"phase": "Up"}, subresource="status")
    with pytest.raises(Conflicts) as caught:
        story.apply("other", None, status={"phase": "Down"}, subresource="status")
    assert str(caught.value) == (
        'Apply failed with 1 conflict: conflict with "ctl" with subresource "status": .status.phase'
    )


def test_the_same_value_is_shared_without_a_conflict(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1})
    assert story.apply("b", {"size": 1}) is False
    assert list(story.owners) == ["b Apply", "a Apply"]
    # A newcomer that changed nothing has no time yet.
    assert story.times == {"a": "01", "b": ""}


def test_applying_the_same_again_changes_nothing(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"size": 1, "decks": [{"name": "d"}], "engine": {"fuel": "x"}})
    before = story.entries
    assert story.apply("a", {"size": 1, "decks": [{"name": "d"}], "engine": {"fuel": "x"}}) is False
    assert story.entries == before


def test_a_defaulted_key_names_the_item_but_is_not_owned(ship: Schema) -> None:
    story = Story(ship)
    story.apply("a", {"decks": [{"name": "d"}]})
    assert story.owners["a Apply"] == {
        "f:decks": {'k:{"name":"d","side":"port"}': {".": {}, "f:name": {}}}
    }


def test_items_take_the_order_of_the_configuration(ship: Schema) -> None:
    story = Story(ship)
    story.write("x", {"ports": [{"number": n} for n in (1, 2, 3, 4)]})
    story.apply("a", {"ports": [{"number": n} for n in (4, 9, 2)]})
    assert [p["number"] for p in story.spec["ports"]] == [1, 3, 4, 9, 2]


def test_an_object_made_by_updates_gets_no_owner_before_apply_twice(ship: Schema) -> None:
    story = Story(ship)
    story.write("x", {"size": 1})
    story.apply("a", {"name": "n"})
    assert story.owners == {"a Apply": {"f:name": {}}, "x Update": {".": {}, "f:size": {}}}


def test_a_configuration_must_be_of_the_kind(ship: Schema) -> None:
    def attempt(config: Any) -> None:
        apply(None, config, schema=ship, manager="m", api_version=API_VERSION, kind=KIND, now="")

    with pytest.raises(BadConfiguration, match=r"^invalid object type: /v1, Kind=Pod$"):
        attempt({"apiVersion": "v1", "kind": "Pod"})
    with pytest.raises(BadConfiguration, match=r"^invalid object type: /, Kind=$"):
        attempt({})
    with pytest.raises(BadConfiguration, match=r"^metadata\.managedFields must be nil$"):
        attempt({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"managedFields": []}})


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"color": "red"}, ".spec.color: field not declared in schema"),
        ({"size": "many"}, ".spec.size: expected numeric (int or float), got string"),
        ({"name": 1}, ".spec.name: expected string, got &value.valueUnstructured{Value:1}"),
        ({"tags": ["a", "a"]}, '.spec.tags: duplicate entries for key [="a"]'),
        (
            {"decks": [{"name": "u"}, {"name": "u", "side": "port"}]},
            '.spec.decks: duplicate entries for key [name="u",side="port"]',
        ),
        ({"route": "x"}, ".spec.route: expected list, got &{x}"),
        ({"crew": [1]}, ".spec.crew: expected map, got &{[1]}"),
        (
            {"size": [], "name": True},
            (
                "errors:\n  .spec.size: expected numeric (int or float), got []interface {}\n"
                "  .spec.name: expected string, got &value.valueUnstructured{Value:true}"
            ),
        ),
    ],
)
def test_a_configuration_must_fit_its_schema(spec: Any, problem: str, ship: Schema) -> None:
    story = Story(ship)
    with pytest.raises(UntypedConfiguration) as caught:
        story.apply("a", spec)
    assert str(caught.value) == (
        "failed to create typed patch object (/s; sea.example.com/v1, Kind=Ship): " + problem
    )


def client_side(spec: Any) -> dict[str, Any]:
    applied = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "s"}, "spec": spec}
    return {"annotations": {LAST_APPLIED: json.dumps(applied)}}


def test_kubectl_takes_over_what_client_side_apply_set(ship: Schema) -> None:
    story = Story(ship)
    story.write("kubectl-client-side-apply", {"size": 1}, metadata=client_side({"size": 1}))
    story.apply("kubectl", {"size": 2})
    assert story.spec == {"size": 2}
    assert story.live is not None
    assert story.live["metadata"]["annotations"][LAST_APPLIED] == (
        '{"apiVersion":"sea.example.com/v1","kind":"Ship","metadata":{"name":"s"},'
        '"spec":{"size":2}}\n'
    )


def test_kubectl_still_conflicts_over_what_the_annotation_does_not_explain(ship: Schema) -> None:
    story = Story(ship)
    story.write("old", {"size": 1, "name": "x"}, metadata=client_side({"size": 1, "name": "y"}))
    with pytest.raises(Conflicts) as caught:
        story.apply("kubectl", {"size": 2, "name": "z"})
    assert [c.field for c in caught.value.conflicts] == [".spec.name"]
    with pytest.raises(Conflicts) as caught:
        story.apply("someone", {"size": 2})
    assert [c.field for c in caught.value.conflicts] == [".spec.size"]


def test_a_built_in_list_map_key_takes_its_published_default(definitions: Definitions) -> None:
    schema = definitions.of_kind("apps", "v1", "Deployment")
    assert schema is not None
    container = {"name": "c", "ports": [{"containerPort": 80}]}
    config = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    found = apply(
        None,
        config,
        schema=schema,
        manager="m",
        api_version="apps/v1",
        kind="Deployment",
        now="2030-01-01T00:00:00Z",
    )
    assert found.managed_fields is not None
    containers = found.managed_fields[0]["fieldsV1"]["f:spec"]["f:template"]["f:spec"][
        "f:containers"
    ]
    assert containers['k:{"name":"c"}']["f:ports"] == {
        'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}
    }
