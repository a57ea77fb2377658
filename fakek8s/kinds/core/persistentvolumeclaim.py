"""PersistentVolumeClaims: a wish for storage, fixed once it is made but for its size.

Upstream: pkg/registry/core/persistentvolumeclaim, pkg/apis/core/validation
ValidatePersistentVolumeClaim*, pkg/api/persistentvolumeclaim,
pkg/printers/internalversion printPersistentVolumeClaim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.internalform import difference, internal_form
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.podtemplate.claims import claim_spec_rules
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.quantities import is_fractional, is_native, round_up_list
from fakek8s.kinds.shared.podtemplate.resources import quantity_rules
from fakek8s.kinds.shared.written import internal_as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported
from fakek8s.machinery.clone import clone
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
ACCESS_MODES = (
    ("ReadWriteOnce", "RWO"),
    ("ReadOnlyMany", "ROX"),
    ("ReadWriteMany", "RWX"),
    ("ReadWriteOncePod", "RWOP"),
)
_RESIZE_STATUSES = (
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizePending",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
)
_SNAPSHOT = ("VolumeSnapshot", "snapshot.storage.k8s.io")
_SIZE = "spec.resources.requests.storage"


def default_claim(obj: Object) -> None:
    """SetDefaults_PersistentVolumeClaim and its spec; also of a claim within another object."""
    status, spec = obj.setdefault("status", {}), obj.setdefault("spec", {})
    status["phase"] = status.get("phase") or "Pending"
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    resources = spec.get("resources") or {}
    for quantities in (
        resources.get("limits"),
        resources.get("requests"),
        status.get("capacity"),
        status.get("allocatedResources"),
    ):
        if quantities:
            round_up_list(quantities)


def new_status(obj: Object, op: Operation) -> None:
    """A new claim waits for its volume."""
    if op.old is None:
        obj["status"] = {"phase": "Pending"}


def normalize_sources(obj: Object, op: Operation) -> None:
    """dataSource and dataSourceRef say the same; what cannot be a source is dropped.

    DropDisabledFields, EnforceDataSourceBackwardsCompatibility, NormalizeDataSources.
    """
    spec = obj["spec"]
    old: Object = {} if op.old is None else op.old["spec"]
    reference = spec.get("dataSourceRef")
    if (
        reference is not None
        and reference.get("namespace")
        and not old.get("dataSourceRef")  # CrossNamespaceVolumeDataSource is off
    ):
        del spec["dataSourceRef"]
        reference = None
    in_use = old.get("dataSource") is not None or old.get("dataSourceRef") is not None
    source = spec.get("dataSource")
    if not in_use and reference is None and source is not None and not _is_source(source):
        del spec["dataSource"]
        source = None
    if source is not None and reference is None:
        spec["dataSourceRef"] = _fields_of(source)
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = _fields_of(reference)


def _is_source(source: Object) -> bool:
    """dataSourceIsPvcOrSnapshot."""
    found = source.get("kind", ""), source.get("apiGroup") or ""
    return found in (("PersistentVolumeClaim", ""), _SNAPSHOT)


def _fields_of(reference: Object) -> Object:
    return {
        name: reference[name]
        for name in ("apiGroup", "kind", "name")
        if reference.get(name) is not None
    }


def drop_disabled_status(obj: Object, op: Operation) -> None:
    """DropDisabledFieldsFromStatus: CSIVolumeHealth is off."""
    obj["status"].pop("healthStatus", None)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePersistentVolumeClaim and ValidatePersistentVolumeClaimUpdate."""
    spec = obj["spec"]
    if op.old is None:
        yield from claim_spec_rules(spec, "spec")
        return
    old: Object = op.old["spec"]
    any_group = any(
        (old.get(name) or {}).get("apiGroup") is not None
        for name in ("dataSource", "dataSourceRef")
    )
    any_value = any(label_selector_rules(old.get("selector"), ""))
    yield from claim_spec_rules(spec, "spec", any_selector_value=any_value, any_api_group=any_group)
    yield from _update_rules(obj, op.old, op)


