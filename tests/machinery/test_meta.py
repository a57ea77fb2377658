"""Object metadata: what is plainly right is passed over, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery import meta
from fakek8s.machinery.rules import subdomain_name

Object = dict[str, Any]
#: What the server itself makes of the first write.
ENTRY = {
    "manager": "kubectl",
    "operation": "Update",
    "apiVersion": "v1",
    "time": "2026-01-02T03:04:05Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {},
}


def problems(**changes: Any) -> list[str]:
    metadata = {"name": "x", "namespace": "ns", **changes}
    rules = meta.object_meta_rules(metadata, "metadata", True, subdomain_name)
    return [error.text for error in rules]


def managed(**changes: Any) -> list[str]:
    return problems(managedFields=[ENTRY, {**ENTRY, **changes}])


def test_metadata_as_the_server_completes_it_is_right() -> None:
    labels = {"app": "web", "example.com/tier": "", "x": "a_b.c-d"}
    assert problems(labels=labels, managedFields=[ENTRY]) == []


def test_one_wrong_label_among_right_ones_is_found() -> None:
    (text,) = problems(labels={"app": "web", "tier": "a b"})
    assert text.startswith('metadata.labels: Invalid value: "a b": a valid label must be')


def test_an_entry_of_an_unknown_operation_is_found_behind_a_right_one() -> None:
    (text,) = managed(operation="Patch")
    assert text == (
        'metadata.managedFields[1].operation: Unsupported value: "Patch": '
        'supported values: "Apply", "Update"'
    )


def test_an_entry_may_leave_out_the_type_of_its_fields_but_not_name_another() -> None:
    assert managed(fieldsType="") == []
    assert managed(fieldsType="FieldsV2") == [
        'metadata.managedFields[1].fieldsType: Invalid value: "FieldsV2": must be `FieldsV1`'
    ]


@pytest.mark.parametrize(
    ("manager", "right"),
    [("x" * 128, True), ("x" * 129, False), ("é" * 64, True), ("é" * 65, False), ("a\nb", False)],
)
def test_a_manager_has_128_printable_bytes_at_most(manager: str, right: bool) -> None:
    assert (managed(manager=manager) == []) is right


@pytest.mark.parametrize(
    ("subresource", "right"),
    [
        ("status", True),
        ("x" * 256, True),
        ("x" * 257, False),
        ("é" * 128, True),
        ("é" * 129, False),
    ],
)
def test_a_subresource_has_256_bytes_at_most(subresource: str, right: bool) -> None:
    assert (managed(subresource=subresource) == []) is right


@pytest.mark.parametrize("namespace", ["A", "a.b", "x" * 64])
def test_a_namespace_that_can_be_none_is_refused_each_time(namespace: str) -> None:
    first, again = problems(namespace=namespace), problems(namespace=namespace)
    assert first
    assert first == again


def test_what_only_the_server_sets_is_wiped_and_nothing_else() -> None:
    metadata: Object = {"name": "x", "uid": "u", "selfLink": "/", "deletionTimestamp": None}
    meta.wipe_system_fields(metadata)
    assert metadata == {"name": "x"}
