"""The checks by level and version, in the order in which their findings are told.

Source: k8s.io/pod-security-admission policy/registry.go: baseline checks by name, then the
restricted ones by name; a restricted check may take the place of a baseline one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.admission.standards import baseline, restricted
from fakek8s.admission.standards.policy import BASELINE, PRIVILEGED

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.admission.standards.policy import Standard

Object = dict[str, Any]
#: (reason, detail) of what a check forbids, None if it allows the pod. Gets its template's
#: metadata and spec.
Finding = tuple[str, str]
Check = "Callable[[Object, Object], Finding | None]"


@dataclass(frozen=True, slots=True)
class Versioned:
    """One check as it is from a minor release on, until its next version."""

    since: int
    check: Callable[[Object, Object], Finding | None]
    overrides: str = ""


_BASELINE: dict[str, tuple[Versioned, ...]] = {
    "appArmorProfile": (Versioned(0, baseline.app_armor),),
    "capabilities_baseline": (Versioned(0, baseline.capabilities),),
    "hostNamespaces": (Versioned(0, baseline.host_namespaces),),
    "hostPathVolumes": (Versioned(0, baseline.host_path_volumes),),
    "hostPorts": (Versioned(0, baseline.host_ports),),
    "hostProbesAndHostLifecycle": (Versioned(34, baseline.hosts_of_handlers),),
    "privileged": (Versioned(0, baseline.privileged),),
    "procMount": (
        Versioned(0, baseline.proc_mount),
        Versioned(35, baseline.proc_mount_of_host_users),
    ),
    "seLinuxOptions": (
        Versioned(0, baseline.selinux(baseline.SELINUX_TYPES)),
        Versioned(31, baseline.selinux(baseline.SELINUX_TYPES_31)),
    ),
    "seccompProfile_baseline": (
        Versioned(0, baseline.seccomp_annotations),
        Versioned(19, baseline.seccomp),
    ),
    "sysctls": tuple(
        Versioned(since, baseline.sysctls(since)) for since in sorted(baseline.SYSCTLS)
    ),
    "windowsHostProcess": (Versioned(0, baseline.windows_host_process),),
}
_RESTRICTED: dict[str, tuple[Versioned, ...]] = {
    "allowPrivilegeEscalation": (
        Versioned(8, restricted.privilege_escalation),
        Versioned(25, restricted.unless_windows(restricted.privilege_escalation)),
    ),
    "capabilities_restricted": (
        Versioned(22, restricted.capabilities, "capabilities_baseline"),
        Versioned(25, restricted.unless_windows(restricted.capabilities), "capabilities_baseline"),
    ),
    "procMount_restricted": (Versioned(35, baseline.proc_mount, "procMount"),),
    "restrictedVolumes": (Versioned(0, restricted.volumes, "hostPathVolumes"),),
    "runAsNonRoot": (
        Versioned(0, restricted.run_as_non_root),
        Versioned(35, restricted.unless_own_users(restricted.run_as_non_root)),
    ),
    "runAsUser": (
        Versioned(23, restricted.run_as_user),
        Versioned(35, restricted.unless_own_users(restricted.run_as_user)),
    ),
    "seccompProfile_restricted": (
        Versioned(19, restricted.seccomp, "seccompProfile_baseline"),
        Versioned(25, restricted.unless_windows(restricted.seccomp), "seccompProfile_baseline"),
    ),
}


def findings(standard: Standard, metadata: Object, spec: Object, newest: int) -> list[Finding]:
    """EvaluatePod: all that a standard forbids in a pod; `newest` is this server's minor."""
    if standard.level == PRIVILEGED:
        return []
    checks = _checks(standard.level, min(standard.minor, newest))
    return [found for check in checks if (found := check(metadata, spec))]


def details(found: list[Finding]) -> str:
    """ForbiddenDetail: reasons and details in one text."""
    return ", ".join(f"{reason} ({detail})" if detail else reason for reason, detail in found)


def reasons(found: list[Finding]) -> str:
    """ForbiddenReason: the reasons alone."""
    return ", ".join(reason for reason, _ in found)


@lru_cache(maxsize=256)
def _checks(level: str, minor: int) -> tuple[Callable[[Object, Object], Finding | None], ...]:
    lenient = _at(_BASELINE, minor)
    if level == BASELINE:
        return tuple(one.check for one in lenient.values())
    strict = _at(_RESTRICTED, minor)
    replaced = {one.overrides for one in strict.values()}
    kept = [one for name, one in lenient.items() if name not in replaced]
    return tuple(one.check for one in (*kept, *strict.values()))


def _at(table: dict[str, tuple[Versioned, ...]], minor: int) -> dict[str, Versioned]:
    """What holds in one minor, by name."""
    found = {}
    for name in sorted(table):
        known = [one for one in table[name] if one.since <= minor]
        if known:
            found[name] = known[-1]
    return found
