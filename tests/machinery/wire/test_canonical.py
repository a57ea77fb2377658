"""Edited objects back into canonical form, whatever order their names are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery.wire.canonical import canonical, stored
from fakek8s.machinery.wire.decode import decode_value
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.types import WireTypes

if TYPE_CHECKING:
    import random

TYPES = WireTypes(load_facts().gotypes)
POD = TYPES.of_kind("v1", "Pod")

BODY = {
    "metadata": {
        "name": "p",
        "labels": {"b": "2", "a": ""},
        "finalizers": ["x/y"],
        "ownerReferences": [{"name": "o", "kind": "K", "apiVersion": "v1", "uid": "u"}],
    },
    "spec": {
        "containers": [
            {
                "name": "c",
                "ports": [{"containerPort": 80}, {"containerPort": 81, "name": "p"}],
                "env": [{"name": "A"}, {"name": "B", "value": "b"}],
                "resources": {"requests": {"memory": "1Gi", "cpu": "1"}},
                "securityContext": {"privileged": False, "runAsUser": 0},
                "livenessProbe": {"httpGet": {"port": "p", "path": "/"}, "periodSeconds": 5},
            },
            {"name": "d"},
        ],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 0,
    },
    "status": {"conditions": [{"type": "Ready", "status": "True", "lastProbeTime": None}]},
}


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False))
def test_order_comes_back_from_any_order(chance: random.Random) -> None:
    assert POD is not None
    wanted = decode_value(BODY, POD).object
    assert dump(canonical(shuffled(wanted, chance), POD)) == dump(wanted)


def test_what_is_canonical_is_given_back_itself() -> None:
    assert POD is not None
    wanted = decode_value(BODY, POD).object
    assert canonical(wanted, POD) is wanted


def test_only_what_changed_is_made_anew() -> None:
    assert POD is not None
    wanted = decode_value(BODY, POD).object
    edited = {**wanted, "metadata": {"name": "p", "labels": {}, "generation": 0, "uid": None}}
    found = canonical(edited, POD)
    assert found["metadata"] == {"name": "p"}
    assert found["spec"] is wanted["spec"]


def test_missing_and_null_parts_become_the_zeroes_that_always_stand() -> None:
    assert POD is not None
    spec = {"containers": [{"name": None, "image": "i"}], "hostNetwork": False}
    found = canonical({"metadata": None, "spec": spec}, POD)
    assert found == {
        "metadata": {},
        "spec": {"containers": [{"name": "", "image": "i", "resources": {}}]},
        "status": {},
    }


def test_an_empty_list_that_always_stands_is_null_once_it_has_been_stored() -> None:
    role = TYPES.of_kind("rbac.authorization.k8s.io/v1", "Role")
    assert role is not None
    rules = [{"verbs": [], "apiGroups": []}, {"verbs": ["get"]}]
    body = decode_value({"metadata": {"name": "r"}, "rules": rules}, role).object
    assert canonical(body, role)["rules"] == [{"verbs": []}, {"verbs": ["get"]}]
    assert stored(body, role)["rules"] == [{"verbs": None}, {"verbs": ["get"]}]
    assert stored({**body, "rules": []}, role)["rules"] is None
    assert stored({**body, "rules": None}, role)["rules"] is None


def test_what_is_stored_with_nothing_empty_in_it_is_shared() -> None:
    role = TYPES.of_kind("rbac.authorization.k8s.io/v1", "Role")
    assert role is not None
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]
    body = decode_value({"metadata": {"name": "r"}, "rules": rules}, role).object
    assert stored(body, role) is body
