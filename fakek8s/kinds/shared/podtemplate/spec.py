"""A pod spec as a whole: its rules in upstream's order.

Upstream: pkg/apis/core/validation ValidatePodSpec, ValidatePodTemplateSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.annotations import (
    annotation_value_rules,
    profile_match_rules,
)
from fakek8s.kinds.shared.podtemplate.claims import resource_claim_rules
from fakek8s.kinds.shared.podtemplate.containers import (
    Surroundings,
    container_rules,
    ephemeral_container_rules,
    init_container_rules,
)
from fakek8s.kinds.shared.podtemplate.options import containers_with_paths
from fakek8s.kinds.shared.podtemplate.resources import pod_resource_rules, requirement_rules
from fakek8s.kinds.shared.podtemplate.scheduling import (
    affinity_rules,
    gate_rules,
    spread_rules,
    toleration_rules,
)
from fakek8s.kinds.shared.podtemplate.security import (
    host_process_rules,
    host_user_rules,
    linux_rules,
    pod_security_rules,
    windows_rules,
)
from fakek8s.kinds.shared.podtemplate.volumes import volume_rules
from fakek8s.machinery import names
from fakek8s.machinery.addresses import is_ip_legacy
from fakek8s.machinery.causes import (
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
    too_long,
)
from fakek8s.machinery.meta import annotation_rules, label_rules
from fakek8s.machinery.rules import subdomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
MAX_INT32 = 2**31 - 1


def template_rules(template: Object, path: str, options: Options) -> Iterator[FieldError]:
    """ValidatePodTemplateSpec."""
    metadata: Object = template.get("metadata") or {}
    spec: Object = template.get("spec") or {}
    annotations: Object = metadata.get("annotations") or {}
    yield from label_rules(metadata.get("labels"), f"{path}.labels")
    if annotations:
        yield from annotation_rules(annotations, f"{path}.annotations")
        yield from annotation_value_rules(annotations, spec, f"{path}.annotations", options)
    yield from spec_rules(spec, None, f"{path}.spec", options)
    yield from profile_match_rules(annotations, spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        where = f"{path}.spec.ephemeralContainers"
        yield forbidden(where, "ephemeral containers not allowed in pod template")


def spec_rules(
    spec: Object, metadata: Object | None, path: str, options: Options
) -> Iterator[FieldError]:
    """ValidatePodSpec; `metadata` is the pod's, None in templates."""
    get = spec.get
    grace = get("terminationGracePeriodSeconds")
    if grace is None:
        yield required(f"{path}.terminationGracePeriodSeconds")
    volumes: dict[str, Object] = {}
    if given := get("volumes"):
        pod_name = (metadata or {}).get("name", "")
        volumes, errors = volume_rules(given, pod_name, f"{path}.volumes", options)
        yield from errors
    claims: Object = {}
    if resource_claims := get("resourceClaims"):
        claims = {claim["name"]: claim for claim in resource_claims if claim.get("name")}
        yield from resource_claim_rules(resource_claims, metadata, f"{path}.resourceClaims")
    around = Surroundings(
        options=options,
        volumes=volumes,
        claims=claims,
        grace=grace,
        restart_policy=get("restartPolicy", ""),
        host_users=get("hostUsers") is not False,
    )
    containers = get("containers") or []
    init = get("initContainers") or []
    yield from container_rules(containers, f"{path}.containers", around)
    if init:
        yield from init_container_rules(init, containers, f"{path}.initContainers", around)
    if ephemeral := get("ephemeralContainers"):
        where = f"{path}.ephemeralContainers"
        yield from ephemeral_container_rules(ephemeral, containers + init, where, around)
    yield from pod_resource_rules(spec, path, options, claims)
    yield from _policy_rules(spec, path, options)
    context = get("securityContext")
    if context:
        yield from pod_security_rules(context, spec, f"{path}.securityContext", options)
    if get("hostPID") and get("shareProcessNamespace"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(f"{path}.shareProcessNamespace", True, detail)
    yield from _placement_rules(spec, path, options)
    yield from host_process_rules(spec, path, options)
    yield from host_user_rules(spec, path, options)
    yield from _host_name_rules(spec, path)
    yield from _name_rules(spec, path, options)
    yield from _system_rules(spec, path, options)


def _policy_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    if spec.get("hostNetwork"):
        yield from _host_network_rules(spec, path, options)
    for field, supported in (
        ("restartPolicy", _RESTART_POLICIES),
        ("dnsPolicy", _DNS_POLICIES),
    ):
        value = spec.get(field, "")
        if value not in supported:
            where = f"{path}.{field}"
            yield not_supported(where, value, supported) if value else required(where)
    if selector := spec.get("nodeSelector"):
        yield from label_rules(selector, f"{path}.nodeSelector")


def _host_network_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    """validatePodHostNetworkDeps: templates may leave the host port to the pod's defaults."""
    for number, container in enumerate(spec.get("containers") or ()):
        for position, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort", 0)
            if (options.pod or host) and host != port.get("containerPort", 0):
                yield invalid(
                    f"{path}.containers[{number}].ports[{position}].hostPort",
                    host,
                    "must match `containerPort` when `hostNetwork` is true",
                )


def _placement_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    if affinity := spec.get("affinity"):
        yield from affinity_rules(affinity, f"{path}.affinity", options)
    yield from _dns_rules(spec, f"{path}.dnsConfig")
    for number, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType", "")
        for message in names.is_qualified_name(kind):
            yield invalid(f"{path}.readinessGates[{number}].conditionType", kind, message)
    if gates := spec.get("schedulingGates"):
        yield from gate_rules(gates, f"{path}.schedulingGates")
    if constraints := spec.get("topologySpreadConstraints"):
        yield from spread_rules(constraints, f"{path}.topologySpreadConstraints", options)


def _dns_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validatePodDNSConfig."""
    config = spec.get("dnsConfig")
    servers = (config or {}).get("nameservers") or []
    if spec.get("dnsPolicy") == "None":
        if config is None:
            yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not servers:
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield required(f"{path}.nameservers", detail)
            return
    if not config:
        return
    if len(servers) > 3:
        yield invalid(f"{path}.nameservers", servers, "must not have more than 3 nameservers")
    for number, server in enumerate(servers):
        for message in is_ip_legacy(server, strict=True):
            yield invalid(f"{path}.nameservers[{number}]", server, message)
    searches = config.get("searches") or []
    if len(searches) > 32:
        yield invalid(f"{path}.searches", searches, "must not have more than 32 search paths")
    if names.byte_length(" ".join(searches)) > 2048:
        detail = "must not have more than 2048 characters (including spaces) in the search list"
        yield invalid(f"{path}.searches", searches, detail)
    for number, search in enumerate(searches):
        if search != ".":
            domain = search.removesuffix(".")
            for message in names.is_dns1123_subdomain_with_underscore(domain):
                yield invalid(f"{path}.searches[{number}]", domain, message)
    for number, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            yield required(f"{path}.options[{number}]", "must not be empty")


def _host_name_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validatePodHostName."""
    name = spec.get("hostnameOverride")
    if name is None:
        return
    where = f"{path}.hostnameOverride"
    if spec.get("setHostnameAsFQDN"):
        yield forbidden(where, "may not be specified when setHostnameAsFQDN is true")
    if spec.get("hostNetwork"):
        yield forbidden(where, "may not be specified when hostNetwork is true")
    if names.byte_length(name) > 64:
        yield too_long(where, 64)
    for message in names.is_dns1123_subdomain(name):
        yield invalid(where, name, message)


def _name_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    yield from subdomain(spec.get("serviceAccountName"), f"{path}.serviceAccountName")
    account, alias = spec.get("serviceAccountName", ""), spec.get("serviceAccount", "")
    if alias != account:
        detail = f'must be the same as serviceAccountName: "{account}"'
        yield invalid(f"{path}.deprecatedServiceAccount", alias, detail)
    yield from subdomain(spec.get("nodeName"), f"{path}.nodeName")
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= MAX_INT32:
        detail = names.inclusive_range_error(1, MAX_INT32)
        yield invalid(f"{path}.activeDeadlineSeconds", deadline, detail)
    for field in ("hostname", "subdomain"):
        if name := spec.get(field):
            for message in names.is_dns1123_label(name):
                yield invalid(f"{path}.{field}", name, message)
    if tolerations := spec.get("tolerations"):
        comparison = options.toleration_comparison
        yield from toleration_rules(tolerations, f"{path}.tolerations", comparison=comparison)
    for number, alias in enumerate(spec.get("hostAliases") or ()):
        where = f"{path}.hostAliases[{number}]"
        for message in is_ip_legacy(alias.get("ip", ""), strict=True):
            yield invalid(f"{where}.ip", alias.get("ip", ""), message)
        for position, name in enumerate(alias.get("hostnames") or ()):
            for message in names.is_dns1123_subdomain(name):
                yield invalid(f"{where}.hostnames[{position}]", name, message)


def _system_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    yield from subdomain(spec.get("priorityClassName"), f"{path}.priorityClassName")
    runtime = spec.get("runtimeClassName")
    if runtime is not None:
        for message in names.is_dns1123_subdomain(runtime):
            yield invalid(f"{path}.runtimeClassName", runtime, message)
    policy = spec.get("preemptionPolicy")
    if policy is not None and policy not in _PREEMPTION_POLICIES:
        where = f"{path}.preemptionPolicy"
        yield not_supported(where, policy, _PREEMPTION_POLICIES) if policy else required(where)
    if overhead := spec.get("overhead"):
        yield from requirement_rules({"limits": overhead}, f"{path}.overhead", options)
    system = spec.get("os")
    if system is not None:
        name = system.get("name", "")
        if not name:
            yield required(f"{path}.os.name")
        elif name == "linux":
            yield from linux_rules(spec, path)
        elif name == "windows":
            yield from windows_rules(spec, path)
        else:
            yield not_supported(f"{path}.os", name, ("linux", "windows"))
    yield from _file_key_volume_rules(spec, path)


def _file_key_volume_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateFileKeyRefVolumes: variables read from files come from emptyDir volumes."""
    for container, where in containers_with_paths(spec, path):
        for number, variable in enumerate(container.get("env") or ()):
            reference = (variable.get("valueFrom") or {}).get("fileKeyRef")
            if reference is None:
                continue
            name = reference.get("volumeName", "")
            field = f"{where}.env[{number}].valueFrom.fileKeyRef.volumeName"
            named = [v for v in spec.get("volumes") or () if v.get("name", "") == name]
            if not named:
                yield not_found(field, name)
            elif named[-1].get("emptyDir") is None:
                yield invalid(field, name, "referenced volume must be of type emptyDir")
