"""What the tests of structural schemas share: types, short spellings, recorded answers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fakek8s.facts import load_facts
from fakek8s.machinery.structural import crd as definition
from fakek8s.machinery.structural.resource import ResourceRules
from fakek8s.machinery.structural.schema import CompiledSchema
from fakek8s.machinery.wire.canonical import canonical
from fakek8s.machinery.wire.decode import decode_json
from fakek8s.machinery.wire.types import WireType, WireTypes

Object = dict[str, Any]
Causes = list[list[str]]

API_VERSION = "sea.example.com/v1"


@cache
def _types() -> WireTypes:
    return WireTypes(load_facts().gotypes)


def object_meta() -> WireType:
    found = _types().get("k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta")
    assert found is not None
    return found


def recorded(name: str) -> Any:
    """What a real server answered, from a file beside the tests."""
    return json.loads(Path(__file__).with_name(f"recorded_{name}.json").read_text())


def of_spec(properties: Object, **more: Any) -> Object:
    """The schema of an object with a spec of these fields."""
    spec = {"type": "object", "properties": properties, **more}
    return {"type": "object", "properties": {"spec": spec}}


def compiled(schema: Object) -> CompiledSchema:
    return CompiledSchema(schema, object_meta())


def rules(schema: Object, kind: str = "Boat", **more: Any) -> ResourceRules:
    return ResourceRules(compiled(schema), api_version=API_VERSION, kind=kind, **more)


def boat(spec: Any, **parts: Any) -> Object:
    metadata = {"name": "b"}
    return {"apiVersion": API_VERSION, "kind": "Boat", "metadata": metadata, "spec": spec, **parts}


def causes(errors: Any) -> Causes:
    """Causes as rows, sorted: upstream finds those of a map's fields in any order."""
    return sorted([error.reason, error.field, error.body] for error in errors)


def crd(schema: Object | None = None, /, **spec: Any) -> Object:
    """A CRD of boats with one version, as it is when rules look at it."""
    version: Object = {"name": "v1", "served": True, "storage": True}
    if schema is not None:
        version["schema"] = {"openAPIV3Schema": schema}
    version.update(spec.pop("version", {}))
    body = {
        "group": "sea.example.com",
        "names": {"plural": "boats", "kind": "Boat"},
        "scope": "Namespaced",
        "versions": [version],
        **spec,
    }
    name = f"{body['names']['plural']}.{body['group']}"
    return incoming({"metadata": {"name": name}, "spec": body})


def incoming(body: Object) -> Object:
    """A CRD decoded, defaulted and prepared."""
    wiretype = _types().of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    assert wiretype is not None
    full = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", **body}
    made = decode_json(json.dumps(full).encode(), wiretype).object
    definition.set_defaults(made)
    definition.prepare_create(made)
    return canonical(made, wiretype)
