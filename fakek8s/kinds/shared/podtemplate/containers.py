"""Containers of a pod: regular, init and ephemeral ones.

Upstream: pkg/apis/core/validation validateContainers, validateInitContainers,
validateEphemeralContainers, validateContainerCommon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.env import env_from_rules, env_rules
from fakek8s.kinds.shared.podtemplate.mounts import device_rules, mount_rules
from fakek8s.kinds.shared.podtemplate.probes import lifecycle_rules, probe_rules
from fakek8s.kinds.shared.podtemplate.quantities import is_restartable
from fakek8s.kinds.shared.podtemplate.resources import requirement_rules
from fakek8s.kinds.shared.podtemplate.security import container_security_rules
from fakek8s.kinds.shared.podtemplate.volumes import pull_policy_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
    too_many,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_RULE_ACTIONS = ("Restart", "RestartAllContainers")
_NOT_FOR_INIT = "may not be set for init containers without restartPolicy=Always"
_NOT_FOR_EPHEMERAL = "cannot be set for an Ephemeral Container"
_WHITESPACE = "must not have leading or trailing whitespace"
#: What ephemeral containers may not have, in the order of Go's fields.
_EPHEMERAL_FORBIDDEN = (
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a container's rules need to know of its pod."""

    options: Options
    #: The pod's valid volumes by name.
    volumes: Mapping[str, Object]
    #: The names in spec.resourceClaims.
    claims: Collection[str]
    #: spec.terminationGracePeriodSeconds.
    grace: int | None
    restart_policy: str
    host_users: bool


def container_rules(
    containers: list[Object], path: str, around: Surroundings
) -> Iterator[FieldError]:
    """validateContainers."""
    if not containers:
        yield required(path)
        return
    seen: set[str] = set()
    has_ports = False
    for number, container in enumerate(containers):
        where = f"{path}[{number}]"
        yield from _common_rules(container, where, around)
        name = container.get("name", "")
        if name in seen:
            yield duplicate(f"{where}.name", name)
        else:
            seen.add(name)
        lifecycle = container.get("lifecycle")
        if lifecycle is not None:
            yield from lifecycle_rules(lifecycle, f"{where}.lifecycle", around.grace)
        yield from probe_rules(container, where, around.grace)
        if "restartPolicy" in container or "restartPolicyRules" in container:
            yield from _restart_rules(container, where)
        has_ports = has_ports or "ports" in container
    if has_ports:
        yield from _host_port_rules(containers, path)


def init_container_rules(
    containers: list[Object], regular: list[Object], path: str, around: Surroundings
) -> Iterator[FieldError]:
    """validateInitContainers."""
    seen = {container.get("name", "") for container in regular}
    for number, container in enumerate(containers):
        where = f"{path}[{number}]"
        yield from _common_rules(container, where, around)
        if container.get("restartPolicy") is not None:
            yield from _restart_rules(container, where)
        elif container.get("restartPolicyRules"):
            detail = "must specify restartPolicy when restart rules are used"
            yield required(f"{where}.restartPolicy", detail)
        name = container.get("name", "")
        if name in seen:
            yield duplicate(f"{where}.name", name)
        elif name:
            seen.add(name)
        # Init containers run one by one; upstream counts this one as the list's first.
        yield from _host_port_rules([container], path)
        if is_restartable(container):
            if (lifecycle := container.get("lifecycle")) is not None:
                yield from lifecycle_rules(lifecycle, f"{where}.lifecycle", around.grace)
            yield from probe_rules(container, where, around.grace)
            continue
        for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(field) is not None:
                yield forbidden(f"{where}.{field}", _NOT_FOR_INIT)
        if not around.options.restart_on_resize_of_init_containers:
            yield from _init_resize_rules(container, where)


def _init_resize_rules(container: Object, path: str) -> Iterator[FieldError]:
    for number, policy in enumerate(container.get("resizePolicy") or ()):
        if policy.get("restartPolicy") == "RestartContainer":
            yield invalid(
                f"{path}.resizePolicy[{number}].restartPolicy",
                "RestartContainer",
                "must not be set to 'RestartContainer' for non-sidecar initContainers",
            )


def ephemeral_container_rules(
    containers: list[Object], others: list[Object], path: str, around: Surroundings
) -> Iterator[FieldError]:
    """validateEphemeralContainers; `others` are the regular and init containers."""
    known = {container.get("name", "") for container in others}
    seen = set(known)
    for number, container in enumerate(containers):
        where = f"{path}[{number}]"
        yield from _common_rules(container, where, around)
        yield from image_whitespace_rules(container, where)
        name = container.get("name", "")
        if name in seen:
            yield duplicate(f"{where}.name", name)
        else:
            seen.add(name)
        target = container.get("targetContainerName", "")
        if target and target not in known:
            yield not_found(f"{where}.targetContainerName", target)
        for field in _EPHEMERAL_FORBIDDEN:
            value = container.get(field)
            if value is not None and (value or field != "resources"):
                yield forbidden(f"{where}.{field}", _NOT_FOR_EPHEMERAL)
        for position, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    field_path = f"{where}.volumeMounts[{position}].{field}"
                    yield forbidden(field_path, _NOT_FOR_EPHEMERAL)


