"""The OpenAPI schemas that a CRD's version is published with: v3 in full, v2 for kubectl.

Only schemas; documents and paths are the API's. The descriptions of apiVersion, kind and metadata
are left to whoever has them. Upstream: apiextensions pkg/controller/openapi (builder, v2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.structural.check_structural import conversion_error, structural_errors
from fakek8s.machinery.structural.walk import has_invalid_types

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["definitions_v2", "definitions_v3", "model_name"]

Object = dict[str, Any]

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_ANY_OF: Final = ({"type": "integer"}, {"type": "string"})
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf", "not")
_CONVENTIONS: Final = (
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
)


def model_name(group: str, version: str, kind: str) -> str:
    """`com.example.v1.Boat`, the name of the schema in a document."""
    return ".".join((*reversed(group.split(".")), version, kind))


def definitions_v3(crd: Object, version: str) -> dict[str, Object]:
    """The schemas of the kind and of its list, by name, for `components.schemas`."""
    schema = _structural(crd, version)
    made: Object = {"type": "object"}
    if schema is not None:
        made = _of_object(_mapped(schema, _unfolded), "allOf")
    return _named(crd, version, made, "allOf")


def definitions_v2(crd: Object, version: str) -> dict[str, Object]:
    """The same for `definitions` of the Swagger document.

    What kubectl would misread is left out: junctors, nullable, and the fields beside unknown ones.
    """
    schema = _structural(crd, version)
    made: Object = {"type": "object"}
    if schema is not None and not schema.get(_PRESERVE) and not _keeps_unknown(crd):
        made = _of_object(_mapped(schema, _simplified), "$ref")
    return _named(crd, version, made, "$ref")


def _keeps_unknown(crd: Object) -> bool:
    return bool(crd["spec"].get("preserveUnknownFields"))


def _version(crd: Object, name: str) -> Object:
    return next(v for v in crd["spec"]["versions"] if v["name"] == name)


def _structural(crd: Object, version: str) -> Object | None:
    schema: Object | None = (_version(crd, version).get("schema") or {}).get("openAPIV3Schema")
    if schema is None or has_invalid_types(schema):
        return None
    if conversion_error(schema) or structural_errors(schema, ""):
        return None
    return schema


def _mapped(schema: Object, change: Callable[[Object], Object]) -> Object:
    """The schema with every structural place changed, outer ones first. Value validations stay."""
    made = change(dict(schema))
    properties = made.get("properties")
    if properties:
        made["properties"] = {name: _mapped(below, change) for name, below in properties.items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = _mapped(made[name], change)
    return made


def _unfolded(schema: Object) -> Object:
    """int-or-string says by anyOf what it means (Structural.Unfold)."""
    if not schema.get(_INT_OR_STRING):
        return schema
    any_of, all_of = schema.get("anyOf"), schema.get("allOf") or []
    both = [dict(kind) for kind in _ANY_OF]
    if any_of == both or (all_of and all_of[0].get("anyOf") == both):
        return schema
    if any_of is None:
        return {**schema, "anyOf": both}
    return {**schema, "allOf": [{"anyOf": both}, *all_of]}


def _simplified(schema: Object) -> Object:
    """ToStructuralOpenAPIV2."""
    made = {name: value for name, value in schema.items() if name not in _JUNCTORS}
    made.pop("default", None)
    if made.pop("nullable", False):
        for name in ("type", "items", "properties"):
            made.pop(name, None)
    if made.get(_PRESERVE):
        for name in ("items", "properties"):
            made.pop(name, None)
    kind = made.get("type")
    if (kind == "array" and "items" not in made) or (kind == "object" and made.get(_PRESERVE)):
        del made["type"]
    nullable = {name for name, b in (made.get("properties") or {}).items() if b.get("nullable")}
    others = made.get("additionalProperties")
    required = [name for name in made.pop("required", ()) if name not in nullable]
    if required and not (isinstance(others, dict) and others.get("nullable")):
        made["required"] = required
    return made


def _reference(name: str, form: str) -> Object:
    if form == "$ref":
        return {"$ref": f"#/definitions/{_META}{name}"}
    return {"allOf": [{"$ref": f"#/components/schemas/{_META}{name}"}]}


def _with_type(properties: Object, metadata: Object) -> Object:
    return {
        **properties,
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": metadata,
    }


def _of_object(schema: Object, form: str) -> Object:
    metadata = _reference("ObjectMeta", form)
    properties = _with_type(schema.get("properties") or {}, metadata)
    return _embedded({**schema, "properties": properties}, form)


def _embedded(schema: Object, form: str) -> Object:
    """Embedded objects say what they are, but for v2 where unknown fields are kept."""
    made = dict(schema)
    if made.get("properties"):
        made["properties"] = {n: _embedded(b, form) for n, b in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = _embedded(made[name], form)
    if not made.get(_EMBEDDED) or (form == "$ref" and made.get(_PRESERVE)):
        return made
    metadata = _reference("ObjectMeta", form)
    made["properties"] = _with_type(made.get("properties") or {}, metadata)
    required = made.get("required") or []
    made["required"] = [*required, *(n for n in ("kind", "apiVersion") if n not in required)]
    return made


def _named(crd: Object, version: str, schema: Object, form: str) -> dict[str, Object]:
    spec = crd["spec"]
    group, names = spec["group"], spec["names"]
    kind, list_kind = names["kind"], names["listKind"]
    selectable = [
        {"fieldPath": field["jsonPath"].removeprefix(".")}
        for field in _version(crd, version).get("selectableFields") or ()
    ]
    name = model_name(group, version, kind)
    root = "#/definitions/" if form == "$ref" else "#/components/schemas/"
    items = {
        "description": f"List of {names['plural']}. More info: {_CONVENTIONS}",
        "type": "array",
        "items": {"$ref": root + name},
    }
    listed = {
        "description": f"{list_kind} is a list of {kind}",
        "type": "object",
        "required": ["items"],
        "properties": _with_type({"items": items}, _reference("ListMeta", form)),
    }
    made: dict[str, Object] = {}
    for what, held in ((kind, schema), (list_kind, listed)):
        of = {"group": group, "kind": what, "version": version}
        full = {**held, "x-kubernetes-group-version-kind": [of]}
        if selectable:
            full["x-kubernetes-selectable-fields"] = selectable
        made[model_name(group, version, what)] = full
    return made
