"""PodTolerationRestriction: a namespace gives its pods tolerations and allows them no others.

Source: kubernetes plugin/pkg/admission/podtolerationrestriction, without a configuration file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from fakek8s import errors
from fakek8s.admission import tolerations
from fakek8s.admission.plugin import Plugin
from fakek8s.kinds.core.pod.qos import BEST_EFFORT, qos_class

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
_WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
_FIELDS = ("key", "operator", "value", "effect", "tolerationSeconds")
_MEMORY_PRESSURE = {
    "key": "node.kubernetes.io/memory-pressure",
    "operator": "Exists",
    "effect": "NoSchedule",
}
_CONFLICT = (
    "pod tolerations (possibly merged with namespace default tolerations) conflict with its "
    "namespace whitelist"
)


def _listed(op: Operation, annotation: str) -> list[Object]:
    """The tolerations that an annotation of the namespace holds."""
    namespace = op.reader.get("namespaces", "", op.namespace)
    if namespace is None:
        raise errors.not_found("namespaces", "", op.namespace)
    text = (namespace["metadata"].get("annotations") or {}).get(annotation)
    if not text:
        return []
    try:
        found = orjson.loads(text) or []
        return [{f: one[f] for f in _FIELDS if one.get(f) not in (None, "")} for one in found]
    except (ValueError, AttributeError, TypeError) as error:
        raise errors.plain(500, str(error)) from None


def _admit(pod: Object, op: Operation) -> None:
    spec = pod.setdefault("spec", {})
    extra = _listed(op, _DEFAULTS) if op.verb == "create" else []
    if ((pod.get("status") or {}).get("qosClass") or qos_class(spec)) != BEST_EFFORT:
        extra = [*extra, dict(_MEMORY_PRESSURE)]
    if extra:
        spec["tolerations"] = tolerations.merge(spec.get("tolerations") or [], extra)
    _validate(pod, op)


def _validate(pod: Object, op: Operation) -> None:
    found = pod["spec"].get("tolerations") or []
    if found and not tolerations.all_listed(found, _listed(op, _WHITELIST)):
        raise errors.plain(500, _CONFLICT)


PLUGIN = Plugin(
    name="PodTolerationRestriction",
    resources=frozenset({"pods"}),
    mutate=_admit,
    validate=_validate,
)
