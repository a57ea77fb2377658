"""Security contexts of pods and containers: users, profiles, sysctls, Windows options.

Upstream: pkg/apis/core/validation ValidateSecurityContext, validatePodSpecSecurityContext,
validateWindowsHostProcessPod, validateLinux, validateWindows, validateHostUsers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.internal import (
    SECCOMP_PROFILE,
    SECURITY_CONTEXT,
    internal,
)
from fakek8s.kinds.shared.podtemplate.options import containers_with_paths
from fakek8s.kinds.shared.podtemplate.paths import descending
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL_LENGTH = 253
_SYSCTL = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
_is_sysctl = re.compile(_SYSCTL[1:-1]).fullmatch
_PROFILE_LENGTH = 4095

_IPC_SYSCTLS = frozenset(
    (
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.shm",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.msg",
    )
)


def container_security_rules(
    context: Object, path: str, options: Options, *, host_users: bool
) -> Iterator[FieldError]:
    """ValidateSecurityContext."""
    privileged = context.get("privileged")
    if privileged and not options.privileged:
        yield forbidden(f"{path}.privileged", "disallowed by cluster policy")
    for name in ("runAsUser", "runAsGroup"):
        yield from id_rules(context.get(name), f"{path}.{name}")
    mount = context.get("procMount")
    if mount is not None:
        if mount not in ("Default", "Unmasked"):
            yield not_supported(f"{path}.procMount", mount, ("Default", "Unmasked"))
        if host_users and mount == "Unmasked":
            detail = "`hostUsers` must be false to use `Unmasked`"
            yield invalid(f"{path}.procMount", mount, detail)
    yield from seccomp_rules(context.get("seccompProfile"), f"{path}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        shown = internal(context, SECURITY_CONTEXT)
        if privileged:
            detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield invalid(path, shown, detail)
        if not options.system_admin_without_escalation:
            for capability in (context.get("capabilities") or {}).get("add") or ():
                if capability == "CAP_SYS_ADMIN":
                    yield invalid(
                        path,
                        shown,
                        "cannot set `allowPrivilegeEscalation` to false and "
                        "`capabilities.Add` CAP_SYS_ADMIN",
                    )
    yield from windows_option_rules(context.get("windowsOptions"), f"{path}.windowsOptions")
    yield from apparmor_rules(context.get("appArmorProfile"), f"{path}.appArmorProfile")


def id_rules(number: int | None, path: str) -> Iterator[FieldError]:
    """IsValidUserID and IsValidGroupID of an optional field."""
    if number is not None:
        for message in names.is_user_id(number):
            yield invalid(path, number, message)


def seccomp_rules(profile: Object | None, path: str) -> Iterator[FieldError]:
    """validateSeccompProfileField."""
    if profile is None:
        return
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        yield required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in PROFILE_TYPES:
        yield not_supported(f"{path}.type", kind, PROFILE_TYPES)
    where = f"{path}.localhostProfile"
    if kind != "Localhost":
        if local is not None:
            shown = internal(profile, SECCOMP_PROFILE)
            yield invalid(where, shown, "can only be set when seccomp type is Localhost")
    elif local is None:
        yield required(where, "must be set when seccomp type is Localhost")
    else:
        yield from descending(local, where)


def apparmor_rules(profile: Object | None, path: str) -> Iterator[FieldError]:
    """ValidateAppArmorProfileField."""
    if profile is None:
        return
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    where = f"{path}.localhostProfile"
    if kind == "Localhost":
        stripped = (local or "").strip()
        if local is None or (not stripped and not local):
            yield required(where, "must be set when AppArmor type is Localhost")
        elif stripped != local:
            yield invalid(where, local, "must not be padded with whitespace")
        if local is not None and names.byte_length(local) > _PROFILE_LENGTH:
            yield too_long(where, _PROFILE_LENGTH)
    elif kind in ("RuntimeDefault", "Unconfined"):
        if local is not None:
            yield invalid(where, local, "can only be set when AppArmor type is Localhost")
    elif not kind:
        yield required(f"{path}.type", "type is required when appArmorProfile is set")
    else:
        yield not_supported(f"{path}.type", kind, PROFILE_TYPES)


def pod_security_rules(
    context: Object, spec: Object, path: str, options: Options
) -> Iterator[FieldError]:
    """validatePodSpecSecurityContext."""
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from id_rules(context.get(name), f"{path}.{name}")
    for number, group in enumerate(context.get("supplementalGroups") or ()):
        yield from id_rules(group, f"{path}.supplementalGroups[{number}]")
    if sysctls := context.get("sysctls"):
        yield from _sysctl_rules(sysctls, spec, f"{path}.sysctls", options)
    policy = context.get("fsGroupChangePolicy")
    if policy is not None and policy not in ("Always", "OnRootMismatch"):
        yield not_supported(f"{path}.fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    yield from seccomp_rules(context.get("seccompProfile"), f"{path}.seccompProfile")
    yield from windows_option_rules(context.get("windowsOptions"), f"{path}.windowsOptions")
    yield from apparmor_rules(context.get("appArmorProfile"), f"{path}.appArmorProfile")
    policy = context.get("supplementalGroupsPolicy")
    if policy is not None and policy not in ("Merge", "Strict"):
        yield not_supported(f"{path}.supplementalGroupsPolicy", policy, ("Merge", "Strict"))
    policy = context.get("seLinuxChangePolicy")
    if policy is not None and policy not in ("MountOption", "Recursive"):
        yield not_supported(f"{path}.seLinuxChangePolicy", policy, ("MountOption", "Recursive"))


def _sysctl_rules(
    sysctls: list[Object], spec: Object, path: str, options: Options
) -> Iterator[FieldError]:
    seen: set[str] = set()
    for number, sysctl in enumerate(sysctls):
        where = f"{path}[{number}].name"
        name = sysctl.get("name", "")
        if not name:
            yield required(where)
        elif names.byte_length(name) > _SYSCTL_LENGTH or not _is_sysctl(name):
            detail = f"must have at most {_SYSCTL_LENGTH} characters and match regex {_SYSCTL}"
            yield invalid(where, name, detail)
        elif name in seen:
            yield duplicate(where, name)
        if not options.host_sysctls and (problem := host_sysctl_problem(name, spec)):
            yield invalid(where, name, problem)
        seen.add(name)


def _sysctl_namespace(name: str) -> str:
    """The kernel namespace of a sysctl as far as it matters here: "net", "ipc" or ""."""
    # Names may have slashes for dots; which one comes first tells which one separates.
    first = next((c for c in name if c in "./"), ".")
    if first == "/":
        name = name.translate(str.maketrans("./", "/."))
    name = name.partition("*")[0]
    if name in _IPC_SYSCTLS or name.startswith("fs.mqueue."):
        return "ipc"
    return "net" if name.startswith("net.") else ""


def host_sysctl_problem(name: str, spec: Object) -> str:
    """ValidateHostSysctl: why a pod that shares the host's namespace may not set this one."""
    namespace = _sysctl_namespace(name)
    if namespace == "net" and spec.get("hostNetwork"):
        return "may not be specified when 'hostNetwork' is true"
    if namespace == "ipc" and spec.get("hostIPC"):
        return "may not be specified when 'hostIPC' is true"
    return ""


