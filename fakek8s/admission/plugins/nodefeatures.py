"""NodeDeclaredFeatureValidator: no change of a pod that its node does not know how to make.

Source: kubernetes plugin/pkg/admission/nodedeclaredfeatures, component-helpers
nodedeclaredfeatures/features (InferForUpdate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.admission.plugins.podresize import spec_changed
from fakek8s.machinery.printing import quote
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Operation

Object = dict[str, Any]


def _pod_level(old: Object, new: Object) -> bool:
    return (old.get("resources") or None) != (new.get("resources") or None)


def _init_containers(old: Object, new: Object) -> bool:
    before, after = old.get("initContainers") or [], new.get("initContainers") or []
    return any(
        one.get("restartPolicy") != "Always" and one.get("resources") != other.get("resources")
        for one, other in zip(before, after, strict=False)
    )


def _memory_volumes(old: Object, new: Object) -> bool:
    before, after = old.get("volumes") or [], new.get("volumes") or []
    if len(before) != len(after):
        return False
    return any(_resized(*pair) for pair in zip(before, after, strict=True))


def _resized(old: Object, new: Object) -> bool:
    was, now = old.get("emptyDir") or {}, new.get("emptyDir") or {}
    if old.get("name") != new.get("name") or now.get("medium") != "Memory":
        return False
    if "sizeLimit" not in was or "sizeLimit" not in now:
        return False
    return parse(was["sizeLimit"]) != parse(now["sizeLimit"])


#: What a change asks of the node, in the order of the names.
_FEATURES: dict[str, Callable[[Object, Object], bool]] = {
    "InPlacePodLevelResourcesVerticalScaling": _pod_level,
    "InPlacePodVerticalScalingInitContainers": _init_containers,
    "InPlacePodVerticalScalingMemoryBackedVolumes": _memory_volumes,
}


def _validate(pod: Object, op: Operation) -> None:
    if not spec_changed(pod, op):
        return
    assert op.old is not None
    old, new = op.old["spec"], pod["spec"]
    needed = [name for name, needs in _FEATURES.items() if needs(old, new)]
    if not needed:
        return
    name = new["nodeName"]
    node = op.reader.get("nodes", "", name)
    if node is None:
        raise refuse(op, pod, f"node {quote(name)} not found")
    declared = (node.get("status") or {}).get("declaredFeatures") or ()
    missing = [feature for feature in needed if feature not in declared]
    if missing:
        raise refuse(
            op,
            pod,
            f"pod update requires features {', '.join(missing)} "
            f"which are not available on node {quote(name)}",
        )


PLUGIN = Plugin(
    name="NodeDeclaredFeatureValidator",
    resources=frozenset({"pods"}),
    subresources=frozenset({"", "resize"}),
    verbs=frozenset({"update"}),
    validate=_validate,
)
