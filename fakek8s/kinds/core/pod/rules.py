"""What a pod must be like: on creation, on an update, in both.

Upstream: pkg/apis/core/validation ValidatePodCreate, validatePodMetadataAndSpec. Object metadata
itself is the engine's to check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.annotations import (
    annotation_value_rules,
    profile_match_rules,
)
from fakek8s.kinds.shared.podtemplate.containers import image_whitespace_rules
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.kinds.shared.podtemplate.spec import spec_rules
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def create_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCreate."""
    spec: Object = pod["spec"]
    yield from pod_rules(pod, options_for(op, None, pod=True))
    if spec.get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        yield forbidden("spec.nodeName", detail)
    yield from profile_match_rules(pod["metadata"].get("annotations") or {}, spec, "spec")


def pod_rules(pod: Object, options: Options) -> Iterator[FieldError]:
    """validatePodMetadataAndSpec."""
    metadata: Object = pod["metadata"]
    spec: Object = pod["spec"]
    if annotations := metadata.get("annotations"):
        yield from annotation_value_rules(annotations, spec, "metadata.annotations", options)
    yield from spec_rules(spec, metadata, "spec", options)
    if not spec.get("serviceAccountName"):
        yield from _token_rules(spec)
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        detail = "must be greater than or equal to 0"
        yield invalid("spec.terminationGracePeriodSeconds", grace, detail)
    for kind in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield from image_whitespace_rules(container, f"spec.{kind}[{number}]")


def _token_rules(spec: Object) -> Iterator[FieldError]:
    for number, volume in enumerate(spec.get("volumes") or ()):
        for position, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
            if source.get("serviceAccountToken") is not None:
                yield forbidden(
                    f"spec.volumes[{number}].projected.sources[{position}].serviceAccountToken",
                    "must not be specified when serviceAccountName is not set",
                )


def create_warnings(pod: Object, op: Operation) -> Iterator[str]:
    """podStrategy.WarningsOnCreate; updates of pods get none."""
    metadata = pod["metadata"]
    if messages := names.is_dns1123_label(metadata.get("name", "")):
        shown = " ".join(messages)
        yield (
            "metadata.name: this is used in the Pod's hostname, which can result in surprising "
            f"behavior; a DNS label is recommended: [{shown}]"
        )
    yield from template_warnings(pod["spec"], metadata)
