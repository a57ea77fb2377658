"""What pods say about claims: templates of volume claims, references to resource claims.

Upstream: pkg/apis/core/validation ValidatePersistentVolumeClaimTemplate,
ValidatePersistentVolumeClaimSpec, validatePodResourceClaims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.internal import RESOURCE_CLAIM, internal
from fakek8s.kinds.shared.podtemplate.resources import quantity_rules
from fakek8s.kinds.shared.podtemplate.selectors import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, forbidden, invalid, not_supported, required
from fakek8s.machinery.meta import annotation_rules, label_rules
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import POSITIVE, subdomain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"
_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
#: Metadata in the order of Go's fields, which is that of the errors.
_METADATA = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
_GO_METADATA = {"uid": "uID"}
#: What zero sets too.
_POINTERS = frozenset({"deletionGracePeriodSeconds"})


def claim_template_rules(template: Object, path: str) -> Iterator[FieldError]:
    """ValidatePersistentVolumeClaimTemplate."""
    yield from template_metadata_rules(template.get("metadata") or {}, f"{path}.metadata")
    yield from claim_spec_rules(template.get("spec") or {}, f"{path}.spec")


def template_metadata_rules(metadata: Object, path: str) -> Iterator[FieldError]:
    """Metadata that claims are made with: labels and annotations, nothing else."""
    yield from annotation_rules(metadata.get("annotations"), f"{path}.annotations")
    yield from label_rules(metadata.get("labels"), f"{path}.labels")
    for name in _METADATA:
        if metadata.get(name) or (name in _POINTERS and metadata.get(name) is not None):
            yield forbidden(f"{path}.{_GO_METADATA.get(name, name)}", "cannot be set")


def claim_spec_rules(
    spec: Object, path: str, *, any_selector_value: bool = False, any_api_group: bool = False
) -> Iterator[FieldError]:
    """ValidatePersistentVolumeClaimSpec."""
    modes = spec.get("accessModes") or ()
    where = f"{path}.accessModes"
    if not modes:
        yield required(where, "at least 1 access mode is required")
    selector = spec.get("selector")
    yield from label_selector_rules(selector, f"{path}.selector", any_value=any_selector_value)
    yield from access_mode_rules(modes, where)
    yield from _storage_rules(spec, f"{path}.resources[storage]")
    yield from subdomain(spec.get("storageClassName"), f"{path}.storageClassName")
    mode = spec.get("volumeMode")
    if mode is not None and mode not in ("Block", "Filesystem"):
        yield not_supported(f"{path}.volumeMode", mode, ("Block", "Filesystem"))
    yield from _data_source_rules(spec, path, any_api_group)
    yield from subdomain(spec.get("volumeAttributesClassName"), f"{path}.volumeAttributesClassName")


def access_mode_rules(modes: Collection[str], path: str) -> Iterator[FieldError]:
    """Known modes, ReadWriteOncePod alone; claims and volumes must have one."""
    known = set(modes) & set(_ACCESS_MODES)
    for mode in modes:
        if mode not in known:
            yield not_supported(path, mode, _ACCESS_MODES)
    if "ReadWriteOncePod" in known and len(known) > 1:
        yield forbidden(path, "may not use ReadWriteOncePod with other access modes")


def _storage_rules(spec: Object, path: str) -> Iterator[FieldError]:
    text = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if text is None:
        yield required(path)
    elif parse(text).sign() <= 0:
        yield invalid(path, text, POSITIVE)
    else:
        yield from quantity_rules("storage", text, path)


def _data_source_rules(spec: Object, path: str, any_api_group: bool) -> Iterator[FieldError]:
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    for field, value in (("dataSource", source), ("dataSourceRef", reference)):
        if value is not None:
            yield from _reference_rules(value, f"{path}.{field}", any_api_group)
    if source is None or reference is None:
        return
    # Upstream passes the path itself as the bad value, and it prints as an empty struct.
    if reference.get("namespace"):
        detail = "may not be specified when dataSourceRef.namespace is specified"
        yield invalid(path, {}, detail)
    elif any(source.get(name) != reference.get(name) for name in ("apiGroup", "kind", "name")):
        yield invalid(path, {}, "must match dataSourceRef")


def _reference_rules(reference: Object, path: str, any_api_group: bool) -> Iterator[FieldError]:
    """validateDataSource and validateDataSourceRef."""
    kind, group = reference.get("kind", ""), reference.get("apiGroup") or ""
    if not reference.get("name"):
        yield required(f"{path}.name")
    if not kind:
        yield required(f"{path}.kind")
    if not group and kind != "PersistentVolumeClaim":
        detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        yield invalid(path, kind, detail)
    if group and not any_api_group:
        for message in names.is_dns1123_subdomain(group):
            yield invalid(f"{path}.apiGroup", group, message)
    if namespace := reference.get("namespace"):
        for message in names.is_dns1123_label(namespace):
            yield invalid(f"{path}.namespace", namespace, message)


def resource_claim_rules(
    claims: list[Object], metadata: Object | None, path: str
) -> Iterator[FieldError]:
    """validatePodResourceClaims; `metadata` is None in templates."""
    seen: set[str] = set()
    static = metadata is not None and MIRROR in (metadata.get("annotations") or {})
    for number, claim in enumerate(claims):
        if static:
            yield forbidden("[]", "static pods do not support resource claims")
        else:
            yield from _resource_claim_rules(claim, f"{path}[{number}]", seen)


def _resource_claim_rules(claim: Object, path: str, seen: set[str]) -> Iterator[FieldError]:
    name = claim.get("name", "")
    if not name:
        yield required(f"{path}.name")
    elif name in seen:
        yield duplicate(f"{path}.name", name)
    else:
        for message in names.is_dns1123_label(name):
            yield invalid(f"{path}.name", name, message)
        seen.add(name)
    fields = ("resourceClaimName", "resourceClaimTemplateName")
    given = [field for field in fields if claim.get(field) is not None]
    if len(given) == 2:
        yield invalid(
            path,
            internal(claim, RESOURCE_CLAIM),
            "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
        )
    if not given:
        yield invalid(
            path,
            internal(claim, RESOURCE_CLAIM),
            "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
        )
    for field in given:
        for message in names.is_dns1123_subdomain(claim[field]):
            yield invalid(f"{path}.{field}", claim[field], message)
