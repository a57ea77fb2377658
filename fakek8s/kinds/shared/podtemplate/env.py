"""Environment variables of a container and where their values come from.

Upstream: pkg/apis/core/validation ValidateEnv, ValidateEnvFrom, validateObjectFieldSelector,
validateContainerResourceFieldSelector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.paths import no_backsteps
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_KNOWN_FIELDS = frozenset(
    (
        *ENV_FIELDS,
        "metadata.annotations",
        "metadata.labels",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
    )
)
_RESOURCES = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_CPU_DIVISORS = frozenset(("1m", "1"))
_BYTE_DIVISORS = frozenset(
    ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
)
_BYTE_DIVISORS_TEXT = (
    "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are "
    "supported with the {} resource"
)
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_ONE_OF = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
    "`fileKeyRef`"
)
_MORE_THAN_ONE = "may not have more than one field specified at a time"


def env_rules(variables: list[Object], path: str) -> Iterator[FieldError]:
    """ValidateEnv (relaxed names are on)."""
    for number, variable in enumerate(variables):
        where = f"{path}[{number}]"
        name = variable.get("name", "")
        if not name:
            yield required(f"{where}.name")
        else:
            for message in names.is_relaxed_env_var_name(name):
                yield invalid(f"{where}.name", name, message)
        if (source := variable.get("valueFrom")) is not None:
            yield from _source_rules(variable, source, f"{where}.valueFrom")


def _source_rules(variable: Object, source: Object, path: str) -> Iterator[FieldError]:
    found = [name for name in _SOURCES if source.get(name) is not None]
    for name in found:
        reference, where = source[name], f"{path}.{name}"
        if name == "fieldRef":
            yield from field_selector_rules(reference, where, ENV_FIELDS)
        elif name == "resourceFieldRef":
            yield from resource_selector_rules(reference, where, volume=False)
        elif name == "fileKeyRef":
            yield from _file_key_rules(reference, where)
        else:
            yield from _key_rules(reference, where)
    if not found:
        yield invalid(path, "", _ONE_OF)
    elif variable.get("value"):
        yield invalid(path, "", "may not be specified when `value` is not empty")
    elif len(found) > 1:
        yield invalid(path, "", _MORE_THAN_ONE)


def _key_rules(reference: Object, path: str) -> Iterator[FieldError]:
    """validateConfigMapKeySelector and validateSecretKeySelector."""
    name = reference.get("name", "")
    for message in names.is_dns1123_subdomain(name):
        yield invalid(f"{path}.name", name, message)
    key = reference.get("key", "")
    if not key:
        yield required(f"{path}.key")
    else:
        for message in names.is_config_map_key(key):
            yield invalid(f"{path}.key", key, message)


def _file_key_rules(reference: Object, path: str) -> Iterator[FieldError]:
    key = reference.get("key", "")
    if not key:
        yield required(f"{path}.key")
    else:
        for message in names.is_relaxed_env_var_name(key):
            yield invalid(f"{path}.key", key, message)
    volume = reference.get("volumeName", "")
    if not volume:
        yield required(f"{path}.volumeName")
    else:
        for message in names.is_dns1123_label(volume):
            yield invalid(f"{path}.volumeName", volume, message)
    if not reference.get("path"):
        yield required(f"{path}.path")
    else:
        yield from no_backsteps(reference["path"], f"{path}.path")


def _subscripted(field: str) -> tuple[str, str] | None:
    """fieldpath.SplitMaybeSubscriptedPath: `metadata.labels['a']` as its two parts."""
    if not field.endswith("']"):
        return None
    name, bracket, subscript = field[:-2].partition("['")
    return (name, subscript) if bracket and name else None


def field_selector_rules(
    reference: Object, path: str, allowed: tuple[str, ...]
) -> Iterator[FieldError]:
    """validateObjectFieldSelector; `allowed` sorted, as the message lists it."""
    version, field = reference.get("apiVersion", ""), reference.get("fieldPath", "")
    if not version:
        yield required(f"{path}.apiVersion")
        return
    if not field:
        yield required(f"{path}.fieldPath")
        return
    parts = _subscripted(field)
    problem = ""
    if version != "v1":
        problem = f"unsupported pod version: {version}"
    elif parts:
        if parts[0] not in ("metadata.annotations", "metadata.labels"):
            problem = f"field label does not support subscript: {field}"
    elif field == "spec.host":
        field = "spec.nodeName"
    elif field not in _KNOWN_FIELDS:
        problem = f"field label not supported: {field}"
    if problem:
        yield invalid(f"{path}.fieldPath", field, f"error converting fieldPath: {problem}")
    elif parts:
        key = parts[1].lower() if parts[0] == "metadata.annotations" else parts[1]
        for message in names.is_qualified_name(key):
            yield invalid(path, key, message)
    elif field not in allowed:
        yield not_supported(f"{path}.fieldPath", field, allowed)


def resource_selector_rules(reference: Object, path: str, *, volume: bool) -> Iterator[FieldError]:
    """validateContainerResourceFieldSelector."""
    resource = reference.get("resource", "")
    if volume and not reference.get("containerName"):
        yield required(f"{path}.containerName")
    elif not resource:
        yield required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        yield not_supported(f"{path}.resource", resource, _RESOURCES)
    divisor = reference.get("divisor") or "0"
    if not parse(divisor).sign():
        return
    kind = resource.partition(".")[2]
    detail = ""
    if resource in ("limits.cpu", "requests.cpu"):
        if divisor not in _CPU_DIVISORS:
            detail = "only divisor's values 1m and 1 are supported with the cpu resource"
    elif divisor not in _BYTE_DIVISORS:
        if resource in ("limits.memory", "requests.memory"):
            detail = _BYTE_DIVISORS_TEXT.format("memory")
        elif kind == "ephemeral-storage" and resource in _RESOURCES:
            detail = _BYTE_DIVISORS_TEXT.format("local ephemeral storage")
        elif resource.startswith(_HUGE_PAGES):
            detail = _BYTE_DIVISORS_TEXT.format("hugepages")
    if detail:
        yield invalid(f"{path}.divisor", resource, detail)


def env_from_rules(sources: list[Object], path: str) -> Iterator[FieldError]:
    """ValidateEnvFrom: what is wrong with the number of sources names the whole list."""
    for number, source in enumerate(sources):
        where = f"{path}[{number}]"
        if prefix := source.get("prefix"):
            for message in names.is_relaxed_env_var_name(prefix):
                yield invalid(f"{where}.prefix", prefix, message)
        found = 0
        for kind in ("configMapRef", "secretRef"):
            reference = source.get(kind)
            if reference is None:
                continue
            found += 1
            name = reference.get("name", "")
            if not name:
                yield required(f"{where}.{kind}.name")
            else:
                for message in names.is_dns1123_subdomain_prefix(name):
                    yield invalid(f"{where}.{kind}.name", name, message)
        if not found:
            yield invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif found > 1:
            yield invalid(path, "", _MORE_THAN_ONE)