def image_whitespace_rules(container: Object, path: str) -> Iterator[FieldError]:
    """validateContainerOnlyForPod: templates may have padded images, pods may not."""
    image = container.get("image", "")
    if image != image.strip():
        yield invalid(f"{path}.image", image, _WHITESPACE)


def _common_rules(container: Object, path: str, around: Surroundings) -> Iterator[FieldError]:
    """validateContainerCommon."""
    get = container.get
    name = get("name", "")
    if not name:
        yield required(f"{path}.name")
    else:
        for message in names.is_dns1123_label(name):
            yield invalid(f"{path}.name", name, message)
    if not get("image"):
        yield required(f"{path}.image")
    policy = get("terminationMessagePolicy", "")
    if policy not in _MESSAGE_POLICIES:
        where = f"{path}.terminationMessagePolicy"
        yield not_supported(where, policy, _MESSAGE_POLICIES) if policy else required(where)
    if ports := get("ports"):
        yield from _port_rules(ports, f"{path}.ports")
    if variables := get("env"):
        yield from env_rules(variables, f"{path}.env")
    if sources := get("envFrom"):
        yield from env_from_rules(sources, f"{path}.envFrom")
    if get("volumeMounts"):
        yield from mount_rules(container, f"{path}.volumeMounts", around.volumes)
    if get("volumeDevices"):
        yield from device_rules(container, f"{path}.volumeDevices", around.volumes)
    policy = get("imagePullPolicy", "")
    if policy not in ("IfNotPresent", "Always"):
        yield from pull_policy_rules(policy, f"{path}.imagePullPolicy")
    if resources := get("resources"):
        where = f"{path}.resources"
        yield from requirement_rules(resources, where, around.options, around.claims)
    if policies := get("resizePolicy"):
        yield from _resize_rules(policies, f"{path}.resizePolicy", around.restart_policy)
    if (context := get("securityContext")) is not None:
        yield from container_security_rules(
            context, f"{path}.securityContext", around.options, host_users=around.host_users
        )


def _port_rules(ports: list[Object], path: str) -> Iterator[FieldError]:
    """validateContainerPorts."""
    seen: set[str] = set()
    for number, port in enumerate(ports):
        where = f"{path}[{number}]"
        name = port.get("name", "")
        if name:
            if messages := names.is_port_name(name):
                for message in messages:
                    yield invalid(f"{where}.name", name, message)
            elif name in seen:
                yield duplicate(f"{where}.name", name)
            else:
                seen.add(name)
        target, host = port.get("containerPort", 0), port.get("hostPort", 0)
        if not target:
            yield required(f"{where}.containerPort")
        else:
            for message in names.is_port_num(target):
                yield invalid(f"{where}.containerPort", target, message)
        if host:
            for message in names.is_port_num(host):
                yield invalid(f"{where}.hostPort", host, message)
        protocol = port.get("protocol", "")
        if not protocol:
            yield required(f"{where}.protocol")
        elif protocol not in _PROTOCOLS:
            yield not_supported(f"{where}.protocol", protocol, _PROTOCOLS)


def _host_port_rules(containers: list[Object], path: str) -> Iterator[FieldError]:
    """checkHostPortConflicts."""
    seen: set[str] = set()
    for number, container in enumerate(containers):
        for position, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort")
            if not host:
                continue
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{host}"
            if key in seen:
                yield duplicate(f"{path}[{number}].ports[{position}].hostPort", key)
            seen.add(key)


def _resize_rules(policies: list[Object], path: str, restart_policy: str) -> Iterator[FieldError]:
    """validateResizePolicy: what is wrong with an item names the list."""
    seen: set[str] = set()
    for number, policy in enumerate(policies):
        resource, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if resource in seen:
            yield duplicate(f"{path}[{number}]", resource)
        seen.add(resource)
        if not resource:
            yield required(path)
        elif resource not in ("cpu", "memory"):
            yield not_supported(path, resource, ("cpu", "memory"))
        if not restart:
            yield required(path)
        elif restart not in ("NotRequired", "RestartContainer"):
            yield not_supported(path, restart, ("NotRequired", "RestartContainer"))
        if restart_policy == "Never" and restart != "NotRequired":
            detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            yield invalid(path, restart, detail)


def _restart_rules(container: Object, path: str) -> Iterator[FieldError]:
    """validateContainerRestartPolicy."""
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    where = f"{path}.restartPolicy"
    if policy is None:
        if not rules:
            return
        yield required(where, "must specify restartPolicy when restart rules are used")
    elif policy not in _RESTART_POLICIES:
        yield not_supported(where, policy, _RESTART_POLICIES)
    if len(rules) > 20:
        yield too_many(f"{path}.restartPolicyRules", len(rules), 20)
    for number, rule in enumerate(rules):
        where = f"{path}.restartPolicyRules[{number}]"
        action = rule.get("action", "")
        if action not in _RULE_ACTIONS:
            yield not_supported(f"{where}.action", action, _RULE_ACTIONS)
        codes = rule.get("exitCodes")
        if codes is None:
            yield required(f"{where}.exitCodes", "must be specified")
            continue
        operator = codes.get("operator", "")
        if operator not in ("In", "NotIn"):
            yield not_supported(f"{where}.exitCodes.operator", operator, ("In", "NotIn"))
        values = codes.get("values") or ()
        if len(values) > 255:
            yield too_many(f"{where}.exitCodes.values", len(values), 255)
