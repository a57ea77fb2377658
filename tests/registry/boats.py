"""Definitions of boats for the tests of custom resources."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
GROUP = "sea.example.com"
BOATS = f"boats.{GROUP}"


def version(name: str = "v1", **more: Any) -> Object:
    """A version whose objects have a spec with a hull, a home and a crew."""
    spec = {
        "type": "object",
        "properties": {
            "hull": {"type": "string"},
            "home": {"type": "string"},
            "crew": {"type": "integer", "default": 1},
        },
    }
    schema = {"type": "object", "properties": {"spec": spec}}
    return {
        "name": name,
        "served": True,
        "storage": name == "v1",
        "schema": {"openAPIV3Schema": schema},
        **more,
    }


def definition(plural: str = "boats", *versions: Object, **names: Any) -> Object:
    """A definition of namespaced objects, in versions."""
    return {
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": "Boat", **names},
            "versions": list(versions) or [version()],
        },
    }


def boat(name: str, **parts: Any) -> Object:
    """An object to create."""
    return {"metadata": {"name": name}, **parts}
