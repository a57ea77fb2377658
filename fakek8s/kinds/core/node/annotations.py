"""Annotations of nodes that were fields once, and are still checked.

Upstream: pkg/apis/core/validation ValidateNodeSpecificAnnotations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.node.rules import taint_list_rules
from fakek8s.kinds.shared.data import read_json
from fakek8s.machinery.causes import invalid, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

TAINTS = "scheduler.alpha.kubernetes.io/taints"
AVOID_PODS = "scheduler.alpha.kubernetes.io/preferAvoidPods"
_PATH = "metadata.annotations"


def annotation_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateNodeSpecificAnnotations."""
    annotations = obj["metadata"].get("annotations") or {}
    if text := annotations.get(TAINTS):
        try:
            taints = read_json(text.encode(), list, "[]core.Taint")
        except ValueError as error:
            yield invalid(_PATH, TAINTS, str(error))
        else:
            yield from taint_list_rules(taints, f"{_PATH}.{TAINTS}")
    if text := annotations.get(AVOID_PODS):
        try:
            avoids = read_json(text.encode(), dict, "v1.AvoidPods")
        except ValueError as error:
            yield invalid(f"{_PATH}.AvoidPods", AVOID_PODS, str(error))
        else:
            entries = (avoids or {}).get("preferAvoidPods") or ()
            for number, entry in enumerate(entries):
                yield from _avoid_rules(entry, f"{_PATH}.{AVOID_PODS}[{number}].PodSignature")


def _avoid_rules(entry: Object, path: str) -> Iterator[FieldError]:
    """validatePreferAvoidPodsEntry."""
    controller = (entry.get("podSignature") or {}).get("podController")
    if controller is None:
        yield required(path)
    elif not controller.get("controller"):
        yield invalid(f"{path}.PodController.Controller", False, "must point to a controller")
