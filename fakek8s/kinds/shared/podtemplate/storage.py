"""Volume sources of storage systems: mostly fields that must be filled.

Upstream: pkg/apis/core/validation, the validate...VolumeSource functions of each system;
pkg/apis/core/v1, the SetDefaults_...VolumeSource functions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.paths import no_backsteps
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required, too_long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: Fields that must not be empty, in the order in which upstream asks for them.
REQUIRED_FIELDS: dict[str, tuple[str, ...]] = {
    "gcePersistentDisk": ("pdName",),
    "awsElasticBlockStore": ("volumeID",),
    "nfs": ("server", "path"),
    "iscsi": ("targetPortal",),
    "glusterfs": ("endpoints", "path"),
    "persistentVolumeClaim": ("claimName",),
    "rbd": ("monitors", "image"),
    "cinder": ("volumeID",),
    "cephfs": ("monitors",),
    "flexVolume": ("driver",),
    "azureFile": ("secretName", "shareName"),
    "vsphereVolume": ("volumePath",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "scaleIO": ("gateway", "system", "volumeName"),
}

#: Fields that have a value when they are left out; the first kind when empty, the second when
#: absent.
_EMPTY_DEFAULTS: dict[str, Object] = {
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "iscsi": {"iscsiInterface": "default"},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}
_ABSENT_DEFAULTS: dict[str, Object] = {
    "hostPath": {"type": ""},
    "azureDisk": {
        "cachingMode": "ReadWrite",
        "fsType": "ext4",
        "readOnly": False,
        "kind": "Shared",
    },
}

_HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_PARTITION = "must be between 1 and 255, inclusive"
_LUN = "must be between 0 and 255, inclusive"
_IQN_START = "must be valid format starting with iqn, eui, or naa"
INITIATOR_NAMES = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$", re.ASCII).search,
    "eui": re.compile(r"eui.[a-zA-Z0-9]{16}").fullmatch,
    "naa": re.compile(r"naa.[a-zA-Z0-9]{32}").fullmatch,
}
_REGISTRY = "must be a host:port pair or multiple pairs separated by commas"
_MANAGED_DISK = (
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
    "{disk-id}"
)
_BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"


def default_source(volume: Object) -> None:
    """The defaults of a volume's storage source, in place."""
    for kind, values in _EMPTY_DEFAULTS.items():
        if (source := volume.get(kind)) is not None:
            for name, value in values.items():
                source[name] = source.get(name) or value
    for kind, values in _ABSENT_DEFAULTS.items():
        if (source := volume.get(kind)) is not None:
            for name, value in values.items():
                if source.get(name) is None:
                    source[name] = value


def source_rules(kind: str, source: Object, path: str) -> Iterator[FieldError]:
    """What one storage source needs; `kind` is its field in the volume."""
    yield from filled(source, path, *REQUIRED_FIELDS.get(kind, ()))
    rule = _MORE.get(kind)
    if rule is not None:
        yield from rule(source, path)


def filled(source: Object, path: str, *fields: str) -> Iterator[FieldError]:
    """None of the fields is empty."""
    for name in fields:
        if not source.get(name):
            yield required(f"{path}.{name}")


def path_rules(source: Object, path: str) -> Iterator[FieldError]:
    """validateLocalVolumeSource."""
    yield from filled(source, path, "path")
    yield from no_backsteps(source.get("path", ""), f"{path}.path")


def _host_path_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from path_rules(source, path)
    kind = source.get("type")
    if source.get("path") and kind is not None and kind not in _HOST_PATH_TYPES:
        yield not_supported(f"{path}.type", kind, _HOST_PATH_TYPES)


def driver_name_rules(driver: str, path: str) -> Iterator[FieldError]:
    """ValidateCSIDriverName."""
    if not driver:
        yield required(path)
        return
    if names.byte_length(driver) > 63:
        yield too_long(path, 63)
    for message in names.is_dns1123_subdomain(driver.lower()):
        yield invalid(path, driver, message)


def _partition_rules(source: Object, path: str) -> Iterator[FieldError]:
    partition = source.get("partition", 0)
    if not 0 <= partition <= 255:
        yield invalid(f"{path}.partition", partition, _PARTITION)


def _nfs_rules(source: Object, path: str) -> Iterator[FieldError]:
    target = source.get("path", "")
    if not target.startswith("/"):
        yield invalid(f"{path}.path", target, "must be an absolute path")


def _iscsi_rules(source: Object, path: str) -> Iterator[FieldError]:
    name = source.get("iqn", "")
    if not name:
        yield required(f"{path}.iqn")
    elif (matches := INITIATOR_NAMES.get(name[:3])) is None:
        yield invalid(f"{path}.iqn", name, _IQN_START)
    elif not matches(name):
        yield invalid(f"{path}.iqn", name, "must be valid format")
    lun = source.get("lun", 0)
    if not 0 <= lun <= 255:
        yield invalid(f"{path}.lun", lun, _LUN)
    authenticates = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if authenticates and source.get("secretRef") is None:
        yield required(f"{path}.secretRef")
    initiator = source.get("initiatorName")
    if initiator is not None:
        matches = INITIATOR_NAMES.get(initiator[:3])
        if matches is None:
            yield invalid(f"{path}.initiatorname", initiator, _IQN_START)
        elif not matches(initiator):
            yield invalid(f"{path}.initiatorname", initiator, "must be valid format")


