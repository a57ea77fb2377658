"""OpenAPI documents of custom kinds, v2 and v3: their paths, and the schemas they refer to.

Upstream builds both from routes as those of built-in kinds. So the parameters that an action takes
are those that the release's own documents give it. Source: apiextensions-apiserver
pkg/controller/openapi/builder.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.structural.publish import definitions_v2, definitions_v3, model_name
from fakek8s.registry.custom import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fakek8s.facts import Facts
    from fakek8s.kind import Kind

__all__ = ["CustomDocuments"]

Object = dict[str, Any]

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_DELETE: Final = _META + "DeleteOptions"
_TYPE: Final = "x-kubernetes-group-version-kind"
#: Groups of the server's scheme that client-go's, which custom kinds get theirs from, lacks.
_SERVER_ONLY: Final = frozenset(
    ("admission.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "imagepolicy.k8s.io")
)
_SCALE: Final = "io.k8s.api.autoscaling.v1.Scale"
_PATTERN_GROUP: Final = "apis/apps/v1"
_PATTERN: Final = "/apis/apps/v1/namespaces/{namespace}/deployments"
_V2: Final = "#/definitions/"
_V3: Final = "#/components/schemas/"
_BODIES: Final = ("application/json", "application/yaml")
_PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
)
#: HTTP method -> (x-kubernetes-action, the verb that names and describes the operation).
_COLLECTION: Final = {
    "get": ("list", "list"),
    "post": ("post", "create"),
    "delete": ("deletecollection", "deletecollection"),
}
_NAMED: Final = {
    "get": ("get", "read"),
    "put": ("put", "replace"),
    "delete": ("delete", "delete"),
    "patch": ("patch", "patch"),
}
#: What answers beside 200 there are.
_ANSWERS: Final = {
    "post": {"201": "Created", "202": "Accepted"},
    "put": {"201": "Created"},
    "delete": {"202": "Accepted"},
}


class CustomDocuments:
    """Makes the documents of custom kinds for one release."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _v3(self) -> _Routes:
        return _Routes(self._facts.openapi_v3[_PATTERN_GROUP], _V3)

    @cached_property
    def _v2(self) -> _Routes:
        return _Routes(self._facts.openapi_v2, _V2)

    @cached_property
    def _delete_types(self) -> list[Object]:
        """The groups and versions that a DeleteOptions may name, all but the server's own."""
        types: list[Object] = self._facts.openapi_v2["definitions"][_DELETE][_TYPE]
        return [of for of in types if of["group"] not in _SERVER_ONLY]

    def v3(self, kinds: Sequence[Kind]) -> Object:
        """The document of the kinds of one group and version."""
        schemas: Object = {}
        for kind in kinds:
            version = _version(kind)
            schemas |= definitions_v3(version.resource.crd, kind.version)
        paths = {path: item for kind in kinds for path, item in self._v3.of(kind)}
        known: Object = self._facts.openapi_v3[_PATTERN_GROUP]["components"]["schemas"]
        found = {name: schemas.get(name) or known[name] for name in _reached(paths, schemas, known)}
        if _DELETE in found:
            found[_DELETE] = {**found[_DELETE], _TYPE: self._delete_types}
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": dict(sorted(found.items()))},
        }

    def v2(self, kind: Kind) -> Object:
        """What a kind adds to the one document of v2: `paths` and `definitions`."""
        version = _version(kind)
        return {
            "paths": dict(self._v2.of(kind)),
            "definitions": definitions_v2(version.resource.crd, kind.version),
        }


def _version(kind: Kind) -> Version:
    assert isinstance(kind.shape, Version)
    return kind.shape


def _reached(paths: Object, own: Object, known: Object) -> set[str]:
    """The names of the schemas that paths refer to, themselves or through others."""
    found: set[str] = set()
    waiting: list[Any] = [paths]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            name = value.get("$ref")
            if isinstance(name, str) and name.startswith(_V3):
                name = name.removeprefix(_V3)
                if name not in found:
                    found.add(name)
                    waiting.append(own.get(name) or known[name])
            waiting += value.values()
    return found


