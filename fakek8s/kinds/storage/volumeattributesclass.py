"""VolumeAttributesClasses: qualities of volumes that may change while they are in use.

Upstream: pkg/registry/storage/volumeattributesclass, pkg/apis/storage/validation
ValidateVolumeAttributesClass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.storage.names import parameter_rules, provisioner_rules
from fakek8s.machinery.causes import FieldError, forbidden
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateVolumeAttributesClassUpdate."""
    for name in ("driverName", "parameters") if op.old is not None else ():
        assert op.old is not None
        if obj.get(name) != op.old.get(name):
            yield forbidden(name, f"updates to {name} are forbidden.")


def class_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateVolumeAttributesClass."""
    for error in provisioner_rules(obj.get("driverName", ""), "driverName"):
        yield FieldError(error.reason, error.field, error.body)
    yield from parameter_rules(obj.get("parameters"), "parameters", needed=True)


KIND = Behaviour(
    group="storage.k8s.io",
    plural="volumeattributesclasses",
    name=subdomain_name,
    main=Strategy(rules=(finalizer_names, fixed_rules, class_rules)),
    cells=cells.row(lambda obj: obj.get("driverName", "")),
    returns_deleted=True,
)
