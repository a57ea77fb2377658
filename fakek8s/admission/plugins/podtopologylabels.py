"""PodTopologyLabels: a pod that gets its node gets the node's zone and region too.

Source: kubernetes plugin/pkg/admission/podtopologylabels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


def _admit(obj: Object, op: Operation) -> None:
    if op.subresource == "binding":
        target = obj.get("target") or {}
        name = target.get("name", "") if target.get("kind") == "Node" else ""
    else:
        name = (obj.get("spec") or {}).get("nodeName", "")
    node = op.reader.get("nodes", "", name) if name else None
    if node is None:
        return
    labels = node["metadata"].get("labels") or {}
    found = {key: labels[key] for key in _LABELS if key in labels}
    if found:
        metadata = obj.setdefault("metadata", {})
        metadata["labels"] = {**(metadata.get("labels") or {}), **found}


PLUGIN = Plugin(
    name="PodTopologyLabels",
    resources=frozenset({"pods"}),
    subresources=frozenset({"", "binding"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
)