def host_user_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    """validateHostUsers: what a pod in its own user namespace may not share."""
    if spec.get("hostUsers") is not False:
        return
    detail = "when `hostUsers` is false"
    if spec.get("hostNetwork") and not options.user_namespace_with_host_network:
        yield forbidden(f"{path}.hostNetwork", detail)
    if spec.get("hostPID"):
        yield forbidden(f"{path}.HostPID", detail)
    if spec.get("hostIPC"):
        yield forbidden(f"{path}.HostIPC", detail)
    if not options.user_namespace_with_devices:
        for container, where in containers_with_paths(spec, path):
            if container.get("volumeDevices"):
                yield forbidden(f"{where}.volumeDevices", detail)


_POD_LINUX_ONLY = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)
_CONTAINER_LINUX_ONLY = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)


def linux_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateLinux."""
    detail = "windows options cannot be set for a linux pod"
    if (spec.get("securityContext") or {}).get("windowsOptions") is not None:
        yield forbidden(f"{path}.securityContext.windowsOptions", detail)
    for container, where in containers_with_paths(spec, path):
        if (container.get("securityContext") or {}).get("windowsOptions") is not None:
            yield forbidden(f"{where}.securityContext.windowsOptions", detail)


def windows_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateWindows."""
    detail = "cannot be set for a windows pod"
    context = spec.get("securityContext") or {}
    for name in _POD_LINUX_ONLY:
        if context.get(name) is not None:
            yield forbidden(f"{path}.securityContext.{name}", detail)
    if spec.get("hostUsers") is not None:
        yield forbidden(f"{path}.hostUsers", detail)
    for name in ("hostPID", "hostIPC"):
        if spec.get(name):
            yield forbidden(f"{path}.{name}", detail)
    if spec.get("shareProcessNamespace") is not None:
        yield forbidden(f"{path}.shareProcessNamespace", detail)
    for container, where in containers_with_paths(spec, path):
        context = container.get("securityContext") or {}
        for name in _CONTAINER_LINUX_ONLY:
            if context.get(name) is not None:
                yield forbidden(f"{where}.securityContext.{name}", detail)


