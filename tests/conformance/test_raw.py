"""Raw answers are compared by byte, up to what no two servers share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.raw import FOLDER, compare, mask

INDEX: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
RECORD = {"status": 200, "headers": [["Content-Type", "application/json"]]}
JSON = "application/json"


@pytest.mark.parametrize("record", INDEX, ids=lambda record: record["name"])
def test_every_request_has_its_recorded_body(record: dict[str, Any]) -> None:
    body = (FOLDER / f"{record['name']}.body").read_bytes()
    assert list(compare(record, body, record["status"], _content_type(record), body)) == []


def _content_type(record: dict[str, Any]) -> str:
    return str(dict(record["headers"])["Content-Type"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"resourceVersion":"1"}', b'{"resourceVersion":"23"}'),
        (b'resourceVersion: "1"\n', b'resourceVersion: "23"\n'),
        (b'{"clusterIP":"10.0.0.1"}', b'{"clusterIP":"10.0.0.77"}'),
        (b"kube-api-access-nfdqp", b"kube-api-access-x2k7z"),
        (b"2026-01-02T03:04:05Z", b"2027-01-02T03:04:05Z"),
    ],
)
def test_what_no_two_servers_share_is_masked(one: bytes, other: bytes) -> None:
    assert mask(one) == mask(other)


@pytest.mark.parametrize(
    ("want", "got"),
    [
        (b'{"a":1,"b":2}', b'{"b":2,"a":1}'),
        (b'{"a":1}\n', b'{"a":1}'),
        (b'"\\u003c"', b'"<"'),
        (b"1e+21", b"1e21"),
        (b'{"a":null}', b"{}"),
    ],
)
def test_order_escapes_numbers_nulls_and_newlines_count(want: bytes, got: bytes) -> None:
    wanted, found = compare(RECORD, want, 200, JSON, got)
    assert wanted.startswith("want ")
    assert found.startswith("got ")


def test_status_and_content_type_count() -> None:
    lines = list(compare(RECORD, b"{}", 404, f"{JSON}; charset=utf-8", b"{}"))
    assert lines == [
        "status 404, want 200",
        "Content-Type application/json; charset=utf-8, want application/json",
    ]
