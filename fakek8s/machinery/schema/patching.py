"""A schema as strategic merge patch sees it: `strategic_schema.PatchSchema` over `Schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakek8s.machinery.schema.node import Schema
    from fakek8s.machinery.strategic_schema import PatchSchema

_SCALARS = {"string": "string", "boolean": "bool", "integer": "int64", "number": "float64"}


class PatchView:
    """One schema node; its fields are looked at when asked for."""

    __slots__ = ("_schema",)

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    @property
    def name(self) -> str:
        """The Go type's name, "" if it has none."""
        return self._schema.name.rpartition(".")[2]

    @property
    def kind(self) -> str:
        """The Go kind. Every named definition is a struct, as the Go types behind them are."""
        schema = self._schema
        if schema.name or schema.fields:
            return "struct"
        if schema.items is not None:
            return "slice"
        if schema.element is not None:
            return "map"
        return _SCALARS.get(schema.type, "interface")

    def field(self, name: str) -> tuple[PatchSchema | None, frozenset[str], str | None] | None:
        """(type, strategies, merge key) of a struct's field; None if it has no such field."""
        found = (self._schema.fields or {}).get(name)
        if found is None:
            return None
        strategies = frozenset(found.patch_strategy.split(",")) if found.patch_strategy else _NONE
        return PatchView(found.schema), strategies, found.patch_merge_key or None

    def items(self) -> PatchSchema | None:
        """The type of a list's items or a map's values; None if this has none."""
        inner = self._schema.items or self._schema.element
        return PatchView(inner) if inner is not None else None


_NONE: frozenset[str] = frozenset()
