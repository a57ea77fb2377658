"""ExtendedResourceToleration: who asks for a device tolerates the taint of its name.

Source: kubernetes plugin/pkg/admission/extendedresourcetoleration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin
from fakek8s.kinds.shared.podtemplate.quantities import is_extended

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]


def _admit(pod: Object, op: Operation) -> None:
    spec = pod.setdefault("spec", {})
    names = {
        name
        for field in ("containers", "initContainers")
        for container in spec.get(field) or ()
        for name in (container.get("resources") or {}).get("requests") or ()
        if is_extended(name)
    }
    for name in sorted(names):
        spec["tolerations"] = _with(name, spec.get("tolerations") or [])


def _with(name: str, tolerations: list[Object]) -> list[Object]:
    """AddOrUpdateTolerationInPod."""
    added = {"key": name, "operator": "Exists", "effect": "NoSchedule"}
    alike = [_identity(one) == _identity(added) for one in tolerations]
    if not any(alike):
        return [*tolerations, added]
    return [added if same else one for same, one in zip(alike, tolerations, strict=True)]


def _identity(toleration: Object) -> tuple[str, ...]:
    """Toleration.MatchToleration: all but the seconds."""
    return tuple(toleration.get(k, "") for k in ("key", "effect", "operator", "value"))


PLUGIN = Plugin(name="ExtendedResourceToleration", resources=frozenset({"pods"}), mutate=_admit)
