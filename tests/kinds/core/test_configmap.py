from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "configmaps")
FIXED = "Forbidden: field is immutable when `immutable` is set"


def config_map(**fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "c"}, **fields}


def test_keys_must_be_file_names_in_both_maps(doors: Doors) -> None:
    written = doors.create(config_map(data={"..": "x"}, binaryData={"..a": "AA=="}))
    assert written.texts == [
        "data[..]: Invalid value: \"..\": must not be '..'",
        "binaryData[..a]: Invalid value: \"..a\": must not start with '..'",
    ]


def test_a_key_stands_in_one_map_only(doors: Doors) -> None:
    written = doors.create(config_map(data={"k": "x"}, binaryData={"k": "AA=="}))
    assert written.texts == ['data[k]: Invalid value: "k": duplicate of key present in binaryData']


@pytest.mark.parametrize(("characters", "refused"), [(524288, False), (524289, True)])
def test_values_hold_a_mebibyte_together_counted_as_utf8(
    doors: Doors, characters: int, refused: bool
) -> None:
    written = doors.create(config_map(data={"k": "ü" * characters}))
    assert bool(written.texts) is refused
    if refused:
        assert written.texts == ["[]: Too long: may not be more than 1048576 bytes"]


def test_bytes_count_without_their_base64(doors: Doors) -> None:
    fits = "A" * (1048576 // 3 * 4) + "AA=="
    assert doors.create(config_map(binaryData={"k": fits})).texts == []
    assert doors.create(config_map(binaryData={"k": fits}, data={"a": "b"})).texts != []


def test_an_immutable_map_keeps_its_values_and_stays_immutable(doors: Doors) -> None:
    old = doors.create(config_map(data={"a": "1"}, immutable=True)).object
    written = doors.update(
        old, {"data": {"a": "2"}, "binaryData": {"b": "AA=="}, "immutable": False}
    )
    assert written.texts == [f"immutable: {FIXED}", f"data: {FIXED}", f"binaryData: {FIXED}"]


def test_an_immutable_map_may_be_labelled(doors: Doors) -> None:
    old = doors.create(config_map(data={"a": "1"}, immutable=True)).object
    assert doors.update(old, {"metadata": {"labels": {"a": "b"}}}).texts == []


def test_finalizers_of_ours_need_no_domain_and_others_do(doors: Doors) -> None:
    metadata = {"name": "c", "finalizers": ["orphan", "a.b/c", "foo"]}
    assert doors.create({"metadata": metadata}).texts == [
        (
            'metadata.finalizers[2]: Invalid value: "foo": '
            "name is neither a standard finalizer name nor is it fully qualified"
        )
    ]


def test_the_table_counts_both_maps(doors: Doors) -> None:
    obj = doors.create(config_map(data={"a": "1"}, binaryData={"b": "AA=="})).object
    assert doors.cells(obj) == ["c", 2, "<unknown>"]
    obj["metadata"]["creationTimestamp"] = "2026-01-02T03:00:05Z"
    assert doors.cells(obj) == ["c", 2, "4m"]
