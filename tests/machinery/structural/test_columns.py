"""Cells of printer columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fakek8s.machinery.structural.columns import PrinterColumns

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def cell(kind: str, value: Any, path: str = ".spec.v") -> Any:
    columns = PrinterColumns([{"name": "V", "type": kind, "jsonPath": path}])
    obj = {"metadata": {"name": "b"}, "spec": {"v": value, "l": [{"n": "a"}, {"n": "b"}]}}
    name, found = columns.cells(obj, NOW)
    assert name == "b"
    return found


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("string", None, "<no value>"),
        ("string", 5, "5"),
        ("string", 1e20, "1e+20"),
        ("string", {"b": 1, "a": ["<"]}, '{"a":["\\u003c"],"b":1}'),
        ("integer", 2.7, 2),
        ("integer", -2.7, -2),
        ("integer", 1e20, -(2**63)),
        ("integer", "5", None),
        ("integer", True, None),
        ("number", 1.0, 1),
        ("number", 2.5, 2.5),
        ("boolean", "true", None),
        ("boolean", False, False),
        ("date", "2029-12-31T23:59:00Z", "60s"),
        ("date", "yesterday", "<invalid>"),
        ("date", "", "<unknown>"),
        ("date", 5, None),
        ("integer", None, None),
    ],
)
def test_a_cell_has_the_type_of_its_column(kind: str, value: Any, shown: Any) -> None:
    found = cell(kind, value)
    assert found == shown
    assert type(found) is type(shown)


def test_of_many_values_the_first_is_shown() -> None:
    assert cell("string", 1, ".spec.l[*].n") == "a"


def test_a_path_that_leads_nowhere_is_an_empty_cell() -> None:
    assert cell("string", 1, ".spec.x.y") is None
    assert cell("string", 1, ".spec.l[9].n") is None


def test_without_columns_the_age_is_shown() -> None:
    columns = PrinterColumns(None)
    assert [header.name for header in columns.headers] == ["Name", "Age"]
    metadata = {"name": "b", "creationTimestamp": "2029-12-31T00:00:00Z"}
    assert columns.cells({"metadata": metadata}, NOW) == ["b", "24h"]


def test_a_column_is_described_by_its_path_unless_it_says_more() -> None:
    columns = PrinterColumns(
        [
            {"name": "A", "type": "string", "jsonPath": ".a"},
            {"name": "B", "type": "date", "jsonPath": ".b", "description": "d", "priority": 1},
        ]
    )
    _, plain, described = columns.headers
    assert plain.description == "Custom resource definition column (in JSONPath format): .a"
    assert (described.description, described.priority) == ("d", 1)
