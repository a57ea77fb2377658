"""Tables and partial metadata: the forms of objects that kubectl and metadata clients ask for.

Sources: apiserver pkg/endpoints/handlers/response.go (asTable, asPartialObjectMetadata).
Column descriptions are not recorded and stay empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s import errors
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import TimestampError, human_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fakek8s.kind import Kind

Object = dict[str, Any]

_INCLUDE: Final = ("Metadata", "Object", "None", "")


def check_include(values: Sequence[str] | None) -> str:
    """The includeObject parameter; raises APIError 400 (ValidateTableOptions)."""
    value = values[0] if values else ""
    if value not in _INCLUDE:
        raise errors.bad_request(
            "Unable to convert to Table as requested: includeObject: Invalid value: "
            f"{quote(value)}: must be 'Metadata', 'Object', 'None', or empty"
        )
    return value or "Metadata"


def partial(kind: Kind | None, obj: Object, api_version: str) -> Object:
    """The object's metadata alone."""
    metadata = obj.get("metadata") or {}
    if kind is not None and kind.behaviour.hidden_annotations and "annotations" in metadata:
        hidden = kind.behaviour.hidden_annotations
        kept = {k: v for k, v in metadata["annotations"].items() if k not in hidden}
        metadata = {k: kept if k == "annotations" else v for k, v in metadata.items()}
        if not kept:
            del metadata["annotations"]
    return {"kind": "PartialObjectMetadata", "apiVersion": api_version, "metadata": metadata}


def partial_list(
    kind: Kind | None, objects: Iterable[Object], metadata: Object, api_version: str
) -> Object:
    """The metadata of a list's items; null if there are none (asPartialObjectMetadataList)."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": api_version,
        "metadata": metadata,
        "items": [partial(kind, obj, api_version) for obj in objects] or None,
    }


def columns(kind: Kind) -> list[Object]:
    """The column definitions of a kind."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in kind.columns
    ]


def table(
    kind: Kind,
    objects: Iterable[Object],
    metadata: Object,
    now: datetime,
    *,
    api_version: str,
    include: str,
    headers: bool = True,
) -> Object:
    """A Table of objects, which are in the kind's version."""
    rows = [_row(kind, obj, now, api_version, include) for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": api_version,
        "metadata": metadata,
        "columnDefinitions": columns(kind) if headers else None,
        "rows": rows or (None if kind.behaviour.null_rows or _has_default_columns(kind) else rows),
    }


def _has_default_columns(kind: Kind) -> bool:
    """Whether upstream's default convertor makes the table, which makes no empty list of rows."""
    return [column.name for column in kind.columns] == ["Name", "Created At"]


def _row(kind: Kind, obj: Object, now: datetime, api_version: str, include: str) -> Object:
    held: Object | None = None
    if include == "Object":
        held = obj
    elif include == "Metadata":
        held = partial(kind, obj, api_version)
    row: Object = {"cells": cells_of(kind, obj, now)}
    if kind.behaviour.row_conditions is not None:
        conditions = kind.behaviour.row_conditions(obj)
        if conditions:
            row["conditions"] = conditions
    row["object"] = held
    return row


def cells_of(kind: Kind, obj: Object, now: datetime) -> list[Any]:
    """The cells of a row; of a kind that declares none, those that the metadata tells."""
    if kind.behaviour.cells is not None:
        return kind.behaviour.cells(obj, now)
    return [_cell(column.name, obj, now) for column in kind.columns]


def _cell(name: str, obj: Object, now: datetime) -> Any:
    metadata = obj.get("metadata") or {}
    if name == "Name":
        return metadata.get("name", "")
    if name == "Age":
        return age(metadata.get("creationTimestamp"), now)
    if name == "Created At":
        return metadata.get("creationTimestamp") or None
    return ""


def age(timestamp: str | None, now: datetime) -> str:
    """printers.translateTimestampSince."""
    if not timestamp:
        return "<unknown>"
    try:
        return human_duration((now - parse_time(timestamp)).total_seconds())
    except TimestampError:
        return "<invalid>"


def object_metadata(obj: Object) -> Object:
    """The list metadata of a Table of one object."""
    version = (obj.get("metadata") or {}).get("resourceVersion")
    return {"resourceVersion": version} if version else {}
