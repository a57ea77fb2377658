from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery.apply import InvalidManagedFields, without_managed_fields_equal
from fakek8s.machinery.apply.managers import decode, encode

ENTRY: dict[str, Any] = {
    "manager": "m",
    "operation": "Update",
    "apiVersion": "v1",
    "time": "2030-01-01T00:00:00Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:data": {".": {}, "f:a": {}}},
    "subresource": "status",
}


def test_entries_are_written_as_they_were_read() -> None:
    entries = encode(decode([ENTRY]))
    assert entries == [ENTRY]
    assert list(entries[0]) == list(ENTRY)


def test_an_unchanged_stored_entry_is_kept_as_it_is() -> None:
    entries = encode(decode([dict(ENTRY)], trusted=[ENTRY]))
    assert entries is not None
    assert entries[0]["fieldsV1"] is ENTRY["fieldsV1"]


def test_an_applier_has_one_entry_whatever_the_version() -> None:
    entries = [{**ENTRY, "operation": "Apply", "apiVersion": version} for version in ("v1", "v2")]
    assert len(decode(entries)) == 1
    assert len(decode([ENTRY, {**ENTRY, "apiVersion": "v2"}])) == 2


def test_no_managers_make_no_list() -> None:
    assert encode({}) is None


def test_fields_may_be_missing_but_not_malformed() -> None:
    without = {k: v for k, v in ENTRY.items() if k != "fieldsV1"}
    assert [owner.fields for owner in decode([without]).values()] == [{}]
    with pytest.raises(InvalidManagedFields, match="error decoding set"):
        decode([{**ENTRY, "fieldsV1": {"f:a": 3}}])
    with pytest.raises(InvalidManagedFields, match="in managed fields entry 1"):
        decode([ENTRY, {**ENTRY, "fieldsType": "X"}])


def with_entries(*entries: Any, **parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": "n", "managedFields": list(entries)}, **parts}


def test_objects_that_differ_in_times_alone_are_the_same() -> None:
    later = {**ENTRY, "time": "2031-01-01T00:00:00Z"}
    assert without_managed_fields_equal(with_entries(ENTRY, a=1), with_entries(later, a=1))
    assert not without_managed_fields_equal(with_entries(ENTRY, a=1), with_entries(later, a=2))
    assert not without_managed_fields_equal(with_entries(ENTRY), with_entries(later, later))
    assert not without_managed_fields_equal(
        with_entries(ENTRY), with_entries({**ENTRY, "manager": "o"})
    )


def test_the_rule_does_not_hold_for_objects_without_owners() -> None:
    assert not without_managed_fields_equal({"metadata": {}}, {"metadata": {}})