def host_process_rules(spec: Object, path: str, options: Options) -> Iterator[FieldError]:
    """validateWindowsHostProcessPod."""
    own = ((spec.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
    count = host_processes = 0
    for container, where in containers_with_paths(spec, path):
        count += 1
        windows = (container.get("securityContext") or {}).get("windowsOptions") or {}
        given = windows.get("hostProcess")
        if own is not None and given is not None and own != given:
            shown = "true" if own else "false"
            yield invalid(
                f"{where}.securityContext.windowsOptions.hostProcess",
                given,
                f"pod hostProcess value must be identical if both are specified, was {shown}",
            )
        if given or (given is None and own):
            host_processes += 1
    if not host_processes:
        return
    if host_processes != count:
        yield invalid(
            path,
            "",
            "If pod contains any hostProcess containers then all containers must be HostProcess "
            "containers",
        )
    if not spec.get("hostNetwork"):
        detail = "hostNetwork must be true if pod contains any hostProcess containers"
        yield invalid(f"{path}.hostNetwork", False, detail)
    if not options.privileged:
        yield forbidden(path, "hostProcess containers are disallowed by cluster policy")


_CREDENTIAL_KIB = 64
_DOMAIN_LENGTH = 256
_USER_LENGTH = 104
_control = re.compile(r"[\x00-\x1f\x7f]").search
_netbios = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}').fullmatch
_DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_dns_domain = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*").fullmatch
_bad_user = re.compile(r'["/\\:;|=,+*?<>@\[\]]').search
_dots_and_spaces = re.compile(r"[. ]+").fullmatch


def windows_option_rules(windows: Object | None, path: str) -> Iterator[FieldError]:
    """validateWindowsSecurityContextOptions."""
    if windows is None:
        return
    name = windows.get("gmsaCredentialSpecName")
    if name is not None:
        for message in names.is_dns1123_subdomain(name):
            yield invalid(f"{path}.gmsaCredentialSpecName", name, message)
    credential = windows.get("gmsaCredentialSpec")
    if credential is not None:
        where = f"{path}.gmsaCredentialSpec"
        if not credential:
            yield invalid(where, credential, "gmsaCredentialSpec cannot be an empty string")
        elif names.byte_length(credential) > _CREDENTIAL_KIB * 1024:
            detail = f"gmsaCredentialSpec size must be under {_CREDENTIAL_KIB} KiB"
            yield invalid(where, credential, detail)
    user = windows.get("runAsUserName")
    if user is not None:
        for problem in _user_name_problems(user):
            yield invalid(f"{path}.runAsUserName", user, problem)


def _user_name_problems(name: str) -> Iterator[str]:
    if not name:
        yield "runAsUserName cannot be an empty string"
    elif _control(name):
        yield "runAsUserName cannot contain control characters"
    elif name.count("\\") > 1:
        yield "runAsUserName cannot contain more than one backslash"
    else:
        domain, backslash, user = name.rpartition("\\")
        if names.byte_length(domain) >= _DOMAIN_LENGTH:
            yield f"runAsUserName's Domain length must be under {_DOMAIN_LENGTH} characters"
        if backslash and not (_netbios(domain) or _dns_domain(domain)):
            yield "runAsUserName's Domain doesn't match the NetBios nor the DNS format"
        if not user:
            yield "runAsUserName's User cannot be empty"
        elif names.byte_length(user) > _USER_LENGTH:
            yield f"runAsUserName's User length must not be longer than {_USER_LENGTH} characters"
        if _dots_and_spaces(user):
            yield "runAsUserName's User cannot contain only periods or spaces"
        if _bad_user(user):
            yield (
                "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"
            )
