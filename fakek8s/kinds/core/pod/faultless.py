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
from fakek8s.kinds.shared.podtemplate.leniency import strict_options
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_is_token_volume = re.compile("kube-api-access-[a-z0-9]{5}").fullmatch
_ANY_TOKEN_VOLUME: Final = b"kube-api-access-00000"
#: Stands for the volume's name in remembered texts; a byte that no JSON holds.
_TOKEN_VOLUME: Final = b"\xff"
#: All annotations that rules and warnings know are of this domain.
_KNOWN_ANNOTATIONS: Final = "kubernetes.io/"
#: Longer specs are checked each time.
_REMEMBERED: Final = 16 * 1024


def is_faultless(pod: Object, op: Operation) -> bool:
    """True for a pod whose spec has neither errors nor warnings in a new pod; False if that is
    not known."""
    annotations = pod["metadata"].get("annotations")
    if annotations and any(_KNOWN_ANNOTATIONS in key for key in annotations):
        return False
    spec = pod["spec"]
    if spec.get("resourceClaims"):
        return False
    name = ""
    for volume in spec.get("volumes") or ():
        # The claims of ephemeral volumes are named after the pod.
        if "ephemeral" in volume:
            return False
        name = volume.get("name", "")
    try:
        text = orjson.dumps(spec)
    except TypeError:
        return False
    if len(text) > _REMEMBERED:
        return False
    if _is_token_volume(name):
        text = text.replace(name.encode(), _TOKEN_VOLUME)
    return _known_faultless(text, bool(op.settings.get("allow_privileged")))


@lru_cache(maxsize=512)
def _known_faultless(text: bytes, privileged: bool) -> bool:
    if _ANY_TOKEN_VOLUME in text:
        return False
    spec = orjson.loads(text.replace(_TOKEN_VOLUME, _ANY_TOKEN_VOLUME))
    pod: Object = {"metadata": {}, "spec": spec}
    rules = pod_rules(pod, strict_options(pod=True, privileged=privileged))
    return not any(True for _ in rules) and not any(True for _ in template_warnings(spec, {}))
