"""What a pod's status may say.

Upstream: pkg/apis/core/validation ValidatePodStatusUpdate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.pod.devices import device_status_rules, extended_claim_rules
from fakek8s.kinds.core.pod.update import annotation_update_rules
from fakek8s.kinds.shared.podtemplate.disabled import CONTAINER_STATUSES
from fakek8s.kinds.shared.podtemplate.internal import POD_IP, internal_list
from fakek8s.kinds.shared.podtemplate.leniency import options_for
from fakek8s.machinery import names
from fakek8s.machinery.addresses import ip_warnings, is_ip_legacy, parse_sloppy
from fakek8s.machinery.causes import duplicate, forbidden, internal, invalid
from fakek8s.machinery.meta import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_SYSTEM_CONDITIONS = frozenset(("PodScheduled", "Ready", "Initialized"))
_GENERATION = "must be a non-negative integer"
_TRANSITION = "may not be transitioned to non-terminated state"
_MAX_UID = 2**32 - 1


def status_rules(pod: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodStatusUpdate."""
    old = op.old
    assert old is not None
    spec: Object = pod["spec"]
    status: Object = pod.get("status") or {}
    before: Object = old.get("status") or {}
    yield from annotation_update_rules(pod, old, options_for(op, old, pod=True))
    yield from _condition_rules(status)
    yield from _nomination_rules(status, before, bool(old["spec"].get("nodeName")))
    if status.get("observedGeneration", 0) < 0:
        yield invalid("status.observedGeneration", status["observedGeneration"], _GENERATION)
    if (shown := status.get("qosClass", "")) != before.get("qosClass", ""):
        yield invalid("status.qosClass", shown, IMMUTABLE)
    yield from _transition_rules(status, before, old["spec"])
    yield from _claim_rules(status, spec)
    yield from extended_claim_rules(status.get("extendedResourceClaimStatus"), spec)
    yield from _ip_rules(status, before, "podIP", "podIPs")
    if status.get("hostIPs"):
        yield from _host_ip_rules(status, before)
    system = (spec.get("os") or {}).get("name", "linux")
    for kind in CONTAINER_STATUSES:
        for number, container in enumerate(status.get(kind) or ()):
            user = container.get("user")
            if user is not None:
                yield from _user_rules(user, f"status.{kind}[{number}].user", system)
    yield from device_status_rules(status, spec)


def status_warnings(pod: Object, op: Operation) -> Iterator[str]:
    """podStatusStrategy.WarningsOnUpdate."""
    status: Object = pod.get("status") or {}
    for kind in ("podIPs", "hostIPs"):
        for number, address in enumerate(status.get(kind) or ()):
            yield from ip_warnings(f"status.{kind}[{number}].ip", address.get("ip", ""))


def _condition_rules(status: Object) -> Iterator[FieldError]:
    """validatePodConditions."""
    for number, condition in enumerate(status.get("conditions") or ()):
        where = f"status.conditions[{number}]"
        generation, kind = condition.get("observedGeneration", 0), condition.get("type", "")
        if generation < 0:
            yield invalid(f"{where}.observedGeneration", generation, _GENERATION)
        if kind not in _SYSTEM_CONDITIONS:
            for message in names.is_qualified_name(kind):
                yield invalid(f"{where}.Type", kind, message)


def _nomination_rules(status: Object, before: Object, bound: bool) -> Iterator[FieldError]:
    name = status.get("nominatedNodeName", "")
    if not name or name == before.get("nominatedNodeName", ""):
        return
    for message in names.is_dns1123_subdomain(name):
        yield invalid("status.nominatedNodeName", name, message)
    if bound:
        detail = "may not be set on pods that are already bound to a node"
        yield forbidden("status.nominatedNodeName", detail)


def _transition_rules(status: Object, before: Object, spec: Object) -> Iterator[FieldError]:
    """ValidateContainerStateTransition and its like for init and ephemeral containers."""
    restart_all = any(
        rule.get("action") == "RestartAllContainers"
        for kind in ("initContainers", "containers")
        for container in spec.get(kind) or ()
        for rule in container.get("restartPolicyRules") or ()
    )
    for kind, source in zip(CONTAINER_STATUSES, ("containers", "initContainers", ""), strict=True):
        if source and restart_all:
            continue
        after = status.get(kind) or ()
        for number, old in enumerate(before.get(kind) or ()):
            terminated = (old.get("state") or {}).get("terminated")
            if terminated is None:
                continue
            for new in after:
                if new.get("name") != old.get("name"):
                    continue
                if (new.get("state") or {}).get("terminated") is not None:
                    continue
                code = terminated.get("exitCode", 0)
                if not source or not _may_restart(spec, source, old.get("name", ""), code):
                    yield forbidden(f"status.{kind}[{number}].state", _TRANSITION)
                if source:
                    break


