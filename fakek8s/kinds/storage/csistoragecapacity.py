"""CSIStorageCapacities: how much room a storage class has in one part of the cluster.

Upstream: pkg/registry/storage/csistoragecapacity, pkg/apis/storage/validation
ValidateCSIStorageCapacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.podtemplate.warnings import NODE_LABELS
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import NOT_NEGATIVE, immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def capacity_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateCSIStorageCapacity."""
    lenient = op.old is not None and any(label_selector_rules(op.old.get("nodeTopology"), ""))
    topology = obj.get("nodeTopology")
    yield from label_selector_rules(topology, "nodeTopology", any_value=lenient)
    name = obj.get("storageClassName", "")
    for message in subdomain_name(name, False):
        yield invalid("storageClassName", name, message)
    capacity = obj.get("capacity")
    if capacity is not None and parse(capacity).sign() < 0:
        yield invalid("capacity", capacity, NOT_NEGATIVE)


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateCSIStorageCapacityUpdate."""
    if op.old is not None:
        topology = obj.get("nodeTopology")
        yield from immutable(topology, op.old.get("nodeTopology"), "nodeTopology")
        name = obj.get("storageClassName", "")
        yield from immutable(name, op.old.get("storageClassName", ""), "storageClassName")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """GetWarningsForNodeSelector."""
    topology = obj.get("nodeTopology") or {}
    for number, requirement in enumerate(topology.get("matchExpressions") or ()):
        key = requirement.get("key", "")
        if text := NODE_LABELS.get(key):
            yield f"nodeTopology.matchExpressions[{number}].key: {key} is {text}"
    for key in topology.get("matchLabels") or ():
        if text := NODE_LABELS.get(key):
            yield f"nodeTopology.matchLabels.{key}: {text}"


KIND = Behaviour(
    group="storage.k8s.io",
    plural="csistoragecapacities",
    name=subdomain_name,
    main=Strategy(rules=(finalizer_names, capacity_rules, fixed_rules), warnings=(warnings,)),
    allow_unconditional_update=False,
)
