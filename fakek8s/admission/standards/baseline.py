"""The checks of level baseline: what gives a pod more of its node than is needed.

Source: k8s.io/pod-security-admission policy/check_*.go. Each gets the metadata and the spec of
a pod and gives (reason, detail) or None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.standards.containers import (
    contexts,
    every,
    named,
    plural,
    quoted,
    setters,
)
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]
Finding = tuple[str, str]

_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_PROFILES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
SELINUX_TYPES_31 = SELINUX_TYPES | {"container_engine_t"}
#: The sysctls that each minor release added to the safe ones.
SYSCTLS: dict[int, tuple[str, ...]] = {
    0: (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
}


def app_armor(metadata: Object, spec: Object) -> Finding | None:
    """No AppArmor profile but the runtime's own and local ones."""
    values: set[str] = set()

    def is_bad(context: Object) -> bool:
        kind = (context.get("appArmorProfile") or {}).get("type", _PROFILES[0])
        if kind in _PROFILES:
            return False
        values.add(kind)
        return True

    who = setters(spec, is_bad)
    annotations = sorted(
        f"{name}={quote(value)}"
        for name, value in (metadata.get("annotations") or {}).items()
        if name.startswith(_APP_ARMOR)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if annotations:
        who = " and ".join([*filter(None, [who]), plural("annotation", len(annotations))])
    if not who:
        return None
    bad = [*sorted(values), *annotations]
    return (
        plural("forbidden AppArmor profile", len(bad)),
        f"{who} must not set AppArmor profile type to {quoted(bad)}",
    )


def capabilities(metadata: Object, spec: Object) -> Finding | None:
    """No capability beyond those that containers have anyway."""
    bad, added = [], set[str]()
    for name, context in contexts(spec):
        more = set((context.get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        if more:
            bad.append(name)
            added |= more
    if not bad:
        return None
    what = f"must not include {quoted(sorted(added))} in securityContext.capabilities.add"
    return "non-default capabilities", f"{named(bad)} {what}"


def host_namespaces(metadata: Object, spec: Object) -> Finding | None:
    """No namespace shared with the node."""
    shared = [f"{n}=true" for n in ("hostNetwork", "hostPID", "hostIPC") if spec.get(n)]
    return ("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(metadata: Object, spec: Object) -> Finding | None:
    """No directory of the node."""
    bad = [v.get("name", "") for v in spec.get("volumes") or () if v.get("hostPath") is not None]
    return ("hostPath volumes", f"{plural('volume', len(bad))} {quoted(bad)}") if bad else None


def host_ports(metadata: Object, spec: Object) -> Finding | None:
    """No port of the node."""
    bad, ports = [], set[str]()
    for name, container in every(spec):
        taken = {str(p["hostPort"]) for p in container.get("ports") or () if p.get("hostPort")}
        if taken:
            bad.append(name)
            ports |= taken
    if not bad:
        return None
    verb = "uses" if len(bad) == 1 else "use"
    what = f"{plural('hostPort', len(ports))} {', '.join(sorted(ports))}"
    return "hostPort", f"{named(bad)} {verb} {what}"


def hosts_of_handlers(metadata: Object, spec: Object) -> Finding | None:
    """No other host in probes and lifecycle handlers."""
    bad, hosts = set[str](), set[str]()
    for name, container in every(spec):
        lifecycle = container.get("lifecycle") or {}
        handlers = [
            *(container.get(p) for p in ("livenessProbe", "readinessProbe", "startupProbe")),
            *(lifecycle.get(h) for h in ("postStart", "preStop")),
        ]
        for handler in handlers:
            for kind in ("httpGet", "tcpSocket"):
                host = ((handler or {}).get(kind) or {}).get("host", "")
                if host:
                    bad.add(name)
                    hosts.add(host)
    if not bad:
        return None
    verb = "uses" if len(bad) == 1 else "use"
    what = plural("probe or lifecycle host", len(hosts))
    return (
        "probe or lifecycle host",
        f"{named(sorted(bad))} {verb} {what} {quoted(sorted(hosts))}",
    )


def privileged(metadata: Object, spec: Object) -> Finding | None:
    """No privileged container."""
    bad = [name for name, context in contexts(spec) if context.get("privileged")]
    if not bad:
        return None
    return "privileged", f"{named(bad)} must not set securityContext.privileged=true"


def proc_mount(metadata: Object, spec: Object) -> Finding | None:
    """/proc stays masked."""
    bad = [
        (n, c["procMount"]) for n, c in contexts(spec) if c.get("procMount", "Default") != "Default"
    ]
    if not bad:
        return None
    who = named([name for name, _ in bad])
    kinds = quoted(sorted({kind for _, kind in bad}))
    return "procMount", f"{who} must not set securityContext.procMount to {kinds}"


def proc_mount_of_host_users(metadata: Object, spec: Object) -> Finding | None:
    """/proc stays masked unless the pod has users of its own."""
    return None if spec.get("hostUsers") is False else proc_mount(metadata, spec)


def selinux(types: frozenset[str]) -> Callable[[Object, Object], Finding | None]:
    """No SELinux types but these, no user and no role."""

    def check(metadata: Object, spec: Object) -> Finding | None:
        bad_types: set[str] = set()
        bad_fields: set[str] = set()

        def is_bad(context: Object) -> bool:
            options = context.get("seLinuxOptions") or {}
            kind = options.get("type", "")
            fields = {name for name in ("user", "role") if options.get(name)}
            if kind not in types:
                bad_types.add(kind)
            bad_fields.update(fields)
            return kind not in types or bool(fields)

        who = setters(spec, is_bad)
        if not who:
            return None
        told = [f"{name} may not be set" for name in ("user", "role") if name in bad_fields]
        if bad_types:
            told.insert(0, f"{plural('type', len(bad_types))} {quoted(sorted(bad_types))}")
        what = f"set forbidden securityContext.seLinuxOptions: {'; '.join(told)}"
        return "seLinuxOptions", f"{who} {what}"

    return check


def seccomp_annotations(metadata: Object, spec: Object) -> Finding | None:
    """Seccomp as it was set before it had a field."""
    annotations = metadata.get("annotations") or {}
    names = [_SECCOMP_POD, *(_SECCOMP_CONTAINER + name for name, _ in every(spec))]
    bad = sorted(
        {
            f"{name}={quote(value)}"
            for name in names
            if (value := annotations.get(name)) is not None
            and value not in ("runtime/default", "docker/default")
            and not value.startswith("localhost/")
        }
    )
    if not bad:
        return None
    return "seccompProfile", f"forbidden {plural('annotation', len(bad))} {', '.join(bad)}"


def seccomp(metadata: Object, spec: Object) -> Finding | None:
    """No seccomp profile but the runtime's own and local ones."""
    values: set[str] = set()

    def is_bad(context: Object) -> bool:
        profile = context.get("seccompProfile")
        if profile is None or profile.get("type", "") in _PROFILES:
            return False
        values.add(profile.get("type", ""))
        return True

    who = setters(spec, is_bad)
    if not who:
        return None
    what = f"must not set securityContext.seccompProfile.type to {quoted(sorted(values))}"
    return "seccompProfile", f"{who} {what}"


def sysctls(minor: int) -> Callable[[Object, Object], Finding | None]:
    """No sysctls but those that were safe in a minor release."""
    safe = frozenset(name for since, names in SYSCTLS.items() if since <= minor for name in names)

    def check(metadata: Object, spec: Object) -> Finding | None:
        given = (spec.get("securityContext") or {}).get("sysctls") or ()
        bad = [one.get("name", "") for one in given if one.get("name", "") not in safe]
        return ("forbidden sysctls", ", ".join(bad)) if bad else None

    return check


def windows_host_process(metadata: Object, spec: Object) -> Finding | None:
    """No host process on Windows."""
    who = setters(spec, lambda c: bool((c.get("windowsOptions") or {}).get("hostProcess")))
    if not who:
        return None
    return "hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true"
