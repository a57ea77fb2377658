"""What recorded OpenAPI documents leave out: descriptions.

Those of answers are the HTTP phrases, which OpenAPI demands. The prose about kinds and fields comes
from the `kubernetes-validate` package if it is installed; its files are read without importing it.
"""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson

Object = dict[str, Any]

_TYPE: Final = "x-kubernetes-group-version-kind"


class Descriptions:
    """The descriptions for one Kubernetes version ("1.37")."""

    def __init__(self, minor: str) -> None:
        self._minor = minor

    @cached_property
    def _definitions(self) -> dict[str, Object]:
        """Definitions with prose by type name; empty if there are none for this version."""
        spec = find_spec("kubernetes_validate")
        if spec is None:
            return {}
        for place in spec.submodule_search_locations or ():
            folder = Path(place) / "kubernetes-json-schema"
            for path in sorted(folder.glob(f"v{self._minor}.*-local/_definitions.json")):
                held = orjson.loads(path.read_bytes())
                found: dict[str, Object] = held.get("$defs") or held.get("definitions") or {}
                return found
        return {}

    def complete(self, document: Object) -> Object:
        """The document with all descriptions that there are; what needs none is shared."""
        found = with_phrases(document)
        known = self._definitions
        if not known:
            return found
        if "components" in found:
            schemas = found["components"].get("schemas", {})
            described = {
                n: _described(s, known.get(n) or self._of_custom(s), nest=True)
                for n, s in schemas.items()
            }
            found["components"] = {**found["components"], "schemas": described}
        elif "definitions" in found:
            found["definitions"] = {
                n: _described(s, known.get(n) or self._of_custom(s), nest=False)
                for n, s in found["definitions"].items()
            }
        return found

    def _of_custom(self, schema: Object) -> Object | None:
        """What custom kinds share with all others: words about their type and metadata."""
        if _TYPE not in schema or "metadata" not in schema.get("properties", {}):
            return None
        like = "PodList" if "items" in schema["properties"] else "Pod"
        prose = self._definitions.get(f"io.k8s.api.core.v1.{like}", {}).get("properties", {})
        return {
            "properties": {n: prose[n] for n in ("apiVersion", "kind", "metadata") if n in prose}
        }


def _described(schema: Object, known: Object | None, *, nest: bool) -> Object:
    """A schema with its own description and those of its fields.

    `nest`: a field that is a bare reference gets it wrapped in `allOf`, as OpenAPI v3 wants it.
    """
    if known is None:
        return schema
    made = dict(schema)
    if "description" in known:
        made = {"description": known["description"], **schema}
    prose = known.get("properties", {})
    if "properties" in schema and prose:
        made["properties"] = {
            name: _field(held, prose.get(name, {}).get("description"), nest)
            for name, held in schema["properties"].items()
        }
    return made


def _field(schema: Object, description: str | None, nest: bool) -> Object:
    if description is None:
        return schema
    if nest and "$ref" in schema:
        return {"allOf": [schema], "description": description}
    return {"description": description, **schema}


def with_phrases(document: Object) -> Object:
    """The document with a description for each answer; parts that need none are shared."""
    paths = {path: _item(item) for path, item in document.get("paths", {}).items()}
    return {**document, "paths": paths}


def _item(item: Object) -> Object:
    return {
        name: {**held, "responses": _responses(held["responses"])}
        if isinstance(held, dict) and "responses" in held
        else held
        for name, held in item.items()
    }


def _responses(responses: Object) -> Object:
    return {
        code: held
        if "description" in held or "$ref" in held
        else {"description": HTTPStatus(int(code)).phrase if code.isdigit() else "", **held}
        for code, held in responses.items()
    }
