"""The checks of level restricted: what a pod has to give up of its own accord.

Source: k8s.io/pod-security-admission policy/check_*.go. Each gets the metadata and the spec of
a pod and gives (reason, detail) or None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.standards import baseline
from fakek8s.admission.standards.containers import contexts, named, plural, quoted, setters

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]
Finding = tuple[str, str]

_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
    "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
#: In the order in which the type of a volume with several is told.
_OTHER_VOLUMES = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi",
    "glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile",
    "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume",
    "scaleIO", "storageos",
)  # fmt: skip


def unless_windows(
    check: Callable[[Object, Object], Finding | None],
) -> Callable[[Object, Object], Finding | None]:
    """The same check, which pods for Windows need not pass."""

    def checked(metadata: Object, spec: Object) -> Finding | None:
        is_windows = (spec.get("os") or {}).get("name") == "windows"
        return None if is_windows else check(metadata, spec)

    return checked


def unless_own_users(
    check: Callable[[Object, Object], Finding | None],
) -> Callable[[Object, Object], Finding | None]:
    """The same check, which pods in a user namespace need not pass."""

    def checked(metadata: Object, spec: Object) -> Finding | None:
        return None if spec.get("hostUsers") is False else check(metadata, spec)

    return checked


def privilege_escalation(metadata: Object, spec: Object) -> Finding | None:
    """Every container rules out that it gains privileges."""
    bad = [n for n, c in contexts(spec) if c.get("allowPrivilegeEscalation") is not False]
    if not bad:
        return None
    what = "must set securityContext.allowPrivilegeEscalation=false"
    return "allowPrivilegeEscalation != false", f"{named(bad)} {what}"


def capabilities(metadata: Object, spec: Object) -> Finding | None:
    """Every container drops all capabilities and adds at most one."""
    keeping, adding, added = [], [], set[str]()
    for name, context in contexts(spec):
        found = context.get("capabilities") or {}
        if "ALL" not in (found.get("drop") or ()):
            keeping.append(name)
        more = set(found.get("add") or ()) - {"NET_BIND_SERVICE"}
        if more:
            adding.append(name)
            added |= more
    told = []
    if keeping:
        told.append(f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        what = f"must not include {quoted(sorted(added))} in securityContext.capabilities.add"
        told.append(f"{named(adding)} {what}")
    return ("unrestricted capabilities", "; ".join(told)) if told else None


def volumes(metadata: Object, spec: Object) -> Finding | None:
    """Only volumes that give nothing of the node or of the network."""
    bad, kinds = [], set[str]()
    for volume in spec.get("volumes") or ():
        if not _VOLUMES.isdisjoint(k for k, v in volume.items() if v is not None):
            continue
        bad.append(volume.get("name", ""))
        kinds.add(next((k for k in _OTHER_VOLUMES if volume.get(k) is not None), "unknown"))
    if not bad:
        return None
    who = f"{plural('volume', len(bad))} {quoted(bad)} {'uses' if len(bad) == 1 else 'use'}"
    what = f"{plural('restricted volume type', len(kinds))} {quoted(sorted(kinds))}"
    return "restricted volume types", f"{who} {what}"


def run_as_non_root(metadata: Object, spec: Object) -> Finding | None:
    """No container may turn out to run as root."""
    reason = "runAsNonRoot != true"
    who = setters(spec, lambda context: context.get("runAsNonRoot") is False)
    if who:
        return reason, f"{who} must not set securityContext.runAsNonRoot=false"
    if (spec.get("securityContext") or {}).get("runAsNonRoot"):
        return None
    bad = [name for name, context in contexts(spec) if context.get("runAsNonRoot") is None]
    if not bad:
        return None
    return reason, f"pod or {named(bad)} must set securityContext.runAsNonRoot=true"


def run_as_user(metadata: Object, spec: Object) -> Finding | None:
    """No container asks to run as root."""
    who = setters(spec, lambda context: context.get("runAsUser") == 0)
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def seccomp(metadata: Object, spec: Object) -> Finding | None:
    """Every container has a seccomp profile, the runtime's own or a local one."""
    found = baseline.seccomp(metadata, spec)
    if found or (spec.get("securityContext") or {}).get("seccompProfile") is not None:
        return found
    bad = [name for name, context in contexts(spec) if context.get("seccompProfile") is None]
    if not bad:
        return None
    what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", f"pod or {named(bad)} {what}"