def initiator_rules(source: Object, volume: str, path: str) -> Iterator[FieldError]:
    """The length of a volume's name and its portal together; `path` is the volume's."""
    if names.byte_length(f"{volume}:{source.get('targetPortal', '')}") > 64:
        yield invalid(
            f"{path}.name",
            volume,
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
            "iscsi.initiatorName is specified.",
        )


def _flocker_rules(source: Object, path: str) -> Iterator[FieldError]:
    name, uid = source.get("datasetName", ""), source.get("datasetUUID", "")
    if not name and not uid:
        yield required(path, "one of datasetName and datasetUUID is required")
    if name and uid:
        detail = "datasetName and datasetUUID can not be specified simultaneously"
        yield invalid(path, "resource", detail)
    if "/" in name:
        yield invalid(f"{path}.datasetName", name, "must not contain '/'")


def _secret_reference_rules(source: Object, path: str) -> Iterator[FieldError]:
    reference = source.get("secretRef")
    if reference is not None and not reference.get("name"):
        yield required(f"{path}.secretRef.name")


def _is_host_and_port(text: str) -> bool:
    """Whether net.SplitHostPort takes it."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        return bool(bracket) and rest.startswith(":") and not set("[]") & set(host + rest)
    return text.count(":") == 1 and not set("[]") & set(text)


def _quobyte_rules(source: Object, path: str) -> Iterator[FieldError]:
    registry = source.get("registry", "")
    if not registry:
        yield required(f"{path}.registry", _REGISTRY)
    elif names.byte_length(source.get("tenant", "")) >= 65:
        detail = "must be a UUID and may not exceed a length of 64 characters"
        yield required(f"{path}.tenant", detail)
    else:
        for pair in registry.split(","):
            if not _is_host_and_port(pair):
                yield invalid(f"{path}.registry", registry, _REGISTRY)
    if not source.get("volume"):
        yield required(f"{path}.volume")


def _fc_rules(source: Object, path: str) -> Iterator[FieldError]:
    targets, ids, lun = source.get("targetWWNs"), source.get("wwids"), source.get("lun")
    where = f"{path}.targetWWNs"
    if not targets and not ids:
        yield required(where, "must specify either targetWWNs or wwids, but not both")
    if targets and ids:
        detail = "targetWWNs and wwids can not be specified simultaneously"
        yield invalid(where, targets, detail)
    if targets:
        if lun is None:
            yield required(f"{path}.lun", "lun is required if targetWWNs is specified")
        elif not 0 <= lun <= 255:
            yield invalid(f"{path}.lun", lun, _LUN)


def _flex_rules(source: Object, path: str) -> Iterator[FieldError]:
    for option in source.get("options") or ():
        namespace = "." + option.partition("/")[0].lower()
        if namespace.endswith((".kubernetes.io", ".k8s.io")):
            detail = "kubernetes.io and k8s.io namespaces are reserved"
            yield invalid(f"{path}.options[{option}]", option, detail)


def _azure_disk_rules(source: Object, path: str) -> Iterator[FieldError]:
    caching, kind = source.get("cachingMode"), source.get("kind")
    uri = source.get("diskURI", "")
    modes, kinds = ("None", "ReadOnly", "ReadWrite"), ("Dedicated", "Managed", "Shared")
    if caching is not None and caching not in modes:
        yield not_supported(f"{path}.cachingMode", caching, modes)
    if kind is None:
        return
    if kind not in kinds:
        yield not_supported(f"{path}.kind", kind, kinds)
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        yield not_supported(f"{path}.diskURI", uri, (_MANAGED_DISK,))
    if kind != "Managed" and not uri.startswith("https://"):
        yield not_supported(f"{path}.diskURI", uri, (_BLOB_DISK,))


def storage_os_rules(source: Object, path: str) -> Iterator[FieldError]:
    """validateStorageOSVolumeSource, but for the secret."""
    yield from filled(source, path, "volumeName")
    for name in ("volumeName", "volumeNamespace"):
        if value := source.get(name):
            for message in names.is_dns1123_label(value):
                yield invalid(f"{path}.{name}", value, message)


def _pod_storage_os_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage_os_rules(source, path)
    yield from _secret_reference_rules(source, path)


_MORE: dict[str, Callable[[Object, str], Iterator[FieldError]]] = {
    "hostPath": _host_path_rules,
    "gcePersistentDisk": _partition_rules,
    "awsElasticBlockStore": _partition_rules,
    "nfs": _nfs_rules,
    "iscsi": _iscsi_rules,
    "flocker": _flocker_rules,
    "cinder": _secret_reference_rules,
    "quobyte": _quobyte_rules,
    "fc": _fc_rules,
    "flexVolume": _flex_rules,
    "azureDisk": _azure_disk_rules,
    "storageos": _pod_storage_os_rules,
}
