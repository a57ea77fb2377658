"""AppArmor profiles in annotations, as they were given before there were fields.

Upstream: pkg/api/pod ApparmorFieldForAnnotation.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

_KINDS = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}


def profile_of_annotation(annotation: str) -> Object | None:
    """The profile that an annotation means; None for one that means nothing."""
    if kind := _KINDS.get(annotation):
        return {"type": kind}
    local = annotation.removeprefix("localhost/")
    if local == annotation or not local:
        return None
    return {"type": "Localhost", "localhostProfile": local}
