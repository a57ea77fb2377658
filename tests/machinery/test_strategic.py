"""Strategic merge patch: strategies, directives, order, messages."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fakek8s.machinery import strategic


def keyed(reference: str, key: str, strategy: str = "merge") -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"$ref": f"#/definitions/{reference}"},
        "x-kubernetes-patch-strategy": strategy,
        "x-kubernetes-patch-merge-key": key,
    }


STRING: dict[str, Any] = {"type": "string"}
STRINGS: dict[str, Any] = {"type": "array", "items": STRING}
STRING_MAP: dict[str, Any] = {"type": "object", "additionalProperties": STRING}
DEFINITIONS: dict[str, Any] = {
    "test.v1.Thing": {
        "properties": {
            "metadata": {"$ref": "#/definitions/test.v1.Meta"},
            "spec": {"$ref": "#/definitions/test.v1.Spec"},
        }
    },
    "test.v1.Meta": {
        "properties": {
            "labels": STRING_MAP,
            "finalizers": {**STRINGS, "x-kubernetes-patch-strategy": "merge"},
        }
    },
    "test.v1.Spec": {
        "properties": {
            "ports": keyed("test.v1.Port", "port"),
            "containers": keyed("test.v1.Container", "name"),
            "volumes": keyed("test.v1.Volume", "name", "merge,retainKeys"),
            "selector": STRING_MAP,
            "atomic": {
                "$ref": "#/definitions/test.v1.Port",
                "x-kubernetes-patch-strategy": "replace",
            },
            "strategy": {
                "$ref": "#/definitions/test.v1.Strategy",
                "x-kubernetes-patch-strategy": "retainKeys",
            },
            "args": STRINGS,
            "nested": {
                "type": "object",
                "additionalProperties": {"$ref": "#/definitions/test.v1.Port"},
            },
        }
    },
    "test.v1.Port": {"properties": {"name": STRING, "port": {"type": "integer"}}},
    "test.v1.Container": {
        "properties": {
            "name": STRING,
            "image": STRING,
            "args": STRINGS,
            "ports": keyed("test.v1.Port", "port"),
        }
    },
    "test.v1.Volume": {
        "properties": {
            "name": STRING,
            "secret": {"$ref": "#/definitions/test.v1.Meta"},
            "emptyDir": {"$ref": "#/definitions/test.v1.Meta"},
        }
    },
    "test.v1.Strategy": {
        "properties": {"type": STRING, "rollingUpdate": {"$ref": "#/definitions/test.v1.Port"}}
    },
}
SCHEMA = strategic.from_openapi(DEFINITIONS, "#/definitions/test.v1.Thing")
SERVICE: dict[str, Any] = {
    "metadata": {"labels": {"a": "x", "b": "y"}, "finalizers": ["one", "two"]},
    "spec": {
        "selector": {"app": "web", "tier": "front"},
        "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}],
    },
}


def spec(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    before = copy.deepcopy((original, patch))
    result = strategic.apply({"spec": original}, {"spec": patch}, SCHEMA)
    assert (original, patch) == before
    return result["spec"]


def meta(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    return strategic.apply({"metadata": original}, {"metadata": patch}, SCHEMA)["metadata"]


def test_a_keyed_list_merges_patch_items_first() -> None:
    patch = {"ports": [{"port": 80, "name": "web"}, {"port": 9090, "name": "metrics"}]}
    assert spec(SERVICE["spec"], patch)["ports"] == [
        {"name": "web", "port": 80},
        {"name": "metrics", "port": 9090},
        {"name": "https", "port": 443},
    ]


def test_an_order_directive_orders_and_a_delete_directive_deletes() -> None:
    live = {"ports": [{"port": 80}, {"port": 9090}, {"port": 443}]}
    patch = {
        "ports": [{"port": 443, "$patch": "delete"}],
        "$setElementOrder/ports": [{"port": 9090}, {"port": 80}],
    }
    assert spec(live, patch) == {"ports": [{"port": 9090}, {"port": 80}]}


def test_a_new_item_takes_the_place_that_a_deletion_left() -> None:
    live = {"ports": [{"port": 1}, {"port": 2}]}
    patch = {
        "ports": [{"port": 3}, {"port": 1, "$patch": "delete"}],
        "$setElementOrder/ports": [{"port": 3}],
    }
    assert spec(live, patch) == {"ports": [{"port": 2}, {"port": 3}]}


@pytest.mark.parametrize(
    ("patch", "labels"),
    [
        ({"$patch": "replace", "c": "z"}, {"c": "z"}),
        ({"$patch": "delete"}, {}),
        ({"a": None, "c": "z"}, {"b": "y", "c": "z"}),
        ({"$retainKeys": ["d"], "d": "f"}, {"d": "f"}),
        ({"$retainKeys": ["a"]}, {"a": "x"}),
    ],
)
def test_maps_merge_by_directive(patch: dict[str, Any], labels: dict[str, str]) -> None:
    assert meta(SERVICE["metadata"], {"labels": patch})["labels"] == labels


@pytest.mark.parametrize(
    ("patch", "finalizers"),
    [
        ({"finalizers": ["three", "one"]}, ["three", "one", "two"]),
        ({"$deleteFromPrimitiveList/finalizers": ["two", "none"]}, ["one"]),
        ({"$setElementOrder/finalizers": ["two", "one"]}, ["two", "one"]),
        (
            {"finalizers": ["new"], "$setElementOrder/finalizers": ["two", "new"]},
            ["one", "two", "new"],
        ),
        ({"finalizers": None}, None),
    ],
)
def test_lists_of_scalars_merge(patch: dict[str, Any], finalizers: list[str] | None) -> None:
    assert meta(SERVICE["metadata"], patch).get("finalizers") == finalizers


def test_other_lists_and_atomic_maps_are_replaced() -> None:
    live = {"args": ["a", "b"], "atomic": {"name": "x", "port": 1}}
    assert spec(live, {"args": ["c"], "atomic": {"port": 2}}) == {
        "args": ["c"],
        "atomic": {"port": 2},
    }


def test_retained_keys_clear_the_others() -> None:
    live = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"port": 1}}}
    patch = {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}
    assert spec(live, patch) == {"strategy": {"type": "Recreate"}}


def test_a_replace_item_replaces_the_list() -> None:
    patch = {"ports": [{"$patch": "replace"}, {"port": 1}]}
    assert spec(SERVICE["spec"], patch)["ports"] == [{"port": 1}]


def test_directives_and_nulls_of_new_fields_are_dropped() -> None:
    patch = {
        "selector": {"$patch": "merge", "a": "b"},
        "containers": [{"name": "x", "image": None}],
    }
    assert spec({}, patch) == {"containers": [{"name": "x"}]}


def test_unchanged_parts_are_shared() -> None:
    result = strategic.apply(SERVICE, {"metadata": {"labels": {"c": "z"}}}, SCHEMA)
    assert result["spec"] is SERVICE["spec"]
    assert result["metadata"]["finalizers"] is SERVICE["metadata"]["finalizers"]


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        (
            {"selector": {"$patch": "bogus"}},
            500,
            "unknown patch type: bogus in map: map[$patch:bogus]",
        ),
        (
            {"selector": {"$patch": 5}},
            500,
            "unknown patch type: %!s(int64=5) in map: map[$patch:5]",
        ),
        (
            {"ports": [{"port": 80, "$patch": "bogus"}]},
            500,
            "unknown patch type: bogus in map: map[$patch:bogus port:80]",
        ),
        (
            {"ports": [{"port": 80, "$patch": "merge"}]},
            500,
            "merging lists cannot yet be specified in the patch",
        ),
        (
            {"ports": [{"name": "x"}]},
            500,
            "map: map[name:x] does not contain declared merge key: port",
        ),
        (
            {"ports": ["x"]},
            500,
            (
                "list element types are not identical: [[map[name:http port:80] map[name:https"
                " port:443]] [x]]"
            ),
        ),
        (
            {"$setElementOrder/ports": [{"port": 1}], "ports": [{"port": 80}]},
            500,
            (
                "The order in patch list:\n[map[port:80]]\n doesn't match $setElementOrder"
                " list:\n[map[port:1]]\n"
            ),
        ),
        ({"$setElementOrder/ports": "x"}, 500, "expected a []interface {}, but received a string"),
        ({"$setElementOrder": []}, 400, "invalid patch format of setElementOrder list"),
        ({"$deleteFromPrimitiveList": []}, 400, "invalid patch format of primitive list"),
        ({"selector": {"$retainKeys": ["d"], "e": "f"}}, 400, "invalid patch format of retainKeys"),
        (
            {"ports": [["x"]], "$setElementOrder/ports": [["x"]]},
            500,
            "expected a map[string]interface {}, but received a []interface {}",
        ),
        (
            {"nested": {"a": {"port": 1}}},
            500,
            "merging an object in json but data type is not struct, instead is: map",
        ),
        (
            {"bogus": {"a": 1}},
            500,
            'unable to find api field in struct Spec for the json field "bogus"',
        ),
        ({"strategy": [1]}, None, ""),
    ],
)
def test_bad_patches_are_refused_in_upstreams_words(
    patch: dict[str, Any], code: int | None, message: str
) -> None:
    live = {**SERVICE["spec"], "nested": {"a": {"port": 2}}, "bogus": {"a": 2}}
    if code is None:  # another type is no error here: decoding the result finds it
        assert spec(live, patch)["strategy"] == [1]
        return
    with pytest.raises(strategic.StrategicPatchError) as caught:
        spec(live, patch)
    assert str(caught.value) == message
    assert caught.value.code == code


def test_a_two_way_patch_has_the_directives_that_kubectl_sends() -> None:
    live = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w"}]}}
    wanted = {"spec": {"volumes": [{"name": "v", "secret": {}}]}}
    assert strategic.create_two_way(live, wanted, SCHEMA) == {
        "spec": {
            "volumes": [
                {"name": "v", "secret": {}, "emptyDir": None, "$retainKeys": ["name", "secret"]},
                {"name": "w", "$patch": "delete"},
            ],
            "$setElementOrder/volumes": [{"name": "v"}],
        }
    }
