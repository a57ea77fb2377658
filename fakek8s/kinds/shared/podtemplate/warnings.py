"""Warnings about pod specs: what is allowed and surely not meant.

Upstream: pkg/api/pod/warnings.go (warningsForPodSpecAndMeta), pkg/api/node
GetWarningsForNodeSelectorTerm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.annotations import APPARMOR, SECCOMP_CONTAINER, SECCOMP_POD
from fakek8s.kinds.shared.podtemplate.apparmor import profile_of_annotation
from fakek8s.kinds.shared.podtemplate.options import containers_with_paths
from fakek8s.kinds.shared.podtemplate.overlaps import overlapping_paths
from fakek8s.kinds.shared.podtemplate.quantities import is_fractional
from fakek8s.kinds.shared.podtemplate.scheduling import PREFERRED, REQUIRED
from fakek8s.machinery import names
from fakek8s.machinery.addresses import ip_warnings
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]

NODE_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": (
        'deprecated since v1.17; use "topology.kubernetes.io/region" instead'
    ),
    "failure-domain.beta.kubernetes.io/zone": (
        'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
    ),
    "beta.kubernetes.io/instance-type": (
        'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'
    ),
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": (
        "deprecated since v1.22; use Taints and Tolerations instead"
    ),
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": (
        'non-functional in v1.11+; use the "sysctls" field instead'
    ),
    "security.alpha.kubernetes.io/unsafe-sysctls": (
        'non-functional in v1.11+; use the "sysctls" field instead'
    ),
}
_VOLUMES = (
    (
        "photonPersistentDisk",
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("ephemeral", "ephemeral", ""),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
)
_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_NULL_SELECTOR = "a null labelSelector results in matching no pod"


def template_warnings(spec: Object, metadata: Object, path: str = "") -> Iterator[str]:
    """warningsForPodSpecAndMeta; an empty path means a pod itself."""
    prefix = f"{path}." if path else ""
    where = f"{prefix}spec"
    annotations = metadata.get("annotations") or {}
    yield from _placement_warnings(spec, where)
    for key, message in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{prefix}metadata.annotations[{key}]: {message}"
    if volumes := spec.get("volumes"):
        yield from _volume_warnings(volumes, where)
        yield from overlapping_paths(volumes)
    for field, key, noun in (("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")):
        yield from _repeated(spec.get(field) or [], key, f"{where}.{field}", noun)
    for number, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{where}.imagePullSecrets[{number}].name: invalid empty name ""'
    yield from _fractional(spec.get("overhead"), f"{where}.overhead")
    context = spec.get("securityContext") or {}
    if SECCOMP_POD in annotations and context.get("seccompProfile") is None:
        yield f"{prefix}metadata.annotations[{SECCOMP_POD}]: {_SECCOMP}"
    for container, container_path in containers_with_paths(spec, where):
        if annotations:
            yield from _profile_warnings(container, annotations, context, prefix)
        yield from _resource_warnings(container, container_path)
        variables = container.get("env") or []
        if len(variables) > 1:
            yield from _env_warnings(variables, f"{container_path}.env")
    yield from _port_warnings(spec, where)
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        yield (
            f"{where}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid "
            "and will be treated as 1"
        )
    yield from _affinity_warnings(spec.get("affinity") or {}, f"{where}.affinity")
    for number, server in enumerate((spec.get("dnsConfig") or {}).get("nameservers") or ()):
        yield from ip_warnings(f"{where}.dnsConfig.nameservers[{number}]", server)
    for number, alias in enumerate(spec.get("hostAliases") or ()):
        yield from ip_warnings(f"{where}.hostAliases[{number}].ip", alias.get("ip", ""))


def node_selector_term_warnings(
    term: Object, path: str, *, check_values: bool = False
) -> Iterator[str]:
    """GetWarningsForNodeSelectorTerm."""
    for number, expression in enumerate(term.get("matchExpressions") or ()):
        where = f"{path}.matchExpressions[{number}]"
        key = expression.get("key", "")
        if message := NODE_LABELS.get(key):
            yield f"{where}.key: {key} is {message}"
        if check_values:
            for position, value in enumerate(expression.get("values") or ()):
                for problem in names.is_label_value(value):
                    yield f"{where}.values[{position}]: {value} is invalid, {problem}"


def _placement_warnings(spec: Object, path: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if message := NODE_LABELS.get(key):
            yield f"{path}.nodeSelector[{key}]: {message}"
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    where = f"{path}.affinity.nodeAffinity"
    terms = (node.get(REQUIRED) or {}).get("nodeSelectorTerms") or ()
    for number, term in enumerate(terms):
        term_path = f"{where}.{REQUIRED}.nodeSelectorTerms[{number}]"
        yield from node_selector_term_warnings(term, term_path)
    for number, term in enumerate(node.get(PREFERRED) or ()):
        preference = term.get("preference") or {}
        term_path = f"{where}.{PREFERRED}[{number}].preference"
        yield from node_selector_term_warnings(preference, term_path, check_values=True)
    for number, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        where = f"{path}.topologySpreadConstraints[{number}]"
        key = constraint.get("topologyKey", "")
        if message := NODE_LABELS.get(key):
            yield f"{where}.topologyKey: {key} is {message}"
        if constraint.get("labelSelector") is None:
            yield f"{where}.labelSelector: {_NULL_SELECTOR}"


def _volume_warnings(volumes: list[Object], path: str) -> Iterator[str]:
    for number, volume in enumerate(volumes):
        where = f"{path}.volumes[{number}]"
        for kind, field, message in _VOLUMES:
            source = volume.get(kind)
            if source is None:
                continue
            if message:
                yield f"{where}.{field}: {message}"
            elif (template := source.get("volumeClaimTemplate")) is not None:
                resources = (template.get("spec") or {}).get("resources") or {}
                base = f"{where}.ephemeral.volumeClaimTemplate.spec.resources"
                for list_name in ("requests", "limits"):
                    text = (resources.get(list_name) or {}).get("storage", "0")
                    yield from _fraction(text, f"{base}.{list_name}[storage]")


def _repeated(items: list[Object], key: str, path: str, noun: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, item in enumerate(items):
        value = item.get(key, "")
        if value in seen:
            yield f"{path}[{number}].{key}: duplicate {noun} {quote(value)}"
        seen.add(value)


def _fraction(text: str, path: str) -> Iterator[str]:
    if is_fractional(text):
        yield f"{path}: fractional byte value {quote(text)} is invalid, must be an integer"


def _fractional(resources: Object | None, path: str) -> Iterator[str]:
    for name in ("memory", "ephemeral-storage"):
        text = (resources or {}).get(name)
        if text is not None:
            yield from _fraction(text, f"{path}[{name}]")


def _resource_warnings(container: Object, path: str) -> Iterator[str]:
    resources = container.get("resources")
    if not resources:
        return
    for name in ("memory", "ephemeral-storage"):
        for kind in ("limits", "requests"):
            text = (resources.get(kind) or {}).get(name)
            if text is not None:
                yield from _fraction(text, f"{path}.resources.{kind}[{name}]")


def _profile_warnings(
    container: Object, annotations: Object, pod_context: Object, prefix: str
) -> Iterator[str]:
    context = container.get("securityContext") or {}
    name = container.get("name", "")
    key = SECCOMP_CONTAINER + name
    if key in annotations and context.get("seccompProfile") is None:
        yield f"{prefix}metadata.annotations[{key}]: {_SECCOMP}"
    key = APPARMOR + name
    # For pods these warnings come when annotations are made fields, before this.
    if not prefix or key not in annotations or context.get("appArmorProfile") is not None:
        return
    profile = pod_context.get("appArmorProfile")
    if profile is None or profile != profile_of_annotation(annotations[key]):
        yield (
            f"{prefix}metadata.annotations[{key}]: deprecated since v1.30; use the "
            '"appArmorProfile" field instead'
        )


def _env_warnings(variables: list[Object], path: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, variable in enumerate(variables):
        name = variable.get("name", "")
        if name not in seen:
            seen.add(name)
            continue
        value, reference = variable.get("value", ""), f"$({name})"
        if variable.get("valueFrom") is not None or value == reference or reference not in value:
            yield (
                f"{path}[{number}]: hides previous definition of {quote(name)}, which may be "
                "dropped when using apply"
            )


def _port_warnings(spec: Object, path: str) -> Iterator[str]:
    ports = [
        (port, f"{where}.ports[{number}]")
        for container, where in containers_with_paths(spec, path)
        for number, port in enumerate(container.get("ports") or ())
    ]
    if not ports:
        return
    known: dict[tuple[int, str], list[tuple[Object, str]]] = {}
    for port, where in ports:
        if port.get("hostIP") and not port.get("hostPort"):
            yield f"{where}: hostIP set without hostPort: {_go_port(port)}"
        others = known.setdefault((port.get("containerPort", 0), port.get("protocol", "")), [])
        for other, other_path in others:
            if problem := _clash(port, other):
                yield f"{where}: {problem} port definition with {other_path}"
        others.append((port, where))
    named: dict[str, str] = {}
    for port, where in ports:
        name = port.get("name")
        if name and name in named:
            first = named[name]
            yield (
                f"{where}: duplicate port name {quote(name)} with {first}, services and probes "
                f"that select ports by name will use {first}"
            )
        elif name:
            named[name] = where


def _clash(port: Object, other: Object) -> str:
    host, other_host = port.get("hostPort", 0), other.get("hostPort", 0)
    address, other_address = port.get("hostIP", ""), other.get("hostIP", "")
    if (host, address) == (other_host, other_address):
        return "duplicate"
    if not host or not other_host:
        return "overlapping"
    if host == other_host and bool(address) != bool(other_address):
        return "dangerously ambiguous"
    return ""


def _go_port(port: Object) -> str:
    """A ContainerPort as `%+v` prints the internal struct."""
    return (
        f"{{Name:{port.get('name', '')} HostPort:{port.get('hostPort', 0)} "
        f"ContainerPort:{port.get('containerPort', 0)} Protocol:{port.get('protocol', '')} "
        f"HostIP:{port.get('hostIP', '')}}}"
    )


def _affinity_warnings(affinity: Object, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind) or {}
        for number, term in enumerate(found.get(REQUIRED) or ()):
            if term.get("labelSelector") is None:
                yield f"{path}.{kind}.{REQUIRED}[{number}].labelSelector: {_NULL_SELECTOR}"
        for number, weighted in enumerate(found.get(PREFERRED) or ()):
            if (weighted.get("podAffinityTerm") or {}).get("labelSelector") is None:
                where = f"{path}.{kind}.{PREFERRED}[{number}].podAffinityTerm"
                yield f"{where}.labelSelector: {_NULL_SELECTOR}"
