"""What a CRD says beside its schema, for one version or for all: scale, columns, selectable fields.

Upstream: apiextensions pkg/apis/apiextensions/validation/validation.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import names
from fakek8s.machinery.causes import child, duplicate, index, invalid, required, too_many
from fakek8s.machinery.structural.check_structural import conversion_error
from fakek8s.machinery.structural.failure import invalid_pointer
from fakek8s.machinery.structural.fieldpath import FieldPathError, follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

__all__ = [
    "MAX_SELECTABLE",
    "column_errors",
    "selectable_errors",
    "subresource_errors",
    "warning_errors",
]

Object = dict[str, Any]

_COLUMN_TYPES: Final = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS: Final = (
    "byte",
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "password",
)
MAX_SELECTABLE: Final = 8


def warning_errors(warning: str, deprecated: bool) -> Iterator[str]:
    """What is wrong with a deprecationWarning, in words."""
    if not deprecated:
        yield "can only be set for deprecated versions"
        return
    if names.byte_length(warning) > 256:
        yield "must be <= 256 characters long"
    if not warning:
        yield "must not be an empty string"
    at = 0
    for character in warning:
        if character != " " and not character.isprintable():
            lead = "must only contain printable UTF-8 characters"
            yield f"{lead}; non-printable character found at index {at}"
            return
        at += names.byte_length(character)


def _json_path_errors(text: str, path: str) -> list[FieldError]:
    return (
        []
        if text[0] == "."
        else [invalid(path, text, "must be a simple json path starting with .")]
    )


def subresource_errors(subresources: Object | None, path: str) -> list[FieldError]:
    """The causes of scale paths (ValidateCustomResourceDefinitionSubresources)."""
    scale = None if subresources is None else subresources.get("scale")
    if scale is None:
        return []
    found: list[FieldError] = []
    for field, roots in (
        ("specReplicasPath", (".spec.",)),
        ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):
        text, where = scale.get(field) or "", child(path, "scale", field)
        if not text:
            if field != "labelSelectorPath":
                found.append(required(where))
        elif errors := _json_path_errors(text, where):
            found += errors
        elif not text.startswith(roots):
            under = "either .spec or .status" if len(roots) > 1 else roots[0].rstrip(".")
            make = invalid_pointer if len(roots) > 1 else invalid
            found.append(make(where, text, f"should be a json path under {under}"))
    return found


def column_errors(column: Object, path: str) -> Iterator[FieldError]:
    """The causes of one printer column (ValidateCustomResourceColumnDefinition)."""
    if not column.get("name"):
        yield required(child(path, "name"))
    kind, detail = column.get("type", ""), f"must be one of {','.join(_COLUMN_TYPES)}"
    if not kind:
        yield required(child(path, "type"), detail)
    elif kind not in _COLUMN_TYPES:
        yield invalid(child(path, "type"), kind, detail)
    form = column.get("format", "")
    if form and form not in _COLUMN_FORMATS:
        yield invalid(child(path, "format"), form, f"must be one of {','.join(_COLUMN_FORMATS)}")
    text, where = column.get("jsonPath", ""), child(path, "JSONPath")
    if not text:
        yield required(where)
    else:
        yield from _json_path_errors(text, where)


def selectable_errors(
    fields: list[Object], validation: Object | None, path: str, *, many: bool, absent: str
) -> list[FieldError]:
    """The causes of selectable fields (ValidateCustomResourceSelectableFields).

    many: more than eight are let through. absent: what to say without a schema.
    """
    where = child(path, "selectableFields")
    schema = None if validation is None else validation.get("openAPIV3Schema")
    if schema is None:
        return [invalid(where, "", absent)]
    if error := conversion_error(schema):
        return [invalid(child(path, "schema.openAPIV3Schema"), "", error)]
    found: list[FieldError] = []
    seen: set[str] = set()
    for number, field in enumerate(fields):
        at = child(index(where, number), "jsonPath")
        text = field.get("jsonPath", "")
        if not text:
            found.append(required(at))
            continue
        try:
            name, target = follow(text, schema, arrays=False)
        except FieldPathError as error:
            found.append(invalid(at, text, f"is an invalid path: {error}"))
            continue
        if name.partition(".")[0] == "metadata":
            found.append(invalid(at, text, "must not point to fields in metadata"))
        if target.get("type") not in ("string", "boolean", "integer"):
            detail = (
                "must point to a field of type string, boolean or integer. Enum string fields and "
                "strings with formats are allowed."
            )
            found.append(invalid(at, text, detail))
        if name in seen:
            found.append(duplicate(at, text))
        seen.add(name)
    if len(seen) > MAX_SELECTABLE and not many:
        found.append(too_many(where, len(seen), MAX_SELECTABLE))
    return found
