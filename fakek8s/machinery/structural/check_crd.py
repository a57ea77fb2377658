"""CustomResourceDefinitions: every rule but those of their schemas, metadata and conversion.

Works on canonical v1 objects after defaulting; the engine adds the rules of object metadata.
Upstream: apiextensions pkg/apis/apiextensions/validation/validation.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    child,
    index,
    invalid,
    not_supported,
    required,
)
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.structural import conditions
from fakek8s.machinery.structural.check_conversion import (
    bundle_error,
    conversion_errors,
    has_accepted_review_version,
)
from fakek8s.machinery.structural.check_defaults import has_unpruned
from fakek8s.machinery.structural.check_lists import list_key_errors
from fakek8s.machinery.structural.check_names import names_errors, required_names
from fakek8s.machinery.structural.check_schema import (
    SchemaOptions,
    schema_errors,
)
from fakek8s.machinery.structural.check_structural import conversion_error, structural_errors
from fakek8s.machinery.structural.check_version import (
    MAX_SELECTABLE,
    column_errors,
    selectable_errors,
    subresource_errors,
    warning_errors,
)
from fakek8s.machinery.structural.failure import invalid_pointer
from fakek8s.machinery.structural.internal import InternalSpec, Version, to_internal, versions_shown
from fakek8s.machinery.structural.walk import (
    every,
    expressions,
    has_defaults,
    has_extensions,
    has_invalid_types,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.structural.rules import RuleCompiler, RuleEvaluators
    from fakek8s.machinery.wire.types import WireType

__all__ = ["check_create", "check_status_update", "check_update"]

Object = dict[str, Any]

_ANNOTATION: Final = f"metadata.annotations[{conditions.APPROVAL_ANNOTATION}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What is asked; an update asks less where the old object was already wrong."""

    schema: SchemaOptions
    openapi_schema: bool = True
    accepted_review: bool = True
    any_bundle: bool = True
    unchanged_schemas: frozenset[str] = frozenset()
    many_selectable: frozenset[str] = frozenset()


def check_create(
    crd: Object,
    object_meta: WireType,
    *,
    compiler: RuleCompiler | None = None,
    evaluators: RuleEvaluators | None = None,
) -> list[FieldError]:
    """The causes of a new CRD (ValidateCustomResourceDefinition), and that of its name."""
    schema = SchemaOptions(object_meta=object_meta, compiler=compiler, evaluators=evaluators)
    spec = to_internal(crd["spec"])
    return [
        *_name_errors(crd["metadata"], spec),
        *_spec_errors(spec, _Options(schema=schema)),
        *_whole_errors(crd, None, spec),
    ]


def check_update(
    crd: Object,
    old: Object,
    object_meta: WireType,
    *,
    compiler: RuleCompiler | None = None,
    evaluators: RuleEvaluators | None = None,
) -> list[FieldError]:
    """The causes of an update of a CRD's spec (ValidateCustomResourceDefinitionUpdate)."""
    spec, before = to_internal(crd["spec"]), to_internal(old["spec"])
    held = before.schemas()
    schema = SchemaOptions(
        object_meta=object_meta,
        compiler=compiler,
        evaluators=evaluators,
        valid_types=not any(map(has_invalid_types, held)),
        structural=not any(map(_is_loose, held)),
        pruned_defaults=not any(map(has_unpruned, held)),
        atomic_sets=not any(_is_loose_set(s) for root in held for s in every(root)),
        list_keys=not any(list_key_errors(s, "") for root in held for s in every(root)),
        known=frozenset().union(*map(expressions, held)),
    )
    is_established = conditions.is_true(old, "Established")
    conversion = old["spec"].get("conversion") or {}
    webhook = conversion.get("webhook") or {}
    old_bundle = (webhook.get("clientConfig") or {}).get("caBundle")
    options = _Options(
        schema=schema,
        openapi_schema=_all_have_schemas(before),
        accepted_review=has_accepted_review_version(webhook.get("conversionReviewVersions")),
        any_bundle=not is_established or bool(bundle_error(old_bundle)),
        unchanged_schemas=_unchanged(crd, old),
        many_selectable=_many_selectable(spec, before),
    )
    found = _spec_errors(spec, options)
    if is_established:
        found += _immutable(spec.scope, before.scope, "spec.scope")
        found += _immutable(
            spec.names.get("kind", ""), before.names.get("kind", ""), "spec.names.kind"
        )
    found += _immutable(spec.group, before.group, "spec.group")
    found += _immutable(
        spec.names.get("plural", ""), before.names.get("plural", ""), "spec.names.plural"
    )
    return [*found, *_whole_errors(crd, old, spec)]