def _update_rules(obj: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    new_spec, old_spec = clone(obj["spec"]), clone(old["spec"])
    annotations: Object = obj["metadata"].get("annotations") or {}
    old_annotations: Object = old["metadata"].get("annotations") or {}
    if not old_spec.get("volumeName") and new_spec.get("volumeName"):
        old_spec["volumeName"] = new_spec["volumeName"]
    if _moved_from_annotation(annotations, old_annotations, new_spec, old_spec):
        del new_spec["storageClassName"]
    else:
        name, before = annotations.get(CLASS_ANNOTATION, ""), old_annotations.get(CLASS_ANNOTATION)
        if name != (before or ""):
            yield invalid(f"metadata.annotations.{CLASS_ANNOTATION}", name, IMMUTABLE)
        wanted = new_spec.get("storageClassName")
        unset = wanted is not None and old_spec.get("storageClassName") is None
        if unset and before in (None, wanted):
            del new_spec["storageClassName"]
    bound = obj["status"].get("phase") == "Bound"
    if bound:
        _copy_flexible(new_spec, old_spec)
    if not same(new_spec, old_spec):
        before_form = internal_form(old_spec, op.kind, "spec")
        text = difference(before_form, internal_as_written(new_spec, op, "spec"))
        detail = (
            "spec is immutable after creation except resources.requests and "
            f"volumeAttributesClassName for bound claims\n{text}"
        )
        yield forbidden("spec", detail)
    yield from _size_rules(obj["spec"], old)
    yield from immutable(obj["spec"].get("volumeMode"), old["spec"].get("volumeMode"), "volumeMode")
    yield from _attributes_class_rules(obj["spec"], old)


def _moved_from_annotation(
    annotations: Object, old_annotations: Object, spec: Object, old_spec: Object
) -> bool:
    """validateStorageClassUpgradeFromAnnotation."""
    before = old_annotations.get(CLASS_ANNOTATION)
    return (
        before is not None
        and old_spec.get("storageClassName") is None
        and spec.get("storageClassName") == before
        and annotations.get(CLASS_ANNOTATION, before) == before
    )


def _copy_flexible(spec: Object, old: Object) -> None:
    """What a bound claim may change counts as unchanged."""
    requests = (spec.get("resources") or {}).get("requests")
    if requests is not None:
        requests["storage"] = _storage(old)
    spec.pop("volumeAttributesClassName", None)
    if "volumeAttributesClassName" in old:
        spec["volumeAttributesClassName"] = old["volumeAttributesClassName"]


def _storage(spec: Object) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0"))


def _size_rules(spec: Object, old: Object) -> Iterator[FieldError]:
    """A claim shrinks no further than to what it has."""
    size, before = parse(_storage(spec)), parse(_storage(old["spec"]))
    given = parse((old["status"].get("capacity") or {}).get("storage", "0"))
    if size < before and size <= given:
        yield forbidden(_SIZE, "field can not be less than status.capacity")


def _attributes_class_rules(spec: Object, old: Object) -> Iterator[FieldError]:
    name, field = spec.get("volumeAttributesClassName"), "spec.volumeAttributesClassName"
    if name == old["spec"].get("volumeAttributesClassName"):
        return
    if old["status"].get("currentVolumeAttributesClassName") is None or name:
        return
    what = "nil" if name is None else "empty string"
    reason = "is forbidden when status.currentVolumeAttributesClassName is not nil"
    yield forbidden(field, f"update to {what} {reason}")


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePersistentVolumeClaimStatusUpdate."""
    status = obj["status"]
    for name, text in (status.get("capacity") or {}).items():
        yield from whole_quantity(text, f"status.capacity[{name}]")
    where = "status.allocatedResourceStatuses"
    for name, value in (status.get("allocatedResourceStatuses") or {}).items():
        yield from _resource_key_rules(name, where)
        if value not in _RESIZE_STATUSES:
            yield not_supported(where, name, sorted(_RESIZE_STATUSES))
    for name, text in (status.get("allocatedResources") or {}).items():
        path = "status.allocatedResources"
        where = f"{path}[{name}]"
        found = list(_resource_key_rules(name, path)) or list(whole_quantity(text, where))
        yield from found or quantity_rules("storage", text, where)


def whole_quantity(text: str, path: str) -> Iterator[FieldError]:
    """validateBasicResource."""
    value = parse(text).value()
    if value < 0:
        yield invalid(path, value, "must be a valid resource quantity")


def _resource_key_rules(name: str, path: str) -> Iterator[FieldError]:
    """validatePersistentVolumeClaimResourceKey."""
    messages = names.is_qualified_name(name)
    for message in messages:
        yield invalid(path, name, message)
    if not messages and is_native(name) and name != "storage":
        yield not_supported(path, name, ("storage",))


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """GetWarningsForPersistentVolumeClaim."""
    if CLASS_ANNOTATION in (obj["metadata"].get("annotations") or {}):
        yield (
            f"metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; "
            'use "storageClassName" attribute instead'
        )
    yield from claim_warnings(obj["spec"], "spec")


def claim_warnings(spec: Object, path: str) -> Iterator[str]:
    """GetWarningsForPersistentVolumeClaimSpec."""
    for kind in ("requests", "limits"):
        text = ((spec.get("resources") or {}).get(kind) or {}).get("storage")
        if text is not None and is_fractional(text):
            where = f"{path}.resources.{kind}[storage]"
            yield f'{where}: fractional byte value "{text}" is invalid, must be an integer'


def modes_text(modes: list[str] | None) -> str:
    """GetAccessModesAsString."""
    return ",".join(short for mode, short in ACCESS_MODES if mode in (modes or ()))


def class_of(obj: Object) -> str:
    """GetPersistentVolumeClaimClass: the annotation first."""
    annotations = obj["metadata"].get("annotations") or {}
    name = annotations.get(CLASS_ANNOTATION)
    return str(obj["spec"].get("storageClassName") or "" if name is None else name)


def claim_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Status, Volume, Capacity, Access Modes, StorageClass, Attributes Class, Age, Mode."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj["status"]
    volume = spec.get("volumeName", "")
    attributes = spec.get("volumeAttributesClassName")
    return [
        metadata.get("name", ""),
        "Terminating" if metadata.get("deletionTimestamp") else status.get("phase", ""),
        volume,
        (status.get("capacity") or {}).get("storage", "0") if volume else "",
        modes_text(status.get("accessModes")) if volume else "",
        class_of(obj),
        "<unset>" if attributes is None else attributes,
        cells.age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


KIND = Behaviour(
    group="",
    plural="persistentvolumeclaims",
    defaults=(default_claim,),
    name=subdomain_name,
    main=doors.main(
        prepare=(new_status, normalize_sources),
        rules=(finalizer_names, rules),
        warnings=(warnings,),
    ),
    status=doors.status(prepare=(drop_disabled_status,), rules=(finalizer_names, status_rules)),
    cells=claim_cells,
    returns_deleted=True,
)