class _Routes:
    """The path items of custom kinds in one form of the document."""

    def __init__(self, document: Object, root: str) -> None:
        """root: what references to schemas begin with, which is also what tells the forms apart."""
        self._root = root
        self._shared: Object = document.get("parameters", {})
        collection, item = document["paths"][_PATTERN], document["paths"][_PATTERN + "/{name}"]
        self._path = {self._name(p): p for p in item["parameters"]}
        listing: list[Object] = collection["get"]["parameters"]
        self._query: dict[str, list[Object]] = {
            "list": listing,
            "deletecollection": listing,
            "get": [p for p in listing if self._name(p) == "resourceVersion"],
            "post": collection["post"]["parameters"],
            **{action: item[action]["parameters"] for action in ("put", "patch", "delete")},
        }

    def _name(self, parameter: Object) -> str:
        reference: str = parameter.get("$ref", "")
        held = self._shared[reference.rpartition("/")[2]] if reference else parameter
        return str(held["name"])

    def of(self, kind: Kind) -> Iterator[tuple[str, Object]]:
        """(path, item) of a kind's routes."""
        root = f"/apis/{kind.group}/{kind.version}"
        outer = [self._path["pretty"]]
        where = f"{root}/{kind.plural}"
        if kind.namespaced:
            operation = self._operation(kind, "list", "list", suffix="ForAllNamespaces")
            parameters = [*operation.pop("parameters"), *outer]
            yield where, {"get": operation, "parameters": sorted(parameters, key=self._name)}
            where = f"{root}/namespaces/{{namespace}}/{kind.plural}"
            outer = [self._path["namespace"], *outer]
        scope = "Namespaced" if kind.namespaced else ""
        yield where, self._item(kind, _COLLECTION, scope) | {"parameters": outer}
        named = [{**self._path["name"], "description": f"name of the {kind.kind}"}, *outer]
        yield f"{where}/{{name}}", self._item(kind, _NAMED, scope) | {"parameters": named}
        methods = {method: _NAMED[method] for method in ("get", "put", "patch")}
        for sub in ("status", "scale"):
            if sub in kind.subresources:
                item = self._item(kind, methods, scope, sub) | {"parameters": named}
                yield f"{where}/{{name}}/{sub}", item

    def _item(
        self, kind: Kind, methods: dict[str, tuple[str, str]], scope: str, sub: str = ""
    ) -> Object:
        return {
            method: self._operation(kind, action, verb, scope, sub)
            for method, (action, verb) in methods.items()
        }

    def _operation(
        self, kind: Kind, action: str, verb: str, scope: str = "", sub: str = "", suffix: str = ""
    ) -> Object:
        body = _SCALE if sub == "scale" else model_name(kind.group, kind.version, kind.kind)
        answer = body
        if action == "list":
            answer = model_name(kind.group, kind.version, kind.list_kind)
        elif action in ("delete", "deletecollection"):
            answer = _META + "Status"
        group = kind.group.removesuffix(".k8s.io")
        name, rest = ("delete", "Collection") if verb == "deletecollection" else (verb, "")
        versioned = f"{_camel(group, first=True)}{_camel(kind.version, first=True)}"
        parameters = self._query[action]
        operation: Object = {
            "tags": [f"{_camel(group)}_{_camel(kind.version)}"],
            "description": _description(kind.kind, verb, sub),
            "operationId": f"{name}{versioned}{rest}{scope}{kind.kind}{sub.title()}{suffix}",
        }
        if self._root == _V2:
            operation |= {
                "consumes": list(_PATCHES if action == "patch" else _BODIES),
                "produces": list(_BODIES),
                "schemes": ["https"],
            }
            own = {"schema": {"$ref": self._root + body}}
            parameters = [p | own if p.get("in") == "body" else p for p in parameters]
        operation["parameters"] = parameters
        if self._root == _V3:
            operation |= self._request(action, body)
        answers = {"200": "OK", **_ANSWERS.get(action, {})}
        described = {
            code: {"description": text, **self._content(answer)} for code, text in answers.items()
        }
        operation["responses"] = described | {"401": {"description": "Unauthorized"}}
        operation["x-kubernetes-action"] = action
        operation[_TYPE] = {
            "group": kind.group,
            "version": kind.version,
            "kind": kind.kind,
        }
        return operation

    def _content(self, name: str, types: Sequence[str] = _BODIES) -> Object:
        schema = {"schema": {"$ref": self._root + name}}
        return schema if self._root == _V2 else {"content": dict.fromkeys(types, schema)}

    def _request(self, action: str, body: str) -> Object:
        """The body that an action takes, which v2 has among its parameters."""
        if action in ("post", "put"):
            return {"requestBody": {**self._content(body), "required": True}}
        if action == "patch":
            patches = self._content(_META + "Patch", sorted(_PATCHES))
            return {"requestBody": {**patches, "required": True}}
        if action == "delete":
            return {"requestBody": self._content(_DELETE)}
        return {}


def _camel(text: str, *, first: bool = False) -> str:
    """`h5.example.com` -> `h5ExampleCom` (endpoints/openapi ToValidOperationID)."""
    made, capital = "", first
    for at, char in enumerate(text):
        if char.isalpha() or char == "_" or (at and char.isdigit()):
            made += char.upper() if capital else char
            capital = False
        else:
            capital = True
    return made


def _description(kind: str, verb: str, sub: str) -> str:
    of = f" {sub} of" if sub else ""
    if verb == "deletecollection":
        return f"delete collection of {kind}"
    if verb == "patch":
        return f"partially update{of} the specified {kind}"
    if verb == "list":
        return f"list objects of kind {kind}"
    if verb in ("read", "replace"):
        return f"{verb}{of} the specified {kind}"
    if kind.endswith("s") and not kind.endswith("ss"):  # taken for a plural, as upstream does
        return f"{verb} {kind}"
    return f"{verb} {'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
