"""Resizing a running pod: cpu and memory of its containers or of the whole.

Upstream: pkg/apis/core/validation ValidatePodResize.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.qos import qos_class
from fakek8s.kinds.core.pod.rules import pod_rules
from fakek8s.kinds.shared.podtemplate.claims import MIRROR
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.kinds.shared.podtemplate.quantities import is_restartable
from fakek8s.machinery.causes import forbidden, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MUTABLE = frozenset(("cpu", "memory"))
_ONLY = "only cpu and memory resources are mutable"


def resize_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodResize."""
    old = op.old
    assert old is not None
    new_spec, old_spec = pod["spec"], old["spec"]
    if MIRROR in (old["metadata"].get("annotations") or {}):
        yield forbidden("[]", "static pods cannot be resized")
        return
    if (old_spec.get("os") or {}).get("name") == "windows":
        yield forbidden("[]", "windows pods cannot be resized")
        return
    found = list(pod_rules(pod, options_for(op, old, pod=True)))
    found += _class_rules(pod, old)
    masked = dict(new_spec)
    if _sets_resources(old_spec) or _sets_resources(new_spec):
        found += _pod_level_rules(new_spec, old_spec, masked)
    order = list(_order_rules(new_spec, old_spec))
    found += order
    if not order:
        found += _container_rules(new_spec, old_spec, masked)
        if not same(new_spec.get("volumes"), old_spec.get("volumes")):
            found.append(
                forbidden(
                    "spec.volumes",
                    "volumes are immutable on resize when "
                    "InPlacePodVerticalScalingMemoryBackedVolumes feature gate is disabled",
                )
            )
        if not found and not same(masked, old_spec):
            found.append(forbidden("spec", _ONLY))
    yield from found


def _class_rules(pod: Object, old: Object) -> Iterator[FieldError]:
    before = (old.get("status") or {}).get("qosClass") or qos_class(old["spec"])
    if before != qos_class(pod["spec"]):
        shown = (pod.get("status") or {}).get("qosClass", "")
        yield invalid("spec", shown, "Pod QOS Class may not change as a result of resizing")
    for container in (old.get("status") or {}).get("containerStatuses") or ():
        if (container.get("state") or {}).get("running") is not None:
            if container.get("resources") is None:
                yield forbidden("spec", "Pod running on node without support for resize")
            break


def _sets_resources(spec: Object) -> bool:
    resources = spec.get("resources") or {}
    return bool(resources.get("requests") or resources.get("limits"))


def _removed(new: Object, old: Object, kind: str) -> bool:
    before, after = old.get(kind) or {}, new.get(kind) or {}
    return any(name not in after for name in before)


def _pod_level_rules(new: Object, old: Object, masked: Object) -> Iterator[FieldError]:
    """validatePodLevelResourcesResize; takes cpu and memory from the old spec in `masked`."""
    after, before = new.get("resources"), old.get("resources")
    if before is not None and after is None:
        yield forbidden("spec.resources", "pod-level resources cannot be removed")
        return
    if before is not None:
        for kind, noun in (("requests", "requests"), ("limits", "limits")):
            if _removed(after or {}, before, kind):
                detail = f"pod-level resource {noun} cannot be removed"
                yield forbidden(f"spec.resources.{kind}", detail)
    mixed = _mask(after or {}, before or {})
    masked.pop("resources", None)
    if before is not None or any(mixed.values()):
        masked["resources"] = mixed
    if not same(masked.get("resources"), before):
        yield forbidden("spec", "only cpu and memory resources are mutable at pod-level")


def _mask(new: Object, old: Object) -> Object:
    """Resource requirements with cpu and memory of the old ones."""
    masked = {k: v for k, v in new.items() if k not in ("limits", "requests")}
    for kind in ("limits", "requests"):
        before, after = old.get(kind) or {}, new.get(kind) or {}
        mixed = {name: text for name, text in after.items() if name not in _MUTABLE}
        mixed |= {name: text for name, text in before.items() if name in _MUTABLE}
        if mixed:
            masked[kind] = mixed
    return masked


def _order_rules(new: Object, old: Object) -> Iterator[FieldError]:
    """validatePodResizeContainerOrdering."""
    for kind in ("containers", "initContainers"):
        after, before = new.get(kind) or [], old.get(kind) or []
        if len(after) != len(before):
            yield forbidden(f"spec.{kind}", f"{kind} may not be added or removed on resize")
            continue
        for number, container in enumerate(before):
            if after[number].get("name") != container.get("name"):
                detail = f"{kind} may not be renamed or reordered on resize"
                yield forbidden(f"spec.{kind}[{number}].name", detail)


def _container_rules(new: Object, old: Object, masked: Object) -> Iterator[FieldError]:
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(old.get(kind) or ()):
            where = f"spec.{kind}[{number}].resources"
            before = container.get("resources") or {}
            after = new[kind][number].get("resources") or {}
            for part, noun in (("requests", "requests"), ("limits", "limits")):
                if _removed(after, before, part):
                    yield forbidden(f"{where}.{part}", f"resource {noun} cannot be removed")
    for kind in ("containers", "initContainers"):
        found = []
        for number, container in enumerate(new.get(kind) or ()):
            before = old[kind][number]
            mixed = _mask(container.get("resources") or {}, before.get("resources") or {})
            candidate = {**container, "resources": mixed}
            if not same(candidate, before):
                if kind == "containers":
                    yield forbidden("spec", _ONLY)
                else:
                    detail = (
                        "only cpu and memory resources for init or sidecar containers are mutable"
                    )
                    yield forbidden(f"spec.{kind}[{number}]", detail)
            if kind == "initContainers" and not is_restartable(container):
                yield from _init_policy_rules(container, before, f"spec.{kind}[{number}]")
            found.append(candidate)
        if found:
            masked[kind] = found


def _init_policy_rules(container: Object, before: Object, path: str) -> Iterator[FieldError]:
    if same(container, before):
        return
    for policy in container.get("resizePolicy") or ():
        if policy.get("restartPolicy") == "RestartContainer":
            yield forbidden(
                path,
                "non-sidecar init containers with a resize policy of RestartContainer cannot be "
                "resized",
            )
