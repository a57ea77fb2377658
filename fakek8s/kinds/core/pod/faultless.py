"""Pod specs without a fault, remembered by their text.

Most pods are copies of each other, most writes of a pod leave its spec alone, and rules are pure.
Copies differ in one thing that no rule cares about, the name of the volume that the ServiceAccount
plugin adds: it is replaced by a name of the same form, if that occurs nowhere else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings

if TYPE_CHECKING:
    from fakek8s.kinds.shared.podtemplate.options import Options

Object = dict[str, Any]

_TOKEN_VOLUME: Final = re.compile("kube-api-access-[a-z0-9]{5}")
_ANY_TOKEN_VOLUME: Final = b"kube-api-access-00000"
#: All annotations that rules and warnings know are of this domain.
_KNOWN_ANNOTATIONS: Final = "kubernetes.io/"
#: Longer specs are checked each time.
_REMEMBERED: Final = 16 * 1024


def is_faultless(spec: Object, metadata: Object, options: Options) -> bool:
    """True for a spec that has neither errors nor warnings; False if that is not known."""
    annotations = metadata.get("annotations")
    if annotations and any(_KNOWN_ANNOTATIONS in key for key in annotations):
        return False
    if spec.get("resourceClaims"):
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
