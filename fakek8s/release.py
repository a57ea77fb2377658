"""A Kubernetes release: the recorded facts of one version, compiled as they are asked for.

Everything here is the same for every cluster of that version in a process and is shared.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.facts import load_facts
from fakek8s.kinds import behaviours
from fakek8s.machinery.schema.compile import Definitions, merged
from fakek8s.machinery.wire.decode import decode_value
from fakek8s.machinery.wire.types import WireTypes
from fakek8s.machinery.wire.unstructured import from_unstructured
from fakek8s.registry.catalogue import Catalogue

if TYPE_CHECKING:
    from fakek8s.facts import Facts
    from fakek8s.machinery.schema import Schema
    from fakek8s.machinery.wire.types import WireType

Object = dict[str, Any]


class Release:
    """One version's facts, wire types and schemas."""

    def __init__(self, version: str) -> None:
        """`version` is a minor version, "1.37"; raises facts.FactsNotFound."""
        self.facts: Facts = load_facts(version)

    @cached_property
    def types(self) -> WireTypes:
        """The Go types of the API."""
        return WireTypes(self.facts.gotypes)

    @cached_property
    def definitions(self) -> Definitions:
        """The schemas of all kinds."""
        return Definitions(merged(self.facts.openapi_v3))

    def schema(self, api_version: str, kind: str) -> Schema | None:
        """The schema of a kind; None where OpenAPI has none."""
        group, _, version = api_version.rpartition("/")
        return self.definitions.of_kind(group, version, kind)

    def wire_type(self, api_version: str, kind: str) -> WireType | None:
        """The Go type of a kind."""
        return self.types.of_kind(api_version, kind)

    def decode(
        self, value: Any, api_version: str, kind: str, *, lax: bool = False
    ) -> tuple[Object, list[str]]:
        """Parsed JSON as an object of a kind: (canonical object, strict errors).

        `lax` reads as upstream reads the results of strategic merges. Raises DecodeError in the
        decoder's own words.
        """
        wire_type = self.types.of_kind(api_version, kind)
        assert wire_type is not None, (api_version, kind)
        decoded = (from_unstructured if lax else decode_value)(value, wire_type)
        return decoded.object, list(decoded.strict_errors)

    def catalogue(self) -> Catalogue:
        """A new catalogue of all built-in kinds."""
        return Catalogue(
            self.facts.discovery_legacy,
            self.facts.tables,
            self.wire_type,
            self.schema,
            behaviours(),
        )


@lru_cache(maxsize=8)
def release(version: str) -> Release:
    """The release of a minor version; one per process, it never changes."""
    return Release(version)
