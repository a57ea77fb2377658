"""Cells of tables that many kinds share: ages, containers, selectors.

Upstream: pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.timestamps import TimestampError, human_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fakek8s.kind import Cells

Object = dict[str, Any]

NONE = "<none>"
UNKNOWN = "<unknown>"


def since(timestamp: str | None, now: datetime) -> str:
    """translateTimestampSince and its twin for times with microseconds."""
    if not timestamp:
        return UNKNOWN
    try:
        return human_duration((now - parse_time(timestamp)).total_seconds())
    except TimestampError:
        return "<invalid>"


def age(obj: Object, now: datetime) -> str:
    """How long ago the object was created."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def row(*between: Callable[[Object], Any]) -> Cells:
    """Rows of the usual form: the name, what the functions give, the age."""

    def cells(obj: Object, now: datetime) -> list[Any]:
        name = obj["metadata"].get("name", "")
        return [name, *(cell(obj) for cell in between), age(obj, now)]

    return cells


def containers(template: Object) -> tuple[str, str]:
    """Names and images of a template's containers (layoutContainerCells)."""
    found = (template.get("spec") or {}).get("containers") or ()
    return (
        ",".join(container.get("name", "") for container in found),
        ",".join(container.get("image", "") for container in found),
    )
