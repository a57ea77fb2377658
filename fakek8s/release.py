"""A Kubernetes release: the recorded facts of one version, compiled as they are asked for.

Everything here is the same for every cluster of that version in a process and is shared.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.facts import load_facts
from fakek8s.kinds import behaviours
from fakek8s.machinery.schema.compile import Definitions, merged
from fakek8s.machinery.wire.types import WireTypes
from fakek8s.registry.catalogue import Catalogue
from fakek8s.registry.custom import LazyRules, Tools

if TYPE_CHECKING:
    from fakek8s.facts import Facts
    from fakek8s.machinery.schema import Schema
    from fakek8s.machinery.wire.types import WireType

Object = dict[str, Any]

_OBJECT_META = "k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta"


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

    @cached_property
    def custom_resources(self) -> Tools:
        """What CustomResourceDefinitions are checked and compiled with."""
        object_meta = self.types.get(_OBJECT_META)
        assert object_meta is not None
        return Tools(object_meta=object_meta, definitions=self.definitions, rules=LazyRules())

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
