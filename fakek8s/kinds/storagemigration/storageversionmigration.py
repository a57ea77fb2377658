"""StorageVersionMigrations: all objects of a resource are to be written anew.

Upstream: pkg/registry/storagemigration/storagemigration, pkg/apis/storagemigration/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.status import status
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_STATES = ("Running", "Failed", "Succeeded")


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStorageVersionMigration."""
    target = obj["spec"].get("resource") or {}
    resource, group = target.get("resource", ""), target.get("group", "")
    if not resource:
        yield required("spec.resource.resource", "resource is required to be set")
    elif wrong := names.is_dns1035_label(resource):
        yield invalid("spec.resource.resource", resource, ",".join(wrong))
    if group and (wrong := names.is_dns1123_subdomain(group)):
        yield invalid("spec.resource.group", group, ",".join(wrong))


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStorageVersionMigrationUpdate."""
    if op.old is not None and obj["spec"] != op.old["spec"]:
        target = obj["spec"].get("resource") or {}
        named = {name: target.get(name, "") for name in ("group", "resource")}
        shown = {"Resource": named}
        yield invalid("spec", shown, IMMUTABLE)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStorageVersionMigrationStatusUpdate."""
    assert op.old is not None
    new, old = obj.get("status") or {}, op.old.get("status") or {}
    version, path = new.get("resourceVersion", ""), "status.resourceVersion"
    if version and not _well_formed(version):
        yield invalid(path, version, f"resource version is not well formed: {version}")
    yield from condition_list_rules(new.get("conditions"), "status.conditions")
    before = old.get("resourceVersion", "")
    if before and before != version:
        yield invalid(path, version, IMMUTABLE)
    conditions = new.get("conditions")
    if _holds(new, "Succeeded") and _holds(new, "Failed"):
        text = "Both success and failed conditions cannot be true at the same time"
        yield invalid("status.conditions", conditions, text)
    for state, word in (("Succeeded", "Success"), ("Failed", "Failed")):
        if _holds(old, state) and not _holds(new, state):
            text = f"{word} condition cannot be set to false once it is true"
            yield invalid("status.conditions", conditions, text)


def _well_formed(version: str) -> bool:
    """resourceversion.CompareResourceVersion can read it."""
    return version.isascii() and version.isdigit() and not version.startswith("0")


def _holds(status: Object, state: str) -> bool:
    """The first condition of that type is true."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == state:
            return bool(condition.get("status") == "True")
    return False


def migration_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Resource, Status."""
    target = obj["spec"].get("resource") or {}
    resource, group = target.get("resource", ""), target.get("group", "")
    state = "Unknown"
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in _STATES:
            state = condition["type"]
    shown = f"{resource}.{group}" if group else resource
    return [obj["metadata"].get("name", ""), shown, state]


KIND = Behaviour(
    group="storagemigration.k8s.io",
    plural="storageversionmigrations",
    name=subdomain_name,
    main=doors.main(rules=(finalizer_names, spec_rules, fixed_rules)),
    status=status(rules=(status_rules,)),
    cells=migration_cells,
    allow_unconditional_update=False,
)
