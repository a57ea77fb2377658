"""The schemas that the tests of field ownership use."""

from __future__ import annotations

import pytest

from fakek8s.facts import load_facts
from fakek8s.machinery.schema import Definitions, Schema, merged, structural

SHIP = {
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "size": {"type": "integer"},
                "tags": {
                    "type": "array",
                    "items": {"type": "string"},
                    "x-kubernetes-list-type": "set",
                },
                "decks": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "side"],
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "side": {"type": "string", "default": "port"},
                            "size": {"type": "integer"},
                        },
                    },
                },
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["number"],
                    "items": {
                        "type": "object",
                        "properties": {
                            "number": {"type": "integer"},
                            "use": {"type": "string"},
                        },
                    },
                },
                "route": {"type": "array", "items": {"type": "string"}},
                "engine": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "properties": {"fuel": {"type": "string"}, "power": {"type": "integer"}},
                },
                "crew": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "load": {"x-kubernetes-int-or-string": True},
            },
        },
        "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
    }
}


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """The published definitions of the default version."""
    return Definitions(merged(load_facts().openapi_v3))


@pytest.fixture(scope="session")
def ship(definitions: Definitions) -> Schema:
    """A custom resource with a field of each sort."""
    return structural(SHIP, definitions)