def _may_restart(spec: Object, source: str, name: str, code: int) -> bool:
    """ContainerShouldRestart of the container of that name; False if there is none."""
    for container in spec.get(source) or ():
        if container.get("name") == name:
            policy = container.get("restartPolicy")
            if policy is not None and _rule_matches(container, code):
                return True
            return _policy_restarts(policy or spec.get("restartPolicy", ""), code)
    return False


def _policy_restarts(policy: str, code: int) -> bool:
    if policy == "OnFailure":
        return code != 0
    return policy != "Never"


def _rule_matches(container: Object, code: int) -> bool:
    for rule in container.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes") or {}
        inside = code in (codes.get("values") or ())
        if (codes.get("operator"), inside) in (("In", True), ("NotIn", False)):
            return rule.get("action") in ("Restart", "RestartAllContainers")
    return False


def _claim_rules(status: Object, spec: Object) -> Iterator[FieldError]:
    """validatePodResourceClaimStatuses."""
    known = {claim.get("name", "") for claim in spec.get("resourceClaims") or ()}
    seen: set[str] = set()
    for number, claim in enumerate(status.get("resourceClaimStatuses") or ()):
        where = f"status.resourceClaimStatuses[{number}]"
        name = claim.get("name", "")
        if name not in known:
            detail = "must match the name of an entry in `spec.resourceClaims`"
            yield invalid(f"{where}.name", name, detail)
        if name in seen:
            yield duplicate(f"{where}.name", name)
        seen.add(name)
        target = claim.get("resourceClaimName")
        if target is not None:
            for message in names.is_dns1123_subdomain(target):
                yield invalid(f"{where}.resourceClaimName", target, message)


def _addresses(status: Object, field: str) -> list[str]:
    return [item.get("ip", "") for item in status.get(field) or ()]


def _ip_rules(status: Object, before: Object, single: str, field: str) -> Iterator[FieldError]:
    """validatePodIPs."""
    where = f"status.{field}"
    yield from _address_rules(status, before, field)
    shown = internal_list(status.get(field), POD_IP)
    first, found = status.get(single, ""), _addresses(status, field)
    if bool(first) != bool(found):
        detail = f"{single} and {field} must either both be set or both be unset"
        yield invalid(where, shown, detail)
    elif found and first != found[0]:
        yield invalid(f"{where}[0].ip", found[0], f"must be equal to `{single}`")


def _host_ip_rules(status: Object, before: Object) -> Iterator[FieldError]:
    """validateHostIPs."""
    found = _addresses(status, "hostIPs")
    if status.get("hostIP", "") != found[0]:
        yield invalid("status.hostIPs[0].ip", found[0], "must be equal to `hostIP`")
    yield from _address_rules(status, before, "hostIPs")


def _address_rules(status: Object, before: Object, field: str) -> Iterator[FieldError]:
    where = f"status.{field}"
    found, known = _addresses(status, field), _addresses(before, field)
    for number, address in enumerate(found):
        if address not in known:
            for message in is_ip_legacy(address, strict=True):
                yield invalid(f"{where}[{number}]", address, message)
    if len(found) < 2:
        return
    problem, dual = _dual_stack(found)
    if problem:
        yield internal(where, f"failed to check for dual stack with error:{problem}")
    if not dual or len(found) > 2:
        detail = "may specify no more than one IP for each IP family"
        yield invalid(where, internal_list(status.get(field), POD_IP), detail)


def _dual_stack(addresses: list[str]) -> tuple[str, bool]:
    """netutils.IsDualStackIPStrings: (error, both families are there)."""
    families = set()
    for position, text in enumerate(addresses):
        address = parse_sloppy(text)
        if address is None:
            return f"invalid IP[{position}]: {text}", False
        mapped = getattr(address, "ipv4_mapped", None)
        families.add(4 if mapped is not None else address.version)
    return "", len(families) == 2


def _user_rules(user: Object, path: str, system: str) -> Iterator[FieldError]:
    """validateContainerStatusUsers."""
    linux = user.get("linux")
    if linux is None:
        return
    if system == "windows":
        yield forbidden(f"{path}.linux", "cannot be set for a windows pod")
    if system != "linux":
        return
    uid = linux.get("uid", 0)
    if not 0 <= uid <= _MAX_UID:
        yield invalid(f"{path}.linux.uid", uid, names.inclusive_range_error(0, _MAX_UID))
    for message in names.is_user_id(linux.get("gid", 0)):
        yield invalid(f"{path}.linux.gid", linux.get("gid", 0), message)
    for number, group in enumerate(linux.get("supplementalGroups") or ()):
        for message in names.is_user_id(group):
            yield invalid(f"{path}.linux.supplementalGroups[{number}]", group, message)
