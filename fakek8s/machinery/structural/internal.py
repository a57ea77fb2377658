"""A CustomResourceDefinition's spec as upstream validates it: what all versions share moves up.

Paths and values in messages are those of the internal type, which has no JSON tags: field names
are Go's. Upstream: apiextensions v1/conversion.go and pkg/apis/apiextensions/types*.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from fakek8s.machinery.structural.failure import shown

__all__ = ["InternalSpec", "Version", "schema_shown", "to_internal", "versions_shown"]

Object = dict[str, Any]


@dataclass(slots=True)
class Version:
    """One version. What is None or empty here may stand on the spec, for all versions."""

    raw: Object
    name: str
    served: bool
    storage: bool
    schema: Object | None = None  # {"openAPIV3Schema": ...}
    subresources: Object | None = None
    columns: list[Object] = field(default_factory=list)
    selectable: list[Object] = field(default_factory=list)


@dataclass(slots=True)
class InternalSpec:
    """The spec of the internal type; `version` is the first version's name.

    versions_set: `versions` is there, if only empty.
    """

    raw: Object
    group: str
    scope: str
    names: Object
    version: str
    versions: list[Version]
    versions_set: bool
    preserve_unknown: bool
    validation: Object | None = None
    subresources: Object | None = None
    columns: list[Object] = field(default_factory=list)
    selectable: list[Object] = field(default_factory=list)

    def schemas(self) -> list[Object]:
        """Every openAPIV3Schema there is, the shared one first."""
        holders = (self.validation, *(version.schema for version in self.versions))
        return [
            held["openAPIV3Schema"]
            for held in holders
            if held is not None and held.get("openAPIV3Schema") is not None
        ]


def to_internal(spec: Object) -> InternalSpec:
    """The internal form of `spec` (canonical v1)."""
    raw = spec.get("versions")
    versions = [
        Version(
            raw=version,
            name=version.get("name", ""),
            served=version.get("served", False),
            storage=version.get("storage", False),
            schema=version.get("schema"),
            subresources=version.get("subresources"),
            columns=version.get("additionalPrinterColumns") or [],
            selectable=version.get("selectableFields") or [],
        )
        for version in raw or ()
    ]
    made = InternalSpec(
        raw=spec,
        group=spec.get("group", ""),
        scope=spec.get("scope", ""),
        names=spec.get("names") or {},
        version=versions[0].name if versions else "",
        versions=versions,
        versions_set=raw is not None,
        preserve_unknown=bool(spec.get("preserveUnknownFields")),
    )
    if versions:
        _share(made)
    return made


def _share(spec: InternalSpec) -> None:
    first, others = spec.versions[0], spec.versions[1:]
    if all(v.schema == first.schema for v in others):
        spec.validation = first.schema
        for version in spec.versions:
            version.schema = None
    if all(v.subresources == first.subresources for v in others):
        spec.subresources = first.subresources
        for version in spec.versions:
            version.subresources = None
    if all(v.columns == first.columns for v in others):
        spec.columns = first.columns
        for version in spec.versions:
            version.columns = []
    if all(v.selectable == first.selectable for v in others):
        spec.selectable = first.selectable
        for version in spec.versions:
            version.selectable = []


def versions_shown(spec: InternalSpec) -> list[Object] | None:
    """`spec.versions` as a field error prints it."""
    if not spec.versions_set:
        return None
    return [
        {
            "Name": version.name,
            "Served": version.served,
            "Storage": version.storage,
            "Deprecated": version.raw.get("deprecated", False),
            "DeprecationWarning": version.raw.get("deprecationWarning"),
            "Schema": _validation_shown(version.schema),
            "Subresources": _subresources_shown(version.subresources),
            "AdditionalPrinterColumns": [_column_shown(c) for c in version.columns] or None,
            "SelectableFields": [{"JSONPath": f.get("jsonPath", "")} for f in version.selectable]
            or None,
        }
        for version in spec.versions
    ]


def _validation_shown(held: Object | None) -> Object | None:
    if held is None:
        return None
    schema = held.get("openAPIV3Schema")
    return {"OpenAPIV3Schema": None if schema is None else schema_shown(schema)}


def _subresources_shown(held: Object | None) -> Object | None:
    if held is None:
        return None
    scale = held.get("scale")
    return {
        "Status": held.get("status"),
        "Scale": None
        if scale is None
        else {
            "SpecReplicasPath": scale.get("specReplicasPath", ""),
            "StatusReplicasPath": scale.get("statusReplicasPath", ""),
            "LabelSelectorPath": scale.get("labelSelectorPath"),
        },
    }


def _column_shown(column: Object) -> Object:
    return {
        "Name": column.get("name", ""),
        "Type": column.get("type", ""),
        "Format": column.get("format", ""),
        "Description": column.get("description", ""),
        "Priority": column.get("priority", 0),
        "JSONPath": column.get("jsonPath", ""),
    }


def _one(value: Any) -> Any:
    return schema_shown(value)


def _many(value: Any) -> Any:
    return [schema_shown(below) for below in value]


def _named(value: Any) -> Any:
    return {name: schema_shown(value[name]) for name in sorted(value)}


def _or_bool(value: Any) -> Any:
    if isinstance(value, dict):
        return {"Allows": True, "Schema": schema_shown(value)}
    return {"Allows": value, "Schema": None}


def _or_array(value: Any) -> Any:
    if isinstance(value, dict):
        return {"Schema": schema_shown(value), "JSONSchemas": None}
    return {"Schema": None, "JSONSchemas": _many(value)}


def _dependencies(value: Any) -> Any:
    return {
        name: {"Schema": schema_shown(value[name]), "Property": None}
        if isinstance(value[name], dict)
        else {"Schema": None, "Property": value[name]}
        for name in sorted(value)
    }


def _docs(value: Any) -> Any:
    return {"Description": value.get("description", ""), "URL": value.get("url", "")}


def _rules(value: Any) -> Any:
    from fakek8s.machinery.structural.rules import rule_shown

    return [rule_shown(rule) for rule in value]


#: Go's field, the keyword, its zero value, how a value that is there is shown.
FIELDS: Final[tuple[tuple[str, str, Any, Any], ...]] = (
    ("ID", "id", "", None),
    ("Schema", "$schema", "", None),
    ("Ref", "$ref", None, None),
    ("Description", "description", "", None),
    ("Type", "type", "", None),
    ("Nullable", "nullable", False, None),
    ("Format", "format", "", None),
    ("Title", "title", "", None),
    ("Default", "default", None, shown),
    ("Maximum", "maximum", None, None),
    ("ExclusiveMaximum", "exclusiveMaximum", False, None),
    ("Minimum", "minimum", None, None),
    ("ExclusiveMinimum", "exclusiveMinimum", False, None),
    ("MaxLength", "maxLength", None, None),
    ("MinLength", "minLength", None, None),
    ("Pattern", "pattern", "", None),
    ("MaxItems", "maxItems", None, None),
    ("MinItems", "minItems", None, None),
    ("UniqueItems", "uniqueItems", False, None),
    ("MultipleOf", "multipleOf", None, None),
    ("Enum", "enum", None, shown),
    ("MaxProperties", "maxProperties", None, None),
    ("MinProperties", "minProperties", None, None),
    ("Required", "required", None, None),
    ("Items", "items", None, _or_array),
    ("AllOf", "allOf", None, _many),
    ("OneOf", "oneOf", None, _many),
    ("AnyOf", "anyOf", None, _many),
    ("Not", "not", None, _one),
    ("Properties", "properties", None, _named),
    ("AdditionalProperties", "additionalProperties", None, _or_bool),
    ("PatternProperties", "patternProperties", None, _named),
    ("Dependencies", "dependencies", None, _dependencies),
    ("AdditionalItems", "additionalItems", None, _or_bool),
    ("Definitions", "definitions", None, _named),
    ("ExternalDocs", "externalDocs", None, _docs),
    ("Example", "example", None, shown),
    ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", None, None),
    ("XEmbeddedResource", "x-kubernetes-embedded-resource", False, None),
    ("XIntOrString", "x-kubernetes-int-or-string", False, None),
    ("XListMapKeys", "x-kubernetes-list-map-keys", None, None),
    ("XListType", "x-kubernetes-list-type", None, None),
    ("XMapType", "x-kubernetes-map-type", None, None),
    ("XValidations", "x-kubernetes-validations", None, _rules),
)


def schema_shown(schema: Object) -> Object:
    """A JSONSchemaProps as a field error prints the internal type."""
    made: Object = {}
    for name, keyword, zero, show in FIELDS:
        value = schema.get(keyword)
        made[name] = zero if value is None else value if show is None else show(value)
    return made
