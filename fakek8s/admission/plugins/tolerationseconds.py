"""DefaultTolerationSeconds: five minutes on a node that is not ready or not reachable.

Source: kubernetes plugin/pkg/admission/defaulttolerationseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_SECONDS = 300
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def _admit(obj: Object, op: Operation) -> None:
    spec = obj.setdefault("spec", {})
    tolerations = spec.get("tolerations")
    if not tolerations:
        spec["tolerations"] = [*map(_toleration, _TAINTS)]
    elif missing := [taint for taint in _TAINTS if not _tolerated(taint, tolerations)]:
        spec["tolerations"] = [*tolerations, *map(_toleration, missing)]


def _tolerated(taint: str, tolerations: list[Object]) -> bool:
    return any(
        toleration.get("key", "") in ("", taint)
        and toleration.get("effect", "") in ("", "NoExecute")
        for toleration in tolerations
    )


def _toleration(taint: str) -> Object:
    return {
        "key": taint,
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": _SECONDS,
    }


PLUGIN = Plugin(name="DefaultTolerationSeconds", resources=frozenset({"pods"}), mutate=_admit)
