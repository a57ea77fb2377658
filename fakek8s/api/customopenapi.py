"""OpenAPI v3 documents of custom kinds, made from their schemas.

They hold what clients read: schemas with their group, version and kind, and the operations with
the query parameters that kubectl looks for. Source: apiextensions-apiserver
pkg/controller/openapi/builder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.kind import Kind

Object = dict[str, Any]

_META: Final = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1."
_ANYTHING: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_WRITE_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation")
_LIST_PARAMETERS: Final = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_TYPES: Final = {
    "allowWatchBookmarks": "boolean",
    "sendInitialEvents": "boolean",
    "watch": "boolean",
    "force": "boolean",
    "limit": "integer",
    "timeoutSeconds": "integer",
}
#: HTTP method -> (upstream's x-kubernetes-action, what its operation id begins with).
_NAMED: Final = {
    "get": ("get", "read"),
    "put": ("put", "replace"),
    "patch": ("patch", "patch"),
    "delete": ("delete", "delete"),
}
_COLLECTION: Final = {
    "get": ("list", "list"),
    "post": ("post", "create"),
    "delete": ("deletecollection", "deleteCollection"),
}
_PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
)


def document_of(kinds: Sequence[Kind], version: str) -> Object:
    """The document of the kinds of one group and version."""
    paths: Object = {}
    schemas: Object = {
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.Status": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": {"type": "object"},
    }
    for kind in kinds:
        schemas[_name(kind)] = _schema(kind)
        schemas[_name(kind) + "List"] = _list_schema(kind)
        paths |= _paths(kind)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes CRD Swagger", "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _name(kind: Kind) -> str:
    """`com.example.v1.Boat`."""
    return ".".join((*reversed(kind.group.split(".")), kind.version, kind.kind))


def _type(kind: Kind) -> Object:
    return {"group": kind.group, "kind": kind.kind, "version": kind.version}


def _schema(kind: Kind) -> Object:
    held = getattr(kind.shape, "openapi", None)
    given: Object = held if isinstance(held, dict) else _ANYTHING
    found = dict(given)
    found["type"] = "object"
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        **given.get("properties", {}),
        "metadata": {"allOf": [{"$ref": _META + "ObjectMeta"}]},
    }
    found["properties"] = dict(sorted(properties.items()))
    found["x-kubernetes-group-version-kind"] = [_type(kind)]
    return found


def _list_schema(kind: Kind) -> Object:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "items": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{_name(kind)}"},
            },
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": _META + "ListMeta"}]},
        },
        "x-kubernetes-group-version-kind": [{**_type(kind), "kind": kind.list_kind}],
    }


def _parameter(name: str, place: str = "query") -> Object:
    made: Object = {
        "name": name,
        "in": place,
        "schema": {"type": _TYPES.get(name, "string"), "uniqueItems": True},
    }
    if place == "path":
        made["required"] = True
    return made


def _paths(kind: Kind) -> Object:
    root = f"/apis/{kind.group}/{kind.version}"
    where = f"{root}/namespaces/{{namespace}}" if kind.namespaced else root
    scope = "Namespaced" if kind.namespaced else ""
    outer = [_parameter("namespace", "path")] if kind.namespaced else []
    outer.append(_parameter("pretty"))
    named = [_parameter("name", "path"), *outer]
    item = f"{where}/{kind.plural}/{{name}}"
    found: Object = {
        f"{where}/{kind.plural}": _operations(kind, _COLLECTION, scope) | {"parameters": outer},
        item: _operations(kind, _NAMED, scope) | {"parameters": named},
    }
    if kind.namespaced:
        listing = _operations(kind, {"get": _COLLECTION["get"]}, "", "ForAllNamespaces")
        found[f"{root}/{kind.plural}"] = listing | {"parameters": [_parameter("pretty")]}
    for name in ("status", "scale"):
        if name in kind.subresources:
            methods = {m: _NAMED[m] for m in ("get", "put", "patch")}
            made = _operations(kind, methods, scope, name.capitalize())
            found[f"{item}/{name}"] = made | {"parameters": named}
    return found


def _operations(
    kind: Kind, methods: dict[str, tuple[str, str]], scope: str, suffix: str = ""
) -> Object:
    group = "".join(part.capitalize() for part in kind.group.split("."))
    own = f"#/components/schemas/{_name(kind)}"
    made: Object = {}
    for method, (action, prefix) in methods.items():
        listing = action in ("list", "deletecollection")
        verb = "list" if listing else action
        answer = own + "List" if verb == "list" else own
        if action in ("delete", "deletecollection"):
            answer = _META + "Status"
        operation: Object = {
            "operationId": f"{prefix}{group}{kind.version.capitalize()}{scope}{kind.kind}{suffix}",
            "parameters": [_parameter(name) for name in _parameters(action)],
            "responses": {"200": _content(answer, ("application/json", "application/yaml"))},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _type(kind),
        }
        if method in ("put", "post"):
            operation["requestBody"] = _content(own, ("application/json", "application/yaml"))
        elif method == "patch":
            operation["requestBody"] = _content(_META + "Patch", _PATCHES)
        elif method == "delete":
            operation["requestBody"] = _content(_META + "DeleteOptions", ("application/json",))
        made[method] = operation
    return made


def _parameters(action: str) -> tuple[str, ...]:
    if action in ("list", "deletecollection"):
        return _LIST_PARAMETERS
    if action == "patch":
        return (*_WRITE_PARAMETERS, "force")
    if action in ("post", "put"):
        return _WRITE_PARAMETERS
    if action == "delete":
        return ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")
    return ("resourceVersion",)


def _content(reference: str, types: Sequence[str]) -> Object:
    return {"content": {name: {"schema": {"$ref": reference}} for name in types}}
