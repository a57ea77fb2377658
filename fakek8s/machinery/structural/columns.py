"""Printer columns of custom resources: table headers and the cells of one object.

Upstream: apiextensions pkg/registry/customresource/tableconvertor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.jsonpath import JSONPathError, JSONPathSyntaxError, compile_path, text_of
from fakek8s.machinery.structural.failure import shown
from fakek8s.machinery.timestamps import TimestampError, human_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fakek8s.machinery.jsonpath import JSONPath

__all__ = ["Header", "PrinterColumns"]

Object = dict[str, Any]

_INT64: Final = 2**63

#: What tables show without additionalPrinterColumns.
_AGE: Final[Object] = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


@dataclass(frozen=True, slots=True)
class Header:
    """One column as a table's columnDefinitions tell it."""

    name: str
    type: str
    format: str = ""
    description: str = ""
    priority: int = 0


class PrinterColumns:
    """The columns of one version: `headers`, and `cells(object, now)` in their order.

    declared: `additionalPrinterColumns` of the CRD version; none gives Name and Age.
    """

    def __init__(self, declared: Iterable[Object] | None) -> None:
        self.headers = [Header("Name", "string", "name")]
        self._paths: list[tuple[JSONPath, str]] = []
        for column in declared or (_AGE,):
            path = column["jsonPath"]
            try:
                compiled = compile_path(path)
            except JSONPathSyntaxError:
                break  # upstream shows the columns before the one that it can't read
            described = column.get("description") or (
                f"Custom resource definition column (in JSONPath format): {path}"
            )
            self.headers.append(
                Header(
                    column["name"],
                    column["type"],
                    column.get("format", ""),
                    described,
                    column.get("priority", 0),
                )
            )
            self._paths.append((compiled, column["type"]))

    def cells(self, obj: Object, now: datetime) -> list[Any]:
        """The row of one object: its name, then a value or None for each column."""
        row: list[Any] = [obj["metadata"].get("name", "")]
        row += [_cell(path, kind, obj, now) for path, kind in self._paths]
        return row


def _cell(path: JSONPath, kind: str, obj: Object, now: datetime) -> Any:
    try:
        found = path.find(obj)
    except JSONPathError:
        return None
    if not found or not found[0]:
        return None
    value = found[0][0]
    if value.__class__ is int and not -_INT64 <= value < _INT64:
        value = float(value)  # as Go decodes it
    if kind == "string":
        # The printer's words for null, though a path that leads nowhere is an empty cell.
        return "<no value>" if value is None else text_of(shown(value))
    return _typed(kind, value, now)


def _typed(kind: str, value: Any, now: datetime) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "integer":
        if not number:
            return None
        # Go's conversion of what doesn't fit.
        return int(value) if -_INT64 <= value < _INT64 else -_INT64
    if kind == "number":
        if not number:
            return None
        # Go writes whole floats without a point.
        return int(value) if value == value // 1 and abs(value) < 1e21 else value
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "date" and isinstance(value, str):
        return _age(value, now)
    return None


def _age(text: str, now: datetime) -> str:
    # Upstream reads it as a query parameter, where nothing and "null" are no time at all.
    if text in ("", "null"):
        return "<unknown>"
    try:
        moment = parse_time(text)
    except TimestampError:
        return "<invalid>"
    return human_duration((now - moment).total_seconds())
