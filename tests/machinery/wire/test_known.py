"""What a patch leaves alone is copied, not decoded again, and comes out the same."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery import jsonpatch, mergepatch
from fakek8s.machinery.wire.decode import decode_changed, decode_value
from fakek8s.machinery.wire.known import Known, marked
from fakek8s.machinery.wire.types import WireType, WireTypes

TYPES = WireTypes(load_facts().gotypes)

CONTAINER = {
    "name": "c",
    "image": "i",
    "env": [{"name": "A", "value": "b"}, {"name": "B", "value": "c"}],
    "resources": {"limits": {"cpu": "1"}},
    "livenessProbe": {"httpGet": {"port": 80}},
}
DEPLOYMENT = {
    "metadata": {"name": "d", "labels": {"a": "b"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [CONTAINER, {**CONTAINER, "name": "d"}]},
        },
    },
}
SCHEMA = {"type": "object", "properties": {"a": {"enum": [1, {"b": [2]}], "default": {"c": 3}}}}
DEFINITION = {
    "metadata": {"name": "boats.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "boats", "kind": "Boat"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}
        ],
    },
}
VERSIONS = {"Deployment": "apps/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1"}


def of(kind: str) -> WireType:
    found = TYPES.of_kind(VERSIONS[kind], kind)
    assert found is not None
    return found


def canonical(kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    full = {"kind": kind, "apiVersion": VERSIONS[kind], **copy.deepcopy(obj)}
    return decode_value(full, of(kind)).object


LIVE = {
    "Deployment": canonical("Deployment", DEPLOYMENT),
    "CustomResourceDefinition": canonical("CustomResourceDefinition", DEFINITION),
}


def places(value: Any, path: str = "") -> list[str]:
    """The JSON pointers of all that an object holds."""
    if isinstance(value, dict):
        items = [(key.replace("~", "~0").replace("/", "~1"), v) for key, v in value.items()]
    elif isinstance(value, list):
        items = [(str(n), v) for n, v in enumerate(value)]
    else:
        return []
    return [p for key, v in items for p in (f"{path}/{key}", *places(v, f"{path}/{key}"))]


def holders(value: Any) -> set[int]:
    """The maps and lists in a value, but for metadata's and raw JSON."""
    found = set()
    if isinstance(value, (dict, list)):
        found.add(id(value))
        for below in value.values() if isinstance(value, dict) else value:
            found |= holders(below)
    return found


@given(st.sampled_from(sorted(LIVE)), st.data())
def test_a_patched_object_decodes_as_if_nothing_were_known(kind: str, data: st.DataObject) -> None:
    live = LIVE[kind]
    before = copy.deepcopy(live)
    operations: list[dict[str, Any]] = []
    path = data.draw(st.sampled_from(places(live)))
    other = data.draw(st.sampled_from(places(live)))
    operations.append({"op": "copy", "from": path, "path": other})
    if data.draw(st.booleans()):
        operations.append({"op": "remove", "path": path})
    try:
        patched = jsonpatch.apply(live, operations)
    except jsonpatch.JSONPatchError:
        patched = {**live, "spec": {**live["spec"], "more": 1}}
    made = decode_changed(patched, live, of(kind))
    if made is None:
        return  # something unusual: the other way finds out what
    plain = decode_value(copy.deepcopy(patched), of(kind))
    assert plain.strict_errors == []
    assert json.dumps(made) == json.dumps(plain.object)
    assert live == before
    assert not (holders(made.get("spec")) & holders(live["spec"]))


def test_parts_of_the_live_object_are_marked_wherever_they_stand() -> None:
    live = LIVE["Deployment"]
    patched = mergepatch.apply(live, {"spec": {"replicas": 3}})
    found = marked(patched, live)["spec"]
    assert found["replicas"] == 3
    assert found["template"].__class__ is Known
    first, second = live["spec"]["template"]["spec"]["containers"]
    moved = copy.copy(live)
    moved["spec"] = {"containers": [{**second, "image": "j"}, first]}
    one, other = marked(moved, {**live, "spec": {"containers": [first, second]}})["spec"][
        "containers"
    ]
    assert one["image"] == "j"
    assert other.__class__ is Known


def test_an_unknown_field_is_left_to_those_who_explain() -> None:
    live = LIVE["Deployment"]
    assert decode_changed({**live, "speck": 1}, live, of("Deployment")) is None
