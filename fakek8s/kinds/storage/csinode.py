"""CSINodes: which storage drivers a node has.

Upstream: pkg/registry/storage/csinode, pkg/apis/storage/validation ValidateCSINode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal
from fakek8s.kinds.shared.podtemplate.storage import driver_name_rules
from fakek8s.kinds.shared.status import status
from fakek8s.machinery import names
from fakek8s.machinery.causes import FieldError, duplicate, invalid, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_ID_LENGTH = 256
_DRIVER: Fields = (
    ("Name", "name", ""),
    ("NodeID", "nodeID", ""),
    ("TopologyKeys", "topologyKeys", None),
    ("Allocatable", "", None),
)


def drop_disabled(obj: Object, op: Operation) -> None:
    """dropDisabledCSINodeFields: volume health is off in 1.37."""
    if obj.get("status"):
        obj["status"].pop("storageHealth", None)


def driver_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateCSINodeDrivers."""
    seen: set[str] = set()
    for number, driver in enumerate(obj["spec"].get("drivers") or ()):
        path, name = f"spec.drivers[{number}]", driver.get("name", "")
        yield from driver_name_rules(name, f"{path}.name")
        identity = driver.get("nodeID", "")
        if not identity:
            yield required(f"{path}.nodeID")
        if names.byte_length(identity) > _ID_LENGTH:
            text = f"must be {_ID_LENGTH} characters or less"
            yield invalid(f"{path}.nodeID", identity, text)
        count = (driver.get("allocatable") or {}).get("count")
        yield from non_negative(count, f"{path}.allocatable.count")
        if name in seen:
            yield duplicate(f"{path}.name", name)
        seen.add(name)
        yield from _topology_rules(driver.get("topologyKeys") or [], path)


def _topology_rules(keys: list[str], path: str) -> Iterator[FieldError]:
    for number, key in enumerate(keys):
        if not key:
            yield required(path)
        if key in keys[:number]:
            yield duplicate(path, key)
        for message in names.is_qualified_name(key):
            yield invalid(path, key, message)


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateCSINodeUpdate: of a driver that stays only its limits change."""
    if op.old is None:
        return
    for before in op.old["spec"].get("drivers") or ():
        for driver in obj["spec"].get("drivers") or ():
            if driver.get("name") == before.get("name"):
                shown, stored = internal(driver, _DRIVER), internal(before, _DRIVER)
                # An empty list of keys is stored as none.
                if {**shown, "TopologyKeys": shown["TopologyKeys"] or None} != stored:
                    yield invalid("spec.drivers", shown, IMMUTABLE)


KIND = Behaviour(
    group="storage.k8s.io",
    plural="csinodes",
    name=subdomain_name,
    main=doors.main(prepare=(drop_disabled,), rules=(finalizer_names, driver_rules, fixed_rules)),
    status=status(prepare=(drop_disabled,), rules=(finalizer_names,)),
    cells=cells.row(lambda obj: len(obj["spec"].get("drivers") or ())),
    allow_unconditional_update=False,
    returns_deleted=True,
)
