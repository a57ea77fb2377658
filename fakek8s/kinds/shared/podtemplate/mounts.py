"""Where containers mount volumes and attach block devices.

Upstream: pkg/apis/core/validation ValidateVolumeMounts, ValidateVolumeDevices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.paths import descending
from fakek8s.machinery.causes import forbidden, invalid, not_found, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def mount_rules(
    container: Object, path: str, volumes: Mapping[str, Object]
) -> Iterator[FieldError]:
    """ValidateVolumeMounts; `volumes` are the pod's valid volumes by name."""
    devices = {d.get("name", ""): d.get("devicePath", "") for d in _devices(container)}
    points: set[str] = set()
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        where = f"{path}[{number}]"
        name, point = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{where}.name")
        if name not in volumes:
            yield not_found(f"{where}.name", name)
        if not point:
            yield required(f"{where}.mountPath")
        if point in points:
            yield invalid(f"{where}.mountPath", point, "must be unique")
        points.add(point)
        if devices:
            if name in devices:
                yield invalid(f"{where}.name", name, "must not already exist in volumeDevices")
            if point in devices.values():
                yield invalid(
                    f"{where}.mountPath",
                    point,
                    "must not already exist as a path in volumeDevices",
                )
        yield from _option_rules(mount, container, path, where)


def _option_rules(mount: Object, container: Object, path: str, where: str) -> Iterator[FieldError]:
    # Upstream names the list, not the item, in most of these.
    sub_path, expression = mount.get("subPath", ""), mount.get("subPathExpr", "")
    if sub_path:
        yield from descending(sub_path, f"{path}.subPath")
    if expression:
        if sub_path:
            yield invalid(
                f"{where}.subPathExpr",
                expression,
                "subPathExpr and subPath are mutually exclusive",
            )
        yield from descending(expression, f"{path}.subPathExpr")
    propagation = mount.get("mountPropagation")
    if propagation is not None:
        field = f"{path}.mountPropagation"
        if propagation not in _PROPAGATIONS:
            yield not_supported(field, propagation, _PROPAGATIONS)
        privileged = (container.get("securityContext") or {}).get("privileged")
        if propagation == "Bidirectional" and not privileged:
            yield forbidden(
                field,
                "Bidirectional mount propagation is available only to privileged containers",
            )
    recursive = mount.get("recursiveReadOnly")
    if recursive is None or recursive == "Disabled":
        return
    field = f"{path}.recursiveReadOnly"
    if recursive not in _RECURSIVE:
        yield not_supported(field, recursive, _RECURSIVE)
        return
    if not mount.get("readOnly"):
        yield forbidden(field, "may only be specified when readOnly is true")
    if propagation is not None and propagation != "None":
        yield forbidden(
            field, "may only be specified when mountPropagation is None or not specified"
        )


def _devices(container: Object) -> list[Object]:
    found: list[Object] = container.get("volumeDevices") or []
    return found


def device_rules(
    container: Object, path: str, volumes: Mapping[str, Object]
) -> Iterator[FieldError]:
    """ValidateVolumeDevices."""
    devices = _devices(container)
    if not devices:
        return
    mounts = {
        m.get("name", ""): m.get("mountPath", "") for m in container.get("volumeMounts") or ()
    }
    device_names: set[str] = set()
    device_paths: set[str] = set()
    for number, device in enumerate(devices):
        where = f"{path}[{number}]"
        name, point = device.get("name", ""), device.get("devicePath", "")
        volume = volumes.get(name)
        if not name:
            yield required(f"{where}.name")
        if name in device_names:
            yield invalid(f"{where}.name", name, "must be unique")
        if volume is None:
            yield not_found(f"{where}.name", name)
        elif volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
            yield invalid(
                f"{where}.name",
                name,
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                "block mode",
            )
        if not point:
            yield required(f"{where}.devicePath")
        if point in device_paths:
            yield invalid(f"{where}.devicePath", point, "must be unique")
        if ".." in point.split("/"):
            yield invalid(f"{where}.devicePath", point, "can not contain backsteps ('..')")
        else:
            device_paths.add(point)
        if name in mounts:
            yield invalid(f"{where}.name", name, "must not already exist in volumeMounts")
        if point in mounts.values():
            yield invalid(
                f"{where}.devicePath", point, "must not already exist as a path in volumeMounts"
            )
        if name:
            device_names.add(name)
