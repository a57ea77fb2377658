"""AlwaysPullImages: nobody starts an image that the registry would not give them.

Source: kubernetes plugin/pkg/admission/alwayspullimages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin, refuse, together
from fakek8s.machinery.causes import FieldError, not_supported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_LISTS = ("initContainers", "containers", "ephemeralContainers")
_ALWAYS = "Always"


def _images(pod: Object | None) -> set[str]:
    spec = (pod or {}).get("spec") or {}
    return {c.get("image", "") for field in _LISTS for c in spec.get(field) or ()}


def _has_new_images(pod: Object, op: Operation) -> bool:
    return op.verb == "create" or not _images(pod) <= _images(op.old)


def _admit(pod: Object, op: Operation) -> None:
    if not _has_new_images(pod, op):
        return
    spec = pod.get("spec") or {}
    for field in _LISTS:
        for container in spec.get(field) or ():
            container["imagePullPolicy"] = _ALWAYS
    for volume in spec.get("volumes") or ():
        if volume.get("image") is not None:
            volume["image"]["pullPolicy"] = _ALWAYS


def _problems(spec: Object) -> Iterator[FieldError]:
    for field in _LISTS:
        for number, container in enumerate(spec.get(field) or ()):
            policy = container.get("imagePullPolicy", "")
            if policy != _ALWAYS:
                path = f"spec.{field}[{number}].imagePullPolicy"
                yield not_supported(path, policy, [_ALWAYS])
    for number, volume in enumerate(spec.get("volumes") or ()):
        policy = (volume.get("image") or {}).get("pullPolicy", "")
        if volume.get("image") is not None and policy != _ALWAYS:
            yield not_supported(f"spec.volumes[{number}].image.pullPolicy", policy, [_ALWAYS])


def _validate(pod: Object, op: Operation) -> None:
    if not _has_new_images(pod, op):
        return
    found = [refuse(op, pod, problem.text).message for problem in _problems(pod["spec"])]
    if found:
        # Upstream returns the bare aggregate, which has neither code nor reason.
        raise errors.plain(500, together(found))


PLUGIN = Plugin(
    name="AlwaysPullImages", resources=frozenset({"pods"}), mutate=_admit, validate=_validate
)
