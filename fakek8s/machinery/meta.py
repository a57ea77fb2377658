"""Object metadata: how it is read, stamped and checked, whatever the kind.

The checks are those of k8s.io/apimachinery/pkg/api/validation/objectmeta.go, in its order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    FieldError,
    child,
    forbidden,
    index,
    invalid,
    not_supported,
    required,
    too_long,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Object = dict[str, Any]

IMMUTABLE = "field is immutable"
ANNOTATION_LIMIT = 256 * 1024  # bytes, keys and values together
FIELD_MANAGER_LIMIT = 128
SUBRESOURCE_LIMIT = 256
#: The most bytes of a character in UTF-8.
_WIDEST = 4
ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
#: What the server alone sets on a new object (rest.WipeObjectMetaSystemFields).
_SYSTEM = frozenset(
    (
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    )
)


def key_of(namespace: str, name: str) -> str:
    """The store's name key: `ns/name`, or `name` outside namespaces."""
    return f"{namespace}/{name}" if namespace else name


def stamped(obj: Object, resource_version: str) -> Object:
    """The object under another resourceVersion; shares everything but its metadata."""
    metadata = dict(obj["metadata"])
    metadata["resourceVersion"] = resource_version
    return {**obj, "metadata": metadata}


def wipe_system_fields(metadata: Object) -> None:
    """Removes what only the server sets, in place (rest.WipeObjectMetaSystemFields)."""
    if not _SYSTEM.isdisjoint(metadata):
        for name in _SYSTEM.intersection(metadata):
            del metadata[name]


def dedupe_owners(metadata: Object) -> list[str]:
    """Drops repeated owner references in place; the uids that stood there twice, once each.

    Upstream: handlers.dedupOwnerReferences (equal as whole references).
    """
    owners = metadata.get("ownerReferences")
    if not owners or len(owners) < 2:
        return []
    kept: list[Object] = []
    repeated: list[str] = []
    for owner in owners:
        if owner in kept:
            if owner.get("uid", "") not in repeated:
                repeated.append(owner.get("uid", ""))
        else:
            kept.append(owner)
    if repeated:
        metadata["ownerReferences"] = kept
    return repeated


def label_rules(labels: Object | None, path: str) -> Iterator[FieldError]:
    """ValidateLabels."""
    if not labels or _are_labels(labels):
        return
    for key, value in labels.items():
        for message in names.is_qualified_name(key):
            yield invalid(path, key, message)
        for message in names.is_label_value(value):
            yield invalid(path, value, message)


def _are_labels(labels: Object) -> bool:
    return all(map(_is_label, labels, labels.values()))


@lru_cache(maxsize=4096)
def _is_label(key: str, value: str) -> bool:
    """Whether a label is valid; few of them are all that a cluster sees, again and again."""
    return not names.is_qualified_name(key) and not names.is_label_value(value)


def annotation_rules(annotations: Object | None, path: str) -> Iterator[FieldError]:
    """ValidateAnnotations."""
    if not annotations:
        return
    size = 0
    for key, value in annotations.items():
        size += len(key.encode()) + len(value.encode())
        for message in names.is_qualified_name(key.lower()):
            yield invalid(path, key, message)
    if size > ANNOTATION_LIMIT:
        yield too_long(path, ANNOTATION_LIMIT)


def owner_rules(owners: list[Object] | None, path: str) -> Iterator[FieldError]:
    """ValidateOwnerReferences."""
    controller = ""
    for number, owner in enumerate(owners or ()):
        yield from _owner_rules(owner, index(path, number))
        if owner.get("controller"):
            found = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                yield invalid(
                    path,
                    owners,
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {found}',
                )
            else:
                controller = found


def _owner_rules(owner: Object, path: str) -> Iterator[FieldError]:
    api_version = owner.get("apiVersion", "")
    if not api_version:
        yield required(child(path, "apiVersion"), "must not be empty")
    elif api_version.count("/") > 1 or not api_version.rpartition("/")[2]:
        yield invalid(
            child(path, "apiVersion"), api_version, "must be <group>/<version> or <version>"
        )
    for name in ("kind", "name", "uid"):
        if not owner.get(name):
            yield required(child(path, name), "must not be empty")
    if api_version == "v1" and owner.get("kind") == "Event":
        yield invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")


