"""The environment of a container: services, ConfigMaps, Secrets, the downward API, values.

Source: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/kubelet/envvars.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from fakek8s.kubelet import downward
from fakek8s.kubelet.expansion import expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.client.informer import Informer, Informers

Object = dict[str, Any]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ConfigError(Exception):
    """What a container needs is not there: CreateContainerConfigError."""


class Environment:
    """Makes environments from what the informers hold."""

    def __init__(self, informers: Informers) -> None:
        self._services = informers.of("services")
        self._maps = informers.of("configmaps")
        self._secrets = informers.of("secrets")

    def of(self, pod: Object, container: Object, hostname: str, allocatable: Object) -> Object:
        """All variables of a container by name. Raises ConfigError."""
        namespace = pod["metadata"]["namespace"]
        links = pod["spec"].get("enableServiceLinks", True)
        found: dict[str, str] = {"PATH": _PATH, "HOSTNAME": hostname}
        services = dict(self._service_variables(namespace, links))
        for source in container.get("envFrom") or ():
            found |= self._all_of(namespace, source)
        for entry in container.get("env") or ():
            name, value = entry["name"], entry.get("value", "")
            if value:
                value = expand(value, {**services, **found})
            elif entry.get("valueFrom"):
                given = self._value(pod, container, allocatable, entry["valueFrom"])
                if given is None:
                    continue
                value = given
            found[name] = value
        return {**services, **found}

    def _service_variables(self, namespace: str, links: bool) -> Iterator[tuple[str, str]]:
        for service in self._services.list():
            metadata = service["metadata"]
            master = metadata["namespace"] == "default" and metadata["name"] == "kubernetes"
            address = service["spec"].get("clusterIP", "")
            if address in ("", "None") or not (
                master or (links and metadata["namespace"] == namespace)
            ):
                continue
            yield from _service(metadata["name"], address, service["spec"].get("ports") or ())

    def _all_of(self, namespace: str, source: Object) -> dict[str, str]:
        prefix = source.get("prefix", "")
        if reference := source.get("configMapRef"):
            found = self._config(namespace, reference)
        else:
            reference = source.get("secretRef") or {}
            found = self._secret(namespace, reference)
        return {prefix + key: value for key, value in (found or {}).items()}

    def _config(self, namespace: str, reference: Object) -> dict[str, str] | None:
        obj = _found(self._maps, namespace, reference, "configmap")
        return None if obj is None else dict(obj.get("data") or {})

    def _secret(self, namespace: str, reference: Object) -> dict[str, str] | None:
        obj = _found(self._secrets, namespace, reference, "secret")
        if obj is None:
            return None
        data = obj.get("data") or {}
        return {k: base64.b64decode(v).decode(errors="replace") for k, v in data.items()}

    def _value(
        self, pod: Object, container: Object, allocatable: Object, source: Object
    ) -> str | None:
        namespace = pod["metadata"]["namespace"]
        try:
            if reference := source.get("fieldRef"):
                return downward.field_value(pod, reference["fieldPath"])
            if reference := source.get("resourceFieldRef"):
                return downward.resource_value(
                    _container(pod, container, reference), allocatable, reference
                )
        except downward.FieldError as error:
            raise ConfigError(str(error)) from None
        if reference := source.get("configMapKeyRef"):
            kind, values = "ConfigMap", self._config(namespace, reference)
        elif reference := source.get("secretKeyRef"):
            kind, values = "Secret", self._secret(namespace, reference)
        else:
            raise ConfigError("a source of this kind is not emulated")
        key = reference["key"]
        if values is not None and key in values:
            return values[key]
        if values is None or reference.get("optional"):
            return None
        name = f"{namespace}/{reference.get('name', '')}"
        raise ConfigError(f"couldn't find key {key} in {kind} {name}")


def _found(informer: Informer, namespace: str, reference: Object, kind: str) -> Object | None:
    name = reference.get("name", "")
    obj = informer.get(namespace, name)
    if obj is None and not reference.get("optional"):
        raise ConfigError(f'{kind} "{name}" not found')
    return obj


def _container(pod: Object, own: Object, reference: Object) -> Object:
    name = reference.get("containerName")
    for container in pod["spec"]["containers"] if name else ():
        if container["name"] == name:
            found: Object = container
            return found
    return own


def _service(name: str, address: str, ports: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """envvars.FromServices."""
    prefix = name.upper().replace("-", "_")
    ports = list(ports)
    if not ports:
        return
    yield f"{prefix}_SERVICE_HOST", address
    yield f"{prefix}_SERVICE_PORT", str(ports[0]["port"])
    for port in ports:
        if port.get("name"):
            suffix = port["name"].upper().replace("-", "_")
            yield f"{prefix}_SERVICE_PORT_{suffix}", str(port["port"])
    for number, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        url = f"{protocol.lower()}://{address}:{port['port']}"
        base = f"{prefix}_PORT_{port['port']}_{protocol}"
        if number == 0:
            yield f"{prefix}_PORT", url
        yield base, url
        yield f"{base}_PROTO", protocol.lower()
        yield f"{base}_PORT", str(port["port"])
        yield f"{base}_ADDR", address
