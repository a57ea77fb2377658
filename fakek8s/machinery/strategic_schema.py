"""What strategic merge patch knows of types: how each field merges, and by which key.

Source: apimachinery strategicpatch/meta.go (PatchMetaFromStruct). `PatchSchema` is the seam;
`from_openapi` makes one of the definitions of an OpenAPI v2 document, field by field on demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

MERGE = "merge"
REPLACE = "replace"
RETAIN_KEYS = "retainKeys"

_NO_STRATEGIES: frozenset[str] = frozenset()
_SCALARS = {"string": "string", "boolean": "bool", "integer": "int64", "number": "float64"}


class StrategicPatchError(ValueError):
    """The patch can't be applied; the message is upstream's.

    `code` is the HTTP status that upstream gives it: 400, 422 (message hidden behind the generic
    one) or 500 (interpretStrategicMergePatchError).
    """

    def __init__(self, message: str, code: int = 500) -> None:
        super().__init__(message)
        self.code = code


class PatchField(NamedTuple):
    """How one field merges; `schema` is the type of the field itself, None if unknown."""

    schema: PatchSchema | None
    strategies: frozenset[str] = _NO_STRATEGIES
    merge_key: str | None = None

    @property
    def strategy(self) -> str:
        """The strategy but for retainKeys: "", "merge" or "replace"."""
        return next(iter(self.strategies - {RETAIN_KEYS}), "")


class PatchSchema(Protocol):
    """A type as strategic merge patch sees it."""

    @property
    def name(self) -> str:
        """The Go type's name ("ServiceSpec"), "" if it has none."""

    @property
    def kind(self) -> str:
        """The Go kind: struct, map, slice, string, int64, float64, bool or interface."""

    def field(self, name: str) -> tuple[PatchSchema | None, frozenset[str], str | None] | None:
        """(type, strategies, merge key) of a struct's field; None if it has no such field."""

    def items(self) -> PatchSchema | None:
        """The type of a list's items or a map's values; None if this has none."""


def lookup_struct(schema: PatchSchema | None, key: str) -> PatchField:
    """How the field `key` of a struct merges (LookupPatchMetadataForStruct).

    Raises StrategicPatchError if the type is no struct or has no such field.
    """
    kind = schema.kind if schema is not None else "interface"
    if schema is None or kind != "struct":
        raise StrategicPatchError(
            f"merging an object in json but data type is not struct, instead is: {kind}"
        )
    found = schema.field(key)
    if found is None:
        raise StrategicPatchError(
            f"unable to find api field in struct {schema.name} for the json field {quote(key)}"
        )
    return PatchField(*found)


def lookup_slice(schema: PatchSchema | None, key: str) -> PatchField:
    """The same for a list field, with the type of its items (LookupPatchMetadataForSlice)."""
    found = lookup_struct(schema, key)
    if found.schema is None or found.schema.kind != "slice":
        kind = schema.kind if schema is not None else "interface"
        raise StrategicPatchError(f"expected slice or array type, but got: {kind}")
    items = found.schema.items()
    if items is not None and items.kind == "slice":
        raise StrategicPatchError("unexpected slice of slice")
    return found._replace(schema=items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenAPISchema:
    """One schema of an OpenAPI v2 document; fields are looked up when asked for."""

    definitions: Mapping[str, Any]
    name: str
    kind: str
    body: Mapping[str, Any]

    def field(self, name: str) -> tuple[PatchSchema | None, frozenset[str], str | None] | None:
        properties = self.body.get("properties") or {}
        found = properties.get(name)
        if found is None:
            # Go's decoder takes a field in any case.
            folded = name.casefold()
            found = next(
                (body for key, body in properties.items() if key.casefold() == folded), None
            )
        if found is None:
            return None
        strategies = found.get("x-kubernetes-patch-strategy", "")
        return (
            _resolve(self.definitions, found),
            frozenset(filter(None, strategies.split(","))),
            found.get("x-kubernetes-patch-merge-key"),
        )

    def items(self) -> PatchSchema | None:
        inner = self.body.get("items" if self.kind == "slice" else "additionalProperties")
        return _resolve(self.definitions, inner) if inner else None


def _resolve(definitions: Mapping[str, Any], body: Mapping[str, Any]) -> PatchSchema:
    for candidate in (body, *body.get("allOf", ())):
        if reference := candidate.get("$ref"):
            return from_openapi(definitions, reference)
    kind = _SCALARS.get(body.get("type", ""), "interface")
    if body.get("type") == "array":
        kind = "slice"
    elif body.get("type") == "object":
        kind = "struct" if "properties" in body else "map"
    return _OpenAPISchema(definitions=definitions, name="", kind=kind, body=body)


def from_openapi(definitions: Mapping[str, Any], reference: str) -> PatchSchema:
    """The type that a definition of an OpenAPI v2 document describes.

    `reference` is a definition's name, with or without `#/definitions/` in front. Every named
    definition is a struct, as the Go types behind them are. Raises KeyError if there is none.
    """
    key = reference.removeprefix("#/definitions/")
    return _OpenAPISchema(
        definitions=definitions, name=key.rpartition(".")[2], kind="struct", body=definitions[key]
    )