def check_status_update(crd: Object) -> list[FieldError]:
    """The causes of an update by the status subresource."""
    accepted = (crd.get("status") or {}).get("acceptedNames") or {}
    return list(names_errors(accepted, "status.acceptedNames"))


def _immutable(new: Any, old: Any, path: str) -> list[FieldError]:
    return [] if new == old else [invalid(path, new, IMMUTABLE)]


def _name_errors(metadata: Object, spec: InternalSpec) -> Iterator[FieldError]:
    wanted = f"{spec.names.get('plural', '')}.{spec.group}"
    for field in ("generateName", "name"):
        name = metadata.get(field, "")
        if name and name != wanted:
            detail = 'must be spec.names.plural+"."+spec.group'
            yield invalid(child("metadata", field), name, detail)


def _whole_errors(crd: Object, old: Object | None, spec: InternalSpec) -> Iterator[FieldError]:
    yield from check_status_update(crd)
    stored = (crd.get("status") or {}).get("storedVersions")
    yield from _stored_errors(stored, spec.versions, "status.storedVersions")
    yield from _approval_errors(crd, old)
    held = bool(old and old["spec"].get("preserveUnknownFields"))
    if spec.preserve_unknown and not held:
        detail = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        yield invalid("spec.preserveUnknownFields", True, detail)


def _stored_errors(
    stored: list[str] | None, versions: list[Version], path: str
) -> Iterator[FieldError]:
    if not stored:
        yield invalid(path, stored, "must have at least one stored version")
        return
    left = {name: number for number, name in enumerate(stored)}
    for version in versions:
        if version.storage and version.name not in left:  # stored, or the second of that name
            yield invalid(path, stored, f"must have the storage version {version.name}")
        left.pop(version.name, None)
    for name, number in left.items():
        detail = (
            f"missing from spec.versions; {name} was previously a storage version, and must remain "
            f"in spec.versions until a storage migration ensures no data remains persisted in "
            f"{name} and removes {name} from status.storedVersions"
        )
        yield invalid(index(path, number), name, detail)


def _approval_errors(crd: Object, old: Object | None) -> Iterator[FieldError]:
    if not conditions.is_protected_group(crd["spec"].get("group", "")):
        return
    annotations = crd["metadata"].get("annotations")
    state, reason = conditions.approval(annotations)
    if old is not None and conditions.approval(old["metadata"].get("annotations"))[0] == state:
        return
    if state == "missing":
        yield required(_ANNOTATION, reason)
    elif state == "invalid":
        yield invalid(_ANNOTATION, annotations[conditions.APPROVAL_ANNOTATION], reason)


# --- what the old object excuses


def _is_loose(schema: Object) -> bool:
    return bool(conversion_error(schema)) or bool(structural_errors(schema, ""))


def _is_loose_set(s: Object) -> bool:
    items = s.get("items")
    if s.get("x-kubernetes-list-type") != "set" or not isinstance(items, dict):
        return False
    if items.get("type") == "array":
        return items.get("x-kubernetes-list-type") not in (None, "atomic")
    return items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic"


def _has_schema(validation: Object | None) -> bool:
    return validation is not None and validation.get("openAPIV3Schema") is not None


def _all_have_schemas(spec: InternalSpec) -> bool:
    return _has_schema(spec.validation) or all(_has_schema(v.schema) for v in spec.versions)


def _unchanged(crd: Object, old: Object) -> frozenset[str]:
    before = {v["name"]: v.get("schema") for v in old["spec"].get("versions") or ()}
    return frozenset(
        version["name"]
        for version in crd["spec"].get("versions") or ()
        if version["name"] in before and before[version["name"]] == version.get("schema")
    )


def _many_selectable(spec: InternalSpec, old: InternalSpec) -> frozenset[str]:
    allowed: set[str] = set()
    if len(old.selectable) > MAX_SELECTABLE and spec.selectable == old.selectable:
        allowed.add("")
    before = {version.name: version.selectable for version in old.versions}
    allowed |= {
        version.name
        for version in spec.versions
        if len(before.get(version.name, ())) > MAX_SELECTABLE
        and version.selectable == before[version.name]
    }
    return frozenset(allowed)


# --- the spec