def finalizer_rules(finalizers: list[str] | None, path: str) -> Iterator[FieldError]:
    """ValidateFinalizers."""
    for name in finalizers or ():
        for message in names.is_qualified_name(name):
            yield invalid(path, name, message)
    if finalizers and ORPHAN in finalizers and FOREGROUND in finalizers:
        yield invalid(path, finalizers, f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set")


def field_manager_rules(manager: str, path: str) -> Iterator[FieldError]:
    """ValidateFieldManager."""
    if _is_manager(manager):
        return
    if len(manager.encode()) > FIELD_MANAGER_LIMIT:
        yield too_long(path, FIELD_MANAGER_LIMIT)
    position = 0
    for char in manager:
        if not char.isprintable():
            shown = f"U+{ord(char):04X}"
            yield invalid(path, manager, f"invalid character {shown} (at position {position})")
        position += len(char.encode())


def _is_manager(name: str) -> bool:
    return len(name) <= FIELD_MANAGER_LIMIT and name.isascii() and name.isprintable()


def managed_fields_rules(entries: list[Object] | None, path: str) -> Iterator[FieldError]:
    """ValidateManagedFields."""
    for number, entry in enumerate(entries or ()):
        where = index(path, number)
        operation = entry.get("operation", "")
        if not operation:
            yield required(child(where, "operation"), "must not be empty")
        elif operation not in ("Apply", "Update"):
            yield not_supported(child(where, "operation"), operation, ("Apply", "Update"))
        fields_type = entry.get("fieldsType", "")
        if fields_type and fields_type != "FieldsV1":
            yield invalid(child(where, "fieldsType"), fields_type, "must be `FieldsV1`")
        yield from field_manager_rules(entry.get("manager", ""), child(where, "manager"))
        if len(entry.get("subresource", "").encode()) > SUBRESOURCE_LIMIT:
            yield too_long(child(where, "subresource"), SUBRESOURCE_LIMIT)


def _are_managed_fields(entries: list[Object]) -> bool:
    """Whether entries are surely valid, as all are that the server makes."""
    for entry in entries:
        if not (
            entry.get("operation") in ("Apply", "Update")
            and entry.get("fieldsType") == "FieldsV1"
            and _is_manager(entry.get("manager", ""))
            and len(entry.get("subresource", "")) <= SUBRESOURCE_LIMIT // _WIDEST
        ):
            return False
    return True


@lru_cache(maxsize=1024)
def _is_namespace(name: str) -> bool:
    return not names.is_dns1123_label(name)


def path_name(name: str, prefix: bool) -> list[str]:
    """A NameRule: names only have to fit in a path (validatePathSegment)."""
    return names.is_path_segment_prefix(name) if prefix else names.is_path_segment_name(name)


def object_meta_rules(
    metadata: Object, path: str, namespaced: bool, name_rule: Callable[[str, bool], Iterable[str]]
) -> Iterator[FieldError]:
    """ValidateObjectMeta: a new object's metadata, or a template's."""
    generate_name = metadata.get("generateName", "")
    if generate_name:
        for message in name_rule(generate_name, True):
            yield invalid(child(path, "generateName"), generate_name, message)
    name = metadata.get("name", "")
    if not name:
        yield required(child(path, "name"), "name or generateName is required")
    else:
        for message in name_rule(name, False):
            yield invalid(child(path, "name"), name, message)
    namespace = metadata.get("namespace", "")
    if namespaced:
        if not namespace:
            yield required(child(path, "namespace"))
        elif not _is_namespace(namespace):
            for message in names.is_dns1123_label(namespace):
                yield invalid(child(path, "namespace"), namespace, message)
    elif namespace:
        yield forbidden(child(path, "namespace"), "not allowed on this type")
    if metadata.get("generation", 0) < 0:
        yield invalid(
            child(path, "generation"),
            metadata["generation"],
            "must be greater than or equal to 0",
        )
    for field, is_plain, rules in _META_RULES:
        value = metadata.get(field)
        if value and not is_plain(value):
            yield from rules(value, child(path, field))


#: What is checked of each field, and whether a value is so plain that nothing can be found.
_META_RULES: tuple[
    tuple[str, Callable[[Any], bool], Callable[[Any, str], Iterator[FieldError]]], ...
] = (
    ("labels", _are_labels, label_rules),
    ("annotations", lambda value: False, annotation_rules),
    ("ownerReferences", lambda value: False, owner_rules),
    ("finalizers", lambda value: False, finalizer_rules),
    ("managedFields", _are_managed_fields, managed_fields_rules),
)
_IMMUTABLE_FIELDS = (
    ("name", ""),
    ("namespace", ""),
    ("uid", ""),
    ("creationTimestamp", None),
    ("deletionTimestamp", None),
    ("deletionGracePeriodSeconds", None),
)


def object_meta_update_rules(new: Object, old: Object, path: str) -> Iterator[FieldError]:
    """ValidateObjectMetaUpdate: what an update may not change in metadata."""
    if old.get("deletionTimestamp"):
        known = set(old.get("finalizers") or ())
        extra = sorted({name for name in new.get("finalizers") or () if name not in known})
        if extra:
            shown = ", ".join(f'"{name}"' for name in extra)
            yield forbidden(
                child(path, "finalizers"),
                "no new finalizers can be added if the object is being deleted, "
                f"found new finalizers []string{{{shown}}}",
            )
    if not new.get("resourceVersion"):
        yield invalid(child(path, "resourceVersion"), "", "must be specified for an update")
    generation = new.get("generation", 0)
    if generation < 0:
        yield invalid(child(path, "generation"), generation, "must be greater than or equal to 0")
    if generation < old.get("generation", 0):
        yield invalid(child(path, "generation"), generation, "must not be decremented")
    for name, zero in _IMMUTABLE_FIELDS:
        if new.get(name, zero) != old.get(name, zero):
            yield invalid(child(path, name), new.get(name, zero), IMMUTABLE)
    yield from label_rules(new.get("labels"), child(path, "labels"))
    yield from annotation_rules(new.get("annotations"), child(path, "annotations"))
    yield from owner_rules(new.get("ownerReferences"), child(path, "ownerReferences"))
    yield from managed_fields_rules(new.get("managedFields"), child(path, "managedFields"))
