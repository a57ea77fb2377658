"""Fields of features that are off in 1.37: dropped from what clients send.

Upstream: pkg/api/pod DropDisabledTemplateFields, DropDisabledPodFields. Upstream keeps such a field
if the stored object has it; here no stored object ever does.
"""

from __future__ import annotations

from typing import Any

from fakek8s.kinds.shared.podtemplate.defaults import HANDLERS, PROBES
from fakek8s.kinds.shared.podtemplate.options import containers_of

Object = dict[str, Any]

_SPEC = ("schedulingGroup", "evictionResponders")
_STATUS = ("nodeAllocatableResourceClaimStatuses", "volumeHealth")
CONTAINER_STATUSES = (
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
)
_INIT_ANNOTATIONS = (
    "pod.beta.kubernetes.io/init-containers",
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
    "pod.alpha.kubernetes.io/init-container-statuses",
)
_FILE_SOURCES = ("secret", "configMap", "downwardAPI")


def drop_disabled_template_fields(template: Object) -> None:
    """DropDisabledTemplateFields, in place."""
    drop_disabled_spec_fields(template.get("spec") or {})
    drop_init_annotations(template.get("metadata") or {})


def drop_init_annotations(metadata: Object) -> None:
    """DropInitContainerAnnotations, in place: they have meant nothing since 1.8."""
    annotations = metadata.get("annotations")
    if not annotations:
        return
    for name in _INIT_ANNOTATIONS:
        annotations.pop(name, None)
    if not annotations:
        del metadata["annotations"]


def drop_disabled_spec_fields(spec: Object) -> None:
    """dropDisabledFields on a pod spec, in place."""
    for name in _SPEC:
        spec.pop(name, None)
    for container in containers_of(spec):
        _drop_from_container(container)
    for volume in spec.get("volumes") or ():
        _drop_from_volume(volume)


def _drop_from_container(container: Object) -> None:
    for mount in container.get("volumeMounts") or ():
        mount.pop("bindMountOptions", None)
    for name in PROBES:
        if probe := container.get(name):
            _drop_from_handler(probe)
    lifecycle = container.get("lifecycle")
    if not lifecycle:
        return
    for name in HANDLERS:
        if handler := lifecycle.get(name):
            _drop_from_handler(handler)
    if lifecycle.pop("stopSignal", None) is not None and not lifecycle:
        del container["lifecycle"]


def _drop_from_handler(handler: Object) -> None:
    if action := handler.get("httpGet"):
        action.pop("protocol", None)
    if action := handler.get("grpc"):
        action.pop("mode", None)


def _drop_from_volume(volume: Object) -> None:
    if source := volume.get("emptyDir"):
        source.pop("mode", None)
    # Of several sources, which validation refuses, upstream looks at the first alone.
    for kind in _FILE_SOURCES:
        if source := volume.get(kind):
            source.pop("defaultUser", None)
            _drop_users(source)
            return
    if source := volume.get("projected"):
        source.pop("defaultUser", None)
        for projection in source.get("sources") or ():
            for part in projection.values():
                if part:
                    part.pop("user", None)
                    _drop_users(part)
                    break


def _drop_users(source: Object) -> None:
    for item in source.get("items") or ():
        item.pop("user", None)


def drop_disabled_status_fields(status: Object) -> None:
    """dropDisabledPodStatusFields, in place."""
    for name in _STATUS:
        status.pop(name, None)
    for kind in CONTAINER_STATUSES:
        for container in status.get(kind) or ():
            for mount in container.get("volumeMounts") or ():
                mount.pop("volumeStatus", None)
