"""What a pod must be like whenever it is written.

Upstream: pkg/apis/core/validation validatePodMetadataAndSpec. Object metadata
itself is the engine's to check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.annotations import annotation_value_rules
from fakek8s.kinds.shared.podtemplate.containers import image_whitespace_rules
from fakek8s.kinds.shared.podtemplate.spec import spec_rules
from fakek8s.machinery.causes import forbidden
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


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
    yield from non_negative(grace, "spec.terminationGracePeriodSeconds")
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
