"""What a new pod must be like, and what it is warned of.

Most pods are copies of each other and rules are pure, so specs without a fault are remembered, by
their text. Copies differ in one thing that no rule cares about, the name of the volume that the
ServiceAccount plugin adds: it is replaced by a name of the same form, if that occurs nowhere else.

Upstream: pkg/apis/core/validation ValidatePodCreate, podStrategy.WarningsOnCreate.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.shared.podtemplate.annotations import profile_match_rules
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_TOKEN_VOLUME: Final = re.compile("kube-api-access-[a-z0-9]{5}")
_ANY_TOKEN_VOLUME: Final = b"kube-api-access-00000"
#: Longer specs are checked each time.
_REMEMBERED: Final = 16 * 1024


def create_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCreate."""
    spec: Object = pod["spec"]
    options = options_for(op, None, pod=True)
    if not _is_faultless(spec, pod["metadata"], options):
        yield from pod_rules(pod, options)
    if spec.get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        yield forbidden("spec.nodeName", detail)
    yield from profile_match_rules(pod["metadata"].get("annotations") or {}, spec, "spec")


def create_warnings(pod: Object, op: Operation) -> Iterator[str]:
    """podStrategy.WarningsOnCreate; updates of pods get none."""
    metadata = pod["metadata"]
    if messages := names.is_dns1123_label(metadata.get("name", "")):
        shown = " ".join(messages)
        yield (
            "metadata.name: this is used in the Pod's hostname, which can result in surprising "
            f"behavior; a DNS label is recommended: [{shown}]"
        )
    if not _is_faultless(pod["spec"], metadata, options_for(op, None, pod=True)):
        yield from template_warnings(pod["spec"], metadata)


def _is_faultless(spec: Object, metadata: Object, options: Options) -> bool:
    """True for a spec that has neither errors nor warnings; False if that is not known."""
    if metadata.get("annotations") or spec.get("resourceClaims"):
        return False
    volumes = spec.get("volumes") or ()
    # The claims of ephemeral volumes are named after the pod.
    if any("ephemeral" in volume for volume in volumes):
        return False
    try:
        text = orjson.dumps(spec)
    except TypeError:
        return False
    if len(text) > _REMEMBERED:
        return False
    name = volumes[-1].get("name", "") if volumes else ""
    if _TOKEN_VOLUME.fullmatch(name):
        if _ANY_TOKEN_VOLUME in text:
            return False
        text = text.replace(name.encode(), _ANY_TOKEN_VOLUME)
    return _known_faultless(text, options)


@lru_cache(maxsize=512)
def _known_faultless(text: bytes, options: Options) -> bool:
    spec = orjson.loads(text)
    pod: Object = {"metadata": {}, "spec": spec}
    return not any(True for _ in pod_rules(pod, options)) and not any(
        True for _ in template_warnings(spec, {})
    )
