"""Ephemeral containers: added through their own door, never changed or removed.

Upstream: pkg/apis/core/validation ValidatePodEphemeralContainersUpdate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.core.pod.update import annotation_update_rules
from fakek8s.kinds.shared.internalform import difference, internal_form
from fakek8s.kinds.shared.podtemplate.claims import MIRROR
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.machinery.causes import forbidden
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def ephemeral_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodEphemeralContainersUpdate."""
    old = op.old
    assert old is not None
    if MIRROR in (old["metadata"].get("annotations") or {}):
        yield forbidden("[]", "static pods do not support ephemeral containers")
        return
    options = options_for(op, old, pod=True)
    yield from pod_rules(pod, options)
    yield from annotation_update_rules(pod, old, options)
    new = {c.get("name", ""): c for c in pod["spec"].get("ephemeralContainers") or ()}
    for container in old["spec"].get("ephemeralContainers") or ():
        name = container.get("name", "")
        detail = f"existing ephemeral containers {quote(name)} may not be "
        if name not in new:
            yield forbidden("spec.ephemeralContainers", f"{detail}removed\n")
        elif not same(container, new[name]):
            both = [container, new[name]]
            before, after = internal_form(both, op.kind, "spec", "ephemeralContainers")
            shown = difference(before, after)
            yield forbidden("spec.ephemeralContainers", f"{detail}changed\n{shown}")
