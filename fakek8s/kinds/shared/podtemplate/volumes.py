"""Volumes of a pod: one source each, valid names, and what each source needs.

Upstream: pkg/apis/core/validation ValidateVolumes, validateVolumeSource and the functions of the
sources; those that only need some fields filled are rows of a table (`storage`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate import claims, storage
from fakek8s.kinds.shared.podtemplate.paths import no_backsteps
from fakek8s.kinds.shared.podtemplate.projected import (
    downward_rules,
    items_rules,
    mode_rules,
    projected_rules,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, forbidden, invalid, not_supported, required
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MORE_THAN_ONE = "may not specify more than 1 volume type"


def volume_rules(
    volumes: list[Object], pod_name: str, path: str, options: Options
) -> tuple[dict[str, Object], list[FieldError]]:
    """ValidateVolumes: the valid volumes by name, and what is wrong with the others.

    `pod_name` is "" in templates and where the pod has no name.
    """
    valid: dict[str, Object] = {}
    errors: list[FieldError] = []
    created = {
        f"{pod_name}-{volume.get('name', '')}"
        for volume in volumes
        if pod_name and volume.get("ephemeral") is not None
    }
    for number, volume in enumerate(volumes):
        where = f"{path}[{number}]"
        name = volume.get("name", "")
        found = list(_source_rules(volume, name, pod_name, where, options))
        if not name:
            found.append(required(f"{where}.name"))
        else:
            found += [invalid(f"{where}.name", name, m) for m in names.is_dns1123_label(name)]
        if name in valid:
            found.append(duplicate(f"{where}.name", name))
        if found:
            errors += found
        else:
            valid[name] = volume
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        if created and claim in created:
            errors.append(
                invalid(
                    f"{where}.persistentVolumeClaim.claimName",
                    claim,
                    "must not reference a PVC that gets created for an ephemeral volume",
                )
            )
    return valid, errors


def _source_rules(
    volume: Object, name: str, pod_name: str, path: str, options: Options
) -> Iterator[FieldError]:
    found = 0
    for kind, field in SOURCES:
        source = volume.get(kind)
        if source is None:
            continue
        if found:
            # Upstream's own spelling in two of these.
            yield forbidden(f"{path}.{_MISSPELT.get(kind, kind)}", _MORE_THAN_ONE)
        else:
            found += 1
            yield from _one_source_rules(kind, source, f"{path}.{field}", options)
            if kind == "ephemeral" and pod_name and name:
                claim = f"{pod_name}-{name}"
                for message in names.is_dns1123_subdomain(claim):
                    yield invalid(f"{path}.name", name, f'PVC name "{claim}": {message}')
        if kind == "iscsi" and source.get("initiatorName") is not None:
            yield from storage.initiator_rules(source, name, path)
    if not found:
        yield required(path, "must specify a volume type")


def _one_source_rules(
    kind: str, source: Object, path: str, options: Options
) -> Iterator[FieldError]:
    rule = _RULES.get(kind)
    if rule is not None:
        yield from rule(source, path)
    elif kind == "projected":
        yield from projected_rules(source, path, options)
    elif kind == "image":
        if not options.empty_image_reference and not source.get("reference"):
            yield required(f"{path}.reference")
        yield from pull_policy_rules(source.get("pullPolicy", ""), f"{path}.pullPolicy")
    else:
        yield from storage.source_rules(kind, source, path)


def pull_policy_rules(policy: str, path: str) -> Iterator[FieldError]:
    """validatePullPolicy."""
    if not policy:
        yield required(path)
    elif policy not in PULL_POLICIES:
        yield not_supported(path, policy, PULL_POLICIES)


def _empty_dir_rules(source: Object, path: str) -> Iterator[FieldError]:
    limit = source.get("sizeLimit")
    if limit is not None and parse(limit).sign() < 0:
        yield forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _keyed_rules(source: Object, name: str, path: str) -> Iterator[FieldError]:
    if not source.get(name):
        yield required(f"{path}.{name}")
    yield from mode_rules(source.get("defaultMode"), f"{path}.defaultMode")
    yield from items_rules(source.get("items") or [], f"{path}.items")


def _secret_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from _keyed_rules(source, "secretName", path)


def _config_map_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from _keyed_rules(source, "name", path)


def _csi_rules(source: Object, path: str) -> Iterator[FieldError]:
    yield from storage.driver_name_rules(source.get("driver", ""), f"{path}.driver")
    reference = source.get("nodePublishSecretRef")
    if reference is None:
        return
    name = reference.get("name", "")
    if not name:
        yield required(f"{path}.nodePublishSecretRef.name")
    else:
        for message in names.is_dns1123_subdomain(name):
            yield invalid(f"{path}.name", name, message)


def _ephemeral_rules(source: Object, path: str) -> Iterator[FieldError]:
    template = source.get("volumeClaimTemplate")
    if template is None:
        yield required(f"{path}.volumeClaimTemplate")
    else:
        yield from claims.claim_template_rules(template, f"{path}.volumeClaimTemplate")


def _git_repo_rules(source: Object, path: str) -> Iterator[FieldError]:
    if not source.get("repository"):
        yield required(f"{path}.repository")
    directory = source.get("directory", "")
    if directory.startswith("/"):
        yield invalid(f"{path}.directory", directory, "must be a relative path")
    yield from no_backsteps(directory, f"{path}.directory")


_RULES: dict[str, Callable[[Object, str], Iterator[FieldError]]] = {
    "emptyDir": _empty_dir_rules,
    "gitRepo": _git_repo_rules,
    "secret": _secret_rules,
    "downwardAPI": downward_rules,
    "configMap": _config_map_rules,
    "csi": _csi_rules,
    "ephemeral": _ephemeral_rules,
}

_MISSPELT = {"downwardAPI": "downwarAPI", "cephfs": "cephFS"}

#: The sources in upstream's order, each with the name that its fields are reported under.
SOURCES: tuple[tuple[str, str], ...] = (
    ("emptyDir", "emptyDir"),
    ("hostPath", "hostPath"),
    ("gitRepo", "gitRepo"),
    ("gcePersistentDisk", "persistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("secret", "secret"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("flocker", "flocker"),
    ("persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd"),
    ("cinder", "cinder"),
    ("cephfs", "cephfs"),
    ("quobyte", "quobyte"),
    ("downwardAPI", "downwardAPI"),
    ("fc", "fc"),
    ("flexVolume", "flexVolume"),
    ("configMap", "configMap"),
    ("azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk"),
    ("storageos", "storageos"),
    ("projected", "projected"),
    ("scaleIO", "scaleIO"),
    ("csi", "csi"),
    ("ephemeral", "ephemeral"),
    ("image", "image"),
)
