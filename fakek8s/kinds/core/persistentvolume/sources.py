"""Where a PersistentVolume's storage lies: one source of many, and what each needs.

Upstream: pkg/apis/core/validation, the validate...PersistentVolumeSource functions and the
middle of ValidatePersistentVolumeSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate import storage
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: The sources in the order of the checks, with the names that they and their fields go by.
_NAMES: tuple[tuple[str, str, str], ...] = (
    ("hostPath", "hostPath", "hostPath"),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore"),
    ("glusterfs", "glusterfs", "glusterfs"),
    ("flocker", "flocker", "flocker"),
    ("nfs", "nfs", "nfs"),
    ("rbd", "rbd", "rbd"),
    ("quobyte", "quobyte", "quobyte"),
    ("cephfs", "cephFS", "cephfs"),
    ("iscsi", "iscsi", "iscsi"),
    ("cinder", "cinder", "cinder"),
    ("fc", "fc", "fc"),
    ("flexVolume", "flexVolume", "flexVolume"),
    ("azureFile", "azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk", "azureDisk"),
    ("scaleIO", "scaleIO", "scaleIO"),
    ("local", "local", "local"),
    ("storageos", "storageos", "storageos"),
    ("csi", "csi", "csi"),
)
SOURCES = tuple(name for name, _, _ in _NAMES)
_MORE_THAN_ONE = "may not specify more than 1 volume type"
_SECRETS = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
)
_FORMAT = "must be valid format"
_PORTAL = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
    "iscsi.initiatorName is specified."
)


def source_rules(spec: Object, volume: str, path: str, affinity: bool) -> Iterator[FieldError]:
    """Exactly one source, as it should be; `affinity`: the volume says on which nodes it is."""
    found = 0
    for kind, name, field in _NAMES:
        source = spec.get(kind)
        if source is None:
            continue
        if found and kind != "flexVolume":
            yield forbidden(f"{path}.{name}", _MORE_THAN_ONE)
            continue
        found += 1
        where = f"{path}.{field}"
        if kind == "iscsi":
            yield from _iscsi_rules(source, volume, where)
        elif (rule := _RULES.get(kind)) is not None:
            yield from rule(source, where)
        else:
            yield from storage.source_rules(kind, source, where)
        if kind == "local" and not affinity:
            yield required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if not found:
        yield required(path, "must specify a volume type")


def _glusterfs_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.filled(source, path, "endpoints", "path")
    namespace, where = source.get("endpointsNamespace"), f"{path}.endpointsNamespace"
    if namespace == "":
        detail = "if the endpointnamespace is set, it must be a valid namespace name"
        yield invalid(where, namespace, detail)
    elif namespace is not None:
        for message in names.is_dns1123_label(namespace):
            yield invalid(where, namespace, message)


def _iscsi_rules(source: Object, volume: str, path: str) -> Iterator[FieldError]:
    yield from storage.filled(source, path, "targetPortal")
    portal, initiator = source.get("targetPortal", ""), source.get("initiatorName")
    if initiator is not None and names.byte_length(f"{volume}:{portal}") > 64:
        yield invalid(f"{path}.targetportal", portal, _PORTAL)
    name = source.get("iqn", "")
    if not name:
        yield required(f"{path}.iqn")
    elif not _is_initiator(name):
        yield invalid(f"{path}.iqn", name, _FORMAT)
    lun = source.get("lun", 0)
    if not 0 <= lun <= 255:
        yield invalid(f"{path}.lun", lun, names.inclusive_range_error(0, 255))
    secret = source.get("secretRef")
    if secret is not None:
        yield from storage.filled(secret, f"{path}.secretRef", "name")
    elif source.get("chapAuthDiscovery") or source.get("chapAuthSession"):
        yield required(f"{path}.secretRef")
    if initiator is not None and not _is_initiator(initiator):
        yield invalid(f"{path}.initiatorname", initiator, _FORMAT)


def _is_initiator(name: str) -> bool:
    matches = storage.INITIATOR_NAMES.get(name[:3])
    return matches is not None and matches(name) is not None


def _secret_rules(source: Object, path: str) -> Iterator[FieldError]:
    secret = source.get("secretRef")
    if secret is not None:
        yield from storage.filled(secret, f"{path}.secretRef", "name", "namespace")


def _cinder_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.filled(source, path, "volumeID")
    yield from _secret_rules(source, path)


def _azure_file_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.filled(source, path, "secretName", "shareName")
    if source.get("secretNamespace") == "":
        yield required(f"{path}.secretNamespace")


def _storage_os_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.storage_os_rules(source, path)
    yield from _secret_rules(source, path)


def _csi_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.driver_name_rules(source.get("driver", ""), f"{path}.driver")
    yield from storage.filled(source, path, "volumeHandle")
    for field in _SECRETS:
        if (secret := source.get(field)) is not None:
            yield from _secret_reference_rules(secret, f"{path}.{field}")


def _secret_reference_rules(secret: Object, path: str) -> Iterator[FieldError]:
    """validatePVSecretReference."""
    for field, check in (
        ("name", names.is_dns1123_subdomain),
        ("namespace", names.is_dns1123_label),
    ):
        value = secret.get(field, "")
        if not value:
            yield required(f"{path}.{field}")
        else:
            for message in check(value):
                yield invalid(f"{path}.{field}", value, message)


_RULES: dict[str, Callable[[Object, str], Iterator[FieldError]]] = {
    "glusterfs": _glusterfs_rules,
    "cinder": _cinder_rules,
    "azureFile": _azure_file_rules,
    "local": storage.path_rules,
    "storageos": _storage_os_rules,
    "csi": _csi_rules,
}
