"""LimitPodHardAntiAffinityTopology: pods may keep others off their node, but no further.

Source: kubernetes plugin/pkg/admission/antiaffinity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_HOSTNAME = "kubernetes.io/hostname"


def _validate(pod: Object, op: Operation) -> None:
    anti = (pod["spec"].get("affinity") or {}).get("podAntiAffinity") or {}
    for term in anti.get("requiredDuringSchedulingIgnoredDuringExecution") or ():
        key = term.get("topologyKey", "")
        if key != _HOSTNAME:
            why = (
                f"affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey {key} "
                f"but only key {_HOSTNAME} is allowed"
            )
            name = pod["metadata"].get("name", "")
            raise errors.forbidden(op.kind.plural, op.kind.group, name, why)


PLUGIN = Plugin(
    name="LimitPodHardAntiAffinityTopology", resources=frozenset({"pods"}), validate=_validate
)
