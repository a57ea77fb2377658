"""A schema compiled once: validation, pruning, defaulting and list checks of one version's objects.

Each part is compiled on first use. Upstream: the SchemaValidator and structural schema that
apiextensions pkg/apiserver/customresource_handler.go keeps per version.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.structural.correlate import Correlated
from fakek8s.machinery.structural.defaulting import compile_defaulting
from fakek8s.machinery.structural.embedded import (
    coerce_metadata,
    compile_coercion,
    compile_embedded,
    stored_metadata,
)
from fakek8s.machinery.structural.explain import explain
from fakek8s.machinery.structural.listtype import compile_lists
from fakek8s.machinery.structural.node import Node, read
from fakek8s.machinery.structural.pruning import compile_nulls, compile_pruning
from fakek8s.machinery.structural.quick import compile_check

if TYPE_CHECKING:
    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.wire.types import WireType

__all__ = ["CompiledSchema"]

Object = dict[str, Any]


class CompiledSchema:
    """One version's openAPIV3Schema, ready for objects.

    raw: the schema in JSON form ({} for none). object_meta: the wire type of ObjectMeta, for
    embedded objects. Objects are edited in place where a method says so; hand in private copies.
    """

    def __init__(self, raw: Object, object_meta: WireType) -> None:
        self.raw = raw
        self.node: Node = read(raw)
        self._object_meta = object_meta

    @cached_property
    def _check(self) -> Any:
        return compile_check(self.node)

    @cached_property
    def _prune(self) -> Any:
        return compile_pruning(self.node, resource_root=True)

    @cached_property
    def _nulls(self) -> Any:
        return compile_nulls(self.node)

    @cached_property
    def _default(self) -> Any:
        return compile_defaulting(self.node)

    @cached_property
    def _lists(self) -> Any:
        return compile_lists(self.node)

    @cached_property
    def _coerce(self) -> Any:
        return compile_coercion(self.node, self._object_meta)

    @cached_property
    def _coerce_stored(self) -> Any:
        return compile_coercion(self.node, self._object_meta, drop=True)

    @cached_property
    def _embedded(self) -> Any:
        return compile_embedded(self.node, self._object_meta)

    @cached_property
    def status(self) -> StatusSchema | None:
        """The schema of `status` alone, None if it has none."""
        node = self.node.properties.get("status")
        return None if node is None else StatusSchema(node)

    def validate(self, value: Any, path: str = "") -> list[FieldError]:
        """The causes of a new object (ValidateCustomResource); path: where the value stands."""
        if self._check is None or self._check(value):
            return []
        return [failure.cause(path) for failure in explain(self.node, value, "").failures]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        """The same without those of parts that were so before (ValidateCustomResourceUpdate)."""
        if self._check is None or self._check(new):
            return []
        before = Correlated(self.node, new, old)
        return [failure.cause("") for failure in explain(self.node, new, "", before).failures]

    def lists(self, value: Object) -> list[FieldError]:
        """The causes of repeated items (ValidateListSetsAndMaps)."""
        found: list[FieldError] = []
        if self._lists is not None:
            self._lists(value, "", found)
        return found

    def embedded(self, value: Object) -> list[FieldError]:
        """The causes of embedded objects' apiVersion, kind and metadata (objectmeta.Validate)."""
        found: list[FieldError] = []
        if self._embedded is not None:
            self._embedded(value, "", found)
        return found

    def decode(
        self, value: Object, *, strict: bool = False, stored: bool = False, shallow: bool = False
    ) -> list[str]:
        """What decoding does with an object beyond JSON, in place: its metadata becomes ObjectMeta,
        then `coerce`.

        Returns the paths of unknown fields if strict. stored: read from the store, where what
        doesn't fit is dropped. shallow: only metadata is looked at. Raises DecodeError and
        CoerceError, whose text a 400 tells.
        Upstream: unstructuredSchemaCoercer.apply.
        """
        unknown: list[str] = []
        if "metadata" in value:
            read_metadata = stored_metadata if stored else coerce_metadata
            value["metadata"], unknown = read_metadata(
                value["metadata"], self._object_meta, "metadata"
            )
        if shallow:
            return unknown
        return [*unknown, *self.coerce(value, strict=strict, stored=stored)]

    def coerce(self, value: Object, *, strict: bool = False, stored: bool = False) -> list[str]:
        """Prunes unknown fields and refused nulls and coerces embedded metadata, in place.

        strict: return the paths of unknown fields, those pruned first, each kind sorted; the
        object's own metadata isn't looked at. stored: what can't be read is dropped, as on reads.
        Raises CoerceError, whose text is the message of a 400.
        """
        pruned: list[str] | None = [] if strict else None
        coerced: list[str] | None = [] if strict else None
        self._prune(value, "", pruned)
        if self._nulls is not None:
            kept: Object = {
                name: value[name] for name in ("apiVersion", "kind", "metadata") if name in value
            }
            self._nulls(value)
            value.update(kept)
        coerce = self._coerce_stored if stored else self._coerce
        if coerce is not None:
            coerce(value, "", coerced)
        return [*sorted(pruned or ()), *sorted(coerced or ())]

    def default(self, value: Object) -> None:
        """Fills defaults into an object, in place."""
        if self._default is not None:
            self._default(value)

    @cached_property
    def changes_on_read(self) -> bool:
        """Whether defaults exist at all, so that stored objects may lack some."""
        return self._default is not None


class StatusSchema:
    """The schema of `status`, for writes of the status subresource."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._check = compile_check(node)

    def validate_update(self, new: Any, old: Any, *, had: bool) -> list[FieldError]:
        """The causes, under `status`; had: the old object had a status to compare with."""
        if self._check is None or self._check(new):
            return []
        before = Correlated(self.node, new, old) if had else None
        return [failure.cause("status") for failure in explain(self.node, new, "", before).failures]
