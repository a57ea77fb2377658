"""Annotations that say something about a pod: profiles, tolerations, deletion cost, mirrors.

Upstream: pkg/apis/core/validation ValidatePodSpecificAnnotations,
validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.claims import MIRROR
from fakek8s.kinds.shared.podtemplate.options import containers_of, containers_with_paths
from fakek8s.kinds.shared.podtemplate.paths import descending
from fakek8s.kinds.shared.podtemplate.scheduling import toleration_rules
from fakek8s.machinery.causes import forbidden, invalid
from fakek8s.machinery.printing import quote
from fakek8s.machinery.wire import jsontext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_LOCALHOST = "localhost/"
_cost = re.compile("0|-[0-9]+|[1-9][0-9]*", re.ASCII).fullmatch


def deletion_cost_is_valid(annotations: Mapping[str, str]) -> bool:
    """GetDeletionCostFromPodAnnotations: a 32-bit integer, no plus sign, no leading zeros."""
    text = annotations.get(DELETION_COST)
    return text is None or (bool(_cost(text)) and -(2**31) <= int(text) < 2**31)


def annotation_value_rules(
    annotations: Mapping[str, str], spec: Object, path: str, options: Options
) -> Iterator[FieldError]:
    """ValidatePodSpecificAnnotations."""
    if MIRROR in annotations and not spec.get("nodeName"):
        detail = "must set spec.nodeName if mirror pod annotation is set"
        yield invalid(f"{path}[{MIRROR}]", annotations[MIRROR], detail)
    if text := annotations.get(TOLERATIONS):
        yield from _toleration_annotation_rules(text, path, options)
    if not options.invalid_deletion_cost and not deletion_cost_is_valid(annotations):
        cost = annotations[DELETION_COST]
        yield invalid(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer")
    if SECCOMP_POD in annotations:
        yield from _seccomp_rules(annotations[SECCOMP_POD], f"{path}.{SECCOMP_POD}")
    for key, value in annotations.items():
        if key.startswith(SECCOMP_CONTAINER):
            yield from _seccomp_rules(value, f"{path}.{key}")
    for key, value in annotations.items():
        if key.startswith(APPARMOR):
            yield from _apparmor_rules(key, value, spec, path)


def _toleration_annotation_rules(text: str, path: str, options: Options) -> Iterator[FieldError]:
    """ValidateTolerationsInPodAnnotations."""
    try:
        tolerations = _tolerations(text)
    except ValueError as error:
        yield invalid(path, TOLERATIONS, str(error))
        return
    where = f"{path}.{TOLERATIONS}"
    yield from toleration_rules(tolerations, where, comparison=options.toleration_comparison)


def _tolerations(text: str) -> list[Object]:
    """The list in an annotation, read as Go reads its internal type: names in any case.

    Raises ValueError with the message of encoding/json.
    """
    found = jsontext.parse(text.encode("utf-8", "surrogatepass"))
    if found is None:
        return []
    mismatch = "json: cannot unmarshal {} into Go value of type {}"
    if not isinstance(found, list):
        raise ValueError(mismatch.format(jsontext.json_kind(found), "[]core.Toleration"))
    for item in found:
        if not isinstance(item, dict):
            raise ValueError(mismatch.format(jsontext.json_kind(item), "core.Toleration"))
    return [{f"{key[:1].lower()}{key[1:]}": item[key] for key in item} for item in found]


def _seccomp_rules(profile: str, path: str) -> Iterator[FieldError]:
    """ValidateSeccompProfile."""
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return
    if profile.startswith(_LOCALHOST):
        yield from descending(profile.removeprefix(_LOCALHOST), path)
    else:
        yield invalid(path, profile, "must be a valid seccomp profile")


def _apparmor_rules(key: str, profile: str, spec: Object, path: str) -> Iterator[FieldError]:
    """ValidateAppArmorPodAnnotations."""
    name = key.removeprefix(APPARMOR)
    if all(container.get("name", "") != name for container in containers_of(spec)):
        yield invalid(f"{path}[{key}]", name, "container not found")
    if profile in ("", "runtime/default", "unconfined") or profile.startswith(_LOCALHOST):
        return
    detail = f"invalid AppArmor profile name: {quote(profile)}"
    yield invalid(f"{path}[{key}]", profile, detail)


def _mismatch(annotation: str, profile: Object, runtime: tuple[str, ...]) -> str:
    """The field of a profile ("type", "localhostProfile") that an annotation contradicts."""
    kind = profile.get("type", "")
    if kind == "Unconfined":
        return "" if annotation == "unconfined" else "type"
    if kind == "RuntimeDefault":
        return "" if annotation in runtime else "type"
    if kind != "Localhost":
        return ""
    if not annotation.startswith(_LOCALHOST):
        return "type"
    same = annotation.removeprefix(_LOCALHOST) == profile.get("localhostProfile")
    return "" if same else "localhostProfile"


def _match_rules(
    annotation: str, profile: Object, path: str, what: str, runtime: tuple[str, ...]
) -> Iterator[FieldError]:
    field = _mismatch(annotation, profile, runtime)
    if field:
        noun = "type" if field == "type" else "profile"
        yield forbidden(f"{path}.{field}", f"{what} {noun} in annotation and field must match")


def profile_match_rules(
    annotations: Mapping[str, str], spec: Object, path: str
) -> Iterator[FieldError]:
    """Annotations and fields for seccomp and AppArmor say the same, where both say something."""
    if not annotations:
        return
    context = spec.get("securityContext") or {}
    seccomp = ("runtime/default", "docker/default")
    profile = context.get("seccompProfile")
    if profile is not None and SECCOMP_POD in annotations:
        where = f"{path}.securityContext.seccompProfile"
        yield from _match_rules(annotations[SECCOMP_POD], profile, where, "seccomp", seccomp)
    for container, container_path in containers_with_paths(spec, path):
        profile = (container.get("securityContext") or {}).get("seccompProfile")
        annotation = annotations.get(SECCOMP_CONTAINER + container.get("name", ""))
        if profile is not None and annotation is not None:
            where = f"{container_path}.securityContext.seccompProfile"
            yield from _match_rules(annotation, profile, where, "seccomp", seccomp)
    if (spec.get("os") or {}).get("name") == "windows":
        return
    for container, container_path in containers_with_paths(spec, path):
        own = (container.get("securityContext") or {}).get("appArmorProfile")
        profile = own if own is not None else context.get("appArmorProfile")
        annotation = annotations.get(APPARMOR + container.get("name", ""))
        if profile is not None and annotation is not None:
            where = f"{container_path}.securityContext.appArmorProfile"
            runtime = ("runtime/default",)
            yield from _match_rules(annotation, profile, where, "apparmor", runtime)
