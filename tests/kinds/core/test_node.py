from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "nodes")


def node(spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, "spec": spec or {}, "status": status}


def test_what_a_node_has_may_all_be_used(doors: Doors) -> None:
    status = doors.create(node(capacity={"cpu": "1000m", "memory": "1Gi"})).object["status"]
    assert status["allocatable"] == status["capacity"] == {"cpu": "1", "memory": "1Gi"}


def test_the_two_ways_to_write_cidrs_agree(doors: Doors) -> None:
    both = {"podCIDR": "10.3.0.0/24", "podCIDRs": ["10.3.0.0/24"]}
    assert doors.create(node({"podCIDR": "10.3.0.0/24"})).object["spec"] == both
    assert doors.create(node({"podCIDRs": ["10.3.0.0/24"]})).object["spec"] == both
    differing = {"podCIDR": "10.3.0.0/24", "podCIDRs": ["10.4.0.0/24"]}
    assert doors.create(node(differing)).object["spec"] == both


def test_there_is_one_cidr_of_each_family(doors: Doors) -> None:
    assert doors.create(node({"podCIDRs": ["10.3.0.0/24", "fd00::/64"]})).texts == []
    assert doors.create(node({"podCIDRs": ["10.3.0.0/24", "10.4.0.0/24"]})).texts == [
        (
            'spec.podCIDRs: Invalid value: ["10.3.0.0/24","10.4.0.0/24"]: '
            "may specify no more than one CIDR for each IP family"
        )
    ]


def test_new_nodes_may_bring_a_status_and_updates_keep_it(doors: Doors) -> None:
    old = doors.create(node(phase="Running")).object
    assert old["status"]["phase"] == "Running"
    changed = doors.update(old, {"spec": {"unschedulable": True}, "status": {"phase": "Pending"}})
    assert changed.object["status"] == old["status"]
    assert changed.object["spec"] == {"unschedulable": True}


def test_status_writers_keep_the_spec(doors: Doors) -> None:
    old = doors.create(node()).object
    changes = {"spec": {"unschedulable": True}, "status": {"phase": "Running"}}
    changed = doors.update(old, changes, "status").object
    assert (changed["spec"], changed["status"]["phase"]) == ({}, "Running")


def test_taints_are_checked_and_named_as_metadata(doors: Doors) -> None:
    taints = [
        {"key": "k", "effect": "Never"},
        {"key": "k", "value": "v", "effect": "NoSchedule"},
        {"key": "k", "value": "w", "effect": "NoSchedule"},
        {"key": "l", "value": "a b", "effect": ""},
    ]
    texts = doors.create(node({"taints": taints})).texts
    assert texts[:2] == [
        (
            'metadata.taints[0].effect: Unsupported value: "Never": '
            'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
        ),
        (
            'metadata.taints[2]: Duplicate value: {"Key":"k","Value":"w","Effect":"NoSchedule",'
            '"TimeAdded":null}: taints must be unique by key and effect pair'
        ),
    ]
    assert texts[2].startswith('metadata.taints[3].value: Invalid value: "a b"')
    assert texts[3:] == ["metadata.taints[3].effect: Required value"]


def test_taints_in_the_old_annotation_are_checked_too(doors: Doors) -> None:
    key = "scheduler.alpha.kubernetes.io/taints"

    def texts(value: str) -> list[str]:
        return doors.create({"metadata": {"name": "n", "annotations": {key: value}}}).texts

    assert texts('[{"key":"k"}]') == [f"metadata.annotations.{key}[0].effect: Required value"]
    assert texts("x") == [
        (
            f'metadata.annotations: Invalid value: "{key}": '
            "invalid character 'x' looking for beginning of value"
        )
    ]
    assert texts("{}") == [
        (
            f'metadata.annotations: Invalid value: "{key}": '
            "json: cannot unmarshal object into Go value of type []core.Taint"
        )
    ]


def test_amounts_are_not_negative_and_whole_where_things_are_counted(doors: Doors) -> None:
    capacity = {"memory": "-1", "pods": "1.5", "cpu": "1.5"}
    texts = doors.create(node(capacity=capacity, allocatable={"cpu": "1"})).texts
    assert sorted(texts) == [
        'status.capacity.memory: Invalid value: "-1": must be greater than or equal to 0',
        'status.capacity.pods: Invalid value: "1500m": must be an integer',
    ]


def test_declared_features_are_sorted_names_each_once(doors: Doors) -> None:
    texts = doors.create(node(declaredFeatures=["B", "A", "A", "b"])).texts
    assert texts[:2] == [
        'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
        'status.declaredFeatures[2]: Duplicate value: "A"',
    ]
    assert texts[2].startswith('status.declaredFeatures[3]: Invalid value: "b": invalid feature')
    assert len(texts) == 3


def test_cidrs_and_the_provider_are_set_once(doors: Doors) -> None:
    old = doors.create(node({"podCIDR": "10.3.0.0/24", "providerID": "p"})).object
    changes = {"podCIDR": "10.4.0.0/24", "podCIDRs": None, "providerID": "q", "externalID": "e"}
    assert doors.update(old, {"spec": changes}).texts == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        "spec.providerID: Invalid value: null: field cannot be modified once set",
        "spec.externalID: Forbidden: may not be updated",
    ]
    assert doors.update(old, {"spec": {"providerID": None}}).texts == [
        "spec.providerID: Invalid value: null: field cannot be cleared once set"
    ]


def test_no_address_twice_but_only_updates_hear_of_it(doors: Doors) -> None:
    twice = [{"type": "InternalIP", "address": "192.0.2.4"}] * 2
    written = doors.create(node(addresses=twice))
    assert written.texts == []
    assert doors.update(written.object, {}, "status").texts == [
        'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"192.0.2.4"}'
    ]


def test_the_old_external_id_warns(doors: Doors) -> None:
    assert doors.create(node({"externalID": "e"})).warnings == [
        "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    ]


@pytest.mark.parametrize(
    ("conditions", "unschedulable", "shown"),
    [
        ([], False, "Unknown"),
        ([{"type": "Ready", "status": "True"}], False, "Ready"),
        ([{"type": "Ready", "status": "Unknown"}], True, "NotReady,SchedulingDisabled"),
        ([{"type": "MemoryPressure", "status": "True"}], True, "Unknown,SchedulingDisabled"),
    ],
)
def test_the_table_tells_whether_pods_may_come(
    doors: Doors, conditions: list[dict[str, str]], unschedulable: bool, shown: str
) -> None:
    obj = doors.create(node({"unschedulable": unschedulable}, conditions=conditions)).object
    assert doors.cells(obj)[1] == shown
    assert doors.field("spec.unschedulable", obj) == str(unschedulable).lower()


def test_the_table_shows_roles_addresses_and_software(doors: Doors) -> None:
    body = node(
        addresses=[{"type": "ExternalIP", "address": "192.0.2.1"}],
        nodeInfo={"kubeletVersion": "v1", "kernelVersion": "6.1", "architecture": "arm64"},
    )
    body["metadata"]["labels"] = {
        "node-role.kubernetes.io/worker": "",
        "kubernetes.io/role": "gpu",
        "node-role.kubernetes.io/control-plane": "",
    }
    cells = doors.cells(doors.create(body).object)
    assert cells[2] == "control-plane,gpu,worker"
    assert cells[4:] == [
        "v1",
        "<none>",
        "192.0.2.1",
        "<unknown>",
        "6.1 (arm64)",
        "<unknown>",
    ]
