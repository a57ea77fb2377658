"""What an update may keep because the older object already had it.

Upstream: pkg/api/pod GetValidationOptionsFromPodSpecAndMeta.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.annotations import deletion_cost_is_valid
from fakek8s.kinds.shared.podtemplate.options import Options, containers_of
from fakek8s.kinds.shared.podtemplate.paths import local_path
from fakek8s.kinds.shared.podtemplate.quantities import (
    is_divisible_by_page,
    is_huge_page,
    is_restartable,
)
from fakek8s.kinds.shared.podtemplate.scheduling import (
    PREFERRED,
    REQUIRED,
    match_label_keys_rules,
    term_selector_rules,
)
from fakek8s.kinds.shared.podtemplate.security import host_sysctl_problem
from fakek8s.kinds.shared.podtemplate.selectors import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]


def options_for(op: Operation, old: Object | None, *, pod: bool) -> Options:
    """The options for an object that replaces `old`, a pod or a template (None: a new one)."""
    basic = strict_options(pod=pod, privileged=bool(op.settings.get("allow_privileged")))
    if old is None:
        return basic
    spec: Object = old.get("spec") or {}
    changes = {name: True for name, holds in _SPEC.items() if holds(spec)}
    if not deletion_cost_is_valid((old.get("metadata") or {}).get("annotations") or {}):
        changes["invalid_deletion_cost"] = True
    return replace(basic, **changes) if changes else basic


@lru_cache(maxsize=4)
def strict_options(*, pod: bool, privileged: bool) -> Options:
    """The options for a new object, a pod or a template."""
    return Options(pod=pod, privileged=privileged)


def old_template(op: Operation, path: str) -> Object | None:
    """The older object's template at a dotted path, if this is an update."""
    if op.verb != "update" or op.old is None:
        return None
    found: Any = op.old
    for name in path.split("."):
        found = found.get(name)
        if found is None:
            return None
    template: Object = found
    return template


def _resource_lists(spec: Object) -> Iterator[Object]:
    for container in containers_of(spec):
        if resources := container.get("resources"):
            yield resources.get("limits") or {}
            yield resources.get("requests") or {}
    yield spec.get("overhead") or {}


def _indivisible_huge_pages(spec: Object) -> bool:
    return any(
        is_huge_page(name) and not is_divisible_by_page(name, parse(text))
        for resources in _resource_lists(spec)
        for name, text in resources.items()
    )


def _pod_affinity_terms(spec: Object) -> Iterator[Object]:
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind) or {}
        yield from found.get(REQUIRED) or ()
        for weighted in found.get(PREFERRED) or ():
            yield weighted.get("podAffinityTerm") or {}


def _invalid_selector_values(spec: Object) -> bool:
    return any(any(term_selector_rules(term, "")) for term in _pod_affinity_terms(spec))


def _invalid_node_affinity_values(spec: Object) -> bool:
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    return any(
        names.is_label_value(value)
        for term in (node.get(REQUIRED) or {}).get("nodeSelectorTerms") or ()
        for expression in term.get("matchExpressions") or ()
        for value in expression.get("values") or ()
    )


def _constraints(spec: Object) -> list[Object]:
    found: list[Object] = spec.get("topologySpreadConstraints") or []
    return found


def _invalid_spread_selector(spec: Object) -> bool:
    return any(any(label_selector_rules(c.get("labelSelector"), "")) for c in _constraints(spec))


def _invalid_match_label_keys(spec: Object) -> bool:
    return any(
        any(match_label_keys_rules(c.get("matchLabelKeys") or [], [], c.get("labelSelector"), ""))
        for c in _constraints(spec)
    )


def _non_local_token_path(spec: Object) -> bool:
    return any(
        any(local_path(source["serviceAccountToken"].get("path", ""), ""))
        for volume in spec.get("volumes") or ()
        for source in (volume.get("projected") or {}).get("sources") or ()
        if source.get("serviceAccountToken") is not None
    )


def _host_sysctls(spec: Object) -> bool:
    sysctls = (spec.get("securityContext") or {}).get("sysctls") or ()
    return any(host_sysctl_problem(sysctl.get("name", ""), spec) for sysctl in sysctls)


def _toleration_comparison(spec: Object) -> bool:
    return any(t.get("operator") in ("Lt", "Gt") for t in spec.get("tolerations") or ())


def _own_users(spec: Object) -> bool:
    return spec.get("hostUsers") is False


def _empty_image_reference(spec: Object) -> bool:
    return any(
        volume.get("image") is not None and not volume["image"].get("reference")
        for volume in spec.get("volumes") or ()
    )


def _system_admin_without_escalation(spec: Object) -> bool:
    for container in containers_of(spec):
        context = container.get("securityContext") or {}
        added = (context.get("capabilities") or {}).get("add") or ()
        if not context.get("allowPrivilegeEscalation") and "CAP_SYS_ADMIN" in added:
            return True
    return False


def _restart_on_resize(spec: Object) -> bool:
    return any(
        policy.get("restartPolicy") == "RestartContainer"
        for container in spec.get("initContainers") or ()
        if not is_restartable(container)
        for policy in container.get("resizePolicy") or ()
    )


_SPEC: dict[str, Callable[[Object], bool]] = {
    "indivisible_huge_pages": _indivisible_huge_pages,
    "invalid_selector_values": _invalid_selector_values,
    "invalid_node_affinity_values": _invalid_node_affinity_values,
    "invalid_spread_selector": _invalid_spread_selector,
    "invalid_match_label_keys": _invalid_match_label_keys,
    "non_local_token_path": _non_local_token_path,
    "host_sysctls": _host_sysctls,
    "toleration_comparison": _toleration_comparison,
    "user_namespace_with_host_network": lambda spec: (
        _own_users(spec) and bool(spec.get("hostNetwork"))
    ),
    "user_namespace_with_devices": lambda spec: (
        _own_users(spec) and any(c.get("volumeDevices") for c in containers_of(spec))
    ),
    "empty_image_reference": _empty_image_reference,
    "system_admin_without_escalation": _system_admin_without_escalation,
    "restart_on_resize_of_init_containers": _restart_on_resize,
}