def _spec_errors(spec: InternalSpec, options: _Options) -> list[FieldError]:
    found: list[FieldError] = []
    found += _group_errors(spec.group)
    if not spec.scope:
        found.append(required("spec.scope"))
    elif spec.scope not in ("Cluster", "Namespaced"):
        found.append(not_supported("spec.scope", spec.scope, ("Cluster", "Namespaced")))
    found += _missing_schemas(spec, options)
    defaults = any(map(has_defaults, spec.schemas()))
    if defaults and spec.preserve_unknown:
        detail = "must be false in order to use defaults in the schema"
        found.append(invalid("spec.preserveUnknownFields", True, detail))
    if not spec.preserve_unknown or defaults or any(map(has_extensions, spec.schemas())):
        options = replace(options, schema=replace(options.schema, structural=True))
    for number, version in enumerate(spec.versions):
        found += _version_errors(spec, version, index("spec.versions", number), options)
    found += _versions_errors(spec)
    found += required_names(spec.names, "spec.names")
    found += names_errors(spec.names, "spec.names")
    schema = replace(options.schema, ignore_cost=spec.version in options.unchanged_schemas)
    status = any(map(_has_status, (spec.subresources, *(v.subresources for v in spec.versions))))
    found += schema_errors(spec.validation, "spec.validation", schema, status=status)
    found += subresource_errors(spec.subresources, "spec.subresources")
    for number, column in enumerate(spec.columns):
        found += column_errors(column, index("spec.additionalPrinterColumns", number))
    if spec.selectable:
        found += selectable_errors(
            spec.selectable,
            spec.validation,
            "spec",
            many="" in options.many_selectable,
            absent="may only be set when validations.schema is included",
        )
    found += _conversion_errors(spec, options)
    return found


def _conversion_errors(spec: InternalSpec, options: _Options) -> Iterator[FieldError]:
    conversion = spec.raw.get("conversion")
    if conversion is not None and spec.preserve_unknown:
        strategy = conversion.get("strategy", "")
        if strategy != "None":
            detail = "must be None if spec.preserveUnknownFields is true"
            yield invalid("spec.conversion.strategy", strategy, detail)
    yield from conversion_errors(
        conversion,
        "spec.conversion",
        accepted_version=options.accepted_review,
        any_bundle=options.any_bundle,
    )


def _group_errors(group: str) -> Iterator[FieldError]:
    if not group:
        yield required("spec.group")
    elif errors := names.is_dns1123_subdomain(group):
        yield invalid("spec.group", group, ",".join(errors))
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")


def _missing_schemas(spec: InternalSpec, options: _Options) -> Iterator[FieldError]:
    if _has_schema(spec.validation):
        return
    for number, version in enumerate(spec.versions):
        if _has_schema(version.schema):
            continue
        where = child(index("spec.versions", number), "schema", "openAPIV3Schema")
        if options.openapi_schema:
            yield required(where)
        elif not spec.preserve_unknown and version.served:
            yield required(where, "because otherwise all fields are pruned")


def _has_status(subresources: Object | None) -> bool:
    return subresources is not None and subresources.get("status") is not None


def _version_errors(
    spec: InternalSpec, version: Version, path: str, options: _Options
) -> list[FieldError]:
    found: list[FieldError] = []
    if errors := names.is_dns1035_label(version.name):
        found.append(invalid(child(path, "name"), version.name, ",".join(errors)))
    warning = version.raw.get("deprecationWarning")
    if warning is not None:
        where = child(path, "deprecationWarning")
        deprecated = version.raw.get("deprecated", False)
        found += [
            invalid_pointer(where, warning, text) for text in warning_errors(warning, deprecated)
        ]
    own = any(v.subresources is not None for v in spec.versions)
    subresources = version.subresources if own else spec.subresources
    schema = replace(options.schema, ignore_cost=version.name in options.unchanged_schemas)
    where = child(path, "schema")
    found += schema_errors(version.schema, where, schema, status=_has_status(subresources))
    found += subresource_errors(version.subresources, child(path, "subresources"))
    for number, column in enumerate(version.columns):
        found += column_errors(column, index(child(path, "additionalPrinterColumns"), number))
    if version.selectable:
        found += selectable_errors(
            version.selectable,
            version.schema,
            path,
            many=version.name in options.many_selectable,
            absent="may only be set when `version.schema.openAPIV3Schema` is not included",
        )
    return found


def _versions_errors(spec: InternalSpec) -> Iterator[FieldError]:
    path = "spec.versions"
    distinct = {version.name for version in spec.versions}
    if len(distinct) != len(spec.versions):
        yield invalid(path, versions_shown(spec), "must contain unique version names")
    if sum(version.storage for version in spec.versions) != 1:
        detail = "must have exactly one version marked as storage version"
        yield invalid(path, versions_shown(spec), detail)
    if spec.version and (errors := names.is_dns1035_label(spec.version)):
        yield invalid("spec.version", spec.version, ",".join(errors))
