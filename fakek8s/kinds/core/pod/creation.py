"""What a new pod must be like, and what it is warned of.

Upstream: pkg/apis/core/validation ValidatePodCreate, podStrategy.WarningsOnCreate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.kinds.core.pod.faultless import is_faultless
from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.shared.podtemplate.annotations import profile_match_rules
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: What the rules note for the warnings: the spec needs no look for these.
_FAULTLESS: Final = "faultless pod"


def create_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCreate."""
    spec: Object = pod["spec"]
    faultless = op.notes[_FAULTLESS] = is_faultless(pod, op)
    if not faultless:
        yield from pod_rules(pod, options_for(op, None, pod=True))
    if spec.get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        yield forbidden("spec.nodeName", detail)
    if annotations := pod["metadata"].get("annotations"):
        yield from profile_match_rules(annotations, spec, "spec")


def create_warnings(pod: Object, op: Operation) -> Iterator[str]:
    """podStrategy.WarningsOnCreate, of a pod that has passed the rules; updates get none."""
    metadata = pod["metadata"]
    if messages := names.is_dns1123_label(metadata.get("name", "")):
        shown = " ".join(messages)
        yield (
            "metadata.name: this is used in the Pod's hostname, which can result in surprising "
            f"behavior; a DNS label is recommended: [{shown}]"
        )
    if not op.notes.get(_FAULTLESS):
        yield from template_warnings(pod["spec"], metadata)
