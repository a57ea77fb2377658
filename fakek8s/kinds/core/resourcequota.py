"""ResourceQuotas: how much of each resource a namespace may use, and how much it does.

Upstream: pkg/registry/core/resourcequota, pkg/apis/core/validation ValidateResourceQuota*,
pkg/apis/core/helper, pkg/printers/internalversion printResourceQuota.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.quantities import is_standard, round_up_list
from fakek8s.kinds.shared.podtemplate.resources import quantity_rules, resource_name_rules
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.quantity import parse
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POD_RESOURCES = frozenset(
    (
        "pods",
        "cpu",
        "memory",
        "limits.cpu",
        "limits.memory",
        "requests.cpu",
        "requests.memory",
    )
)
#: The scopes, and the standard resources that each can limit.
_SCOPES = {
    "Terminating": _POD_RESOURCES,
    "NotTerminating": _POD_RESOURCES,
    "BestEffort": frozenset(("pods",)),
    "NotBestEffort": _POD_RESOURCES,
    "PriorityClass": _POD_RESOURCES,
    "VolumeAttributesClass": frozenset(("persistentvolumeclaims", "requests.storage")),
    "CrossNamespacePodAffinity": _POD_RESOURCES,
}
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_EXISTING = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "CrossNamespacePodAffinity",
)
_ONLY_EXISTS = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
    "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
    "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_UNSUPPORTED = "unsupported scope applied to resource"


def default_quantities(obj: Object) -> None:
    """SetObjectDefaults_ResourceQuota: no more than three decimals."""
    for quantities in (
        obj["spec"].get("hard"),
        (obj.get("status") or {}).get("hard"),
        (obj.get("status") or {}).get("used"),
    ):
        if quantities:
            round_up_list(quantities)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateResourceQuota and ValidateResourceQuotaUpdate."""
    spec = obj["spec"]
    yield from _hard_rules(spec.get("hard"), "spec.hard")
    yield from _scope_rules(spec, "spec.scopes")
    if spec.get("scopeSelector") is not None:
        yield from _selector_rules(spec, op)
    if op.old is not None:
        scopes = spec.get("scopes")
        if set(scopes or ()) != set(op.old["spec"].get("scopes") or ()):
            yield invalid("spec.scopes", scopes, IMMUTABLE)


def _hard_rules(quantities: Object | None, path: str) -> Iterator[FieldError]:
    for name, text in (quantities or {}).items():
        where = f"{path}[{name}]"
        yield from resource_name_rules(name, where)
        if "/" not in name and not _is_standard(name):
            yield invalid(where, name, "must be a standard resource for quota")
        yield from quantity_rules(name, text, where)


def _is_standard(name: str) -> bool:
    """IsStandardQuotaResourceName."""
    return name != "storage" and is_standard(name)


def _limits(scope: str, name: str) -> bool:
    """IsResourceQuotaScopeValidForResource."""
    found = _SCOPES.get(scope)
    return found is None or name in found


def _scope_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateResourceQuotaScopes."""
    scopes: list[str] = spec.get("scopes") or []
    for scope in scopes:
        if scope not in _SCOPES:
            yield invalid(path, scopes, "unsupported scope")
        for name in sorted(spec.get("hard") or ()):
            if _is_standard(name) and not _limits(scope, name):
                yield invalid(path, scopes, _UNSUPPORTED)
    for pair in _OPPOSITES:
        if set(pair) <= set(scopes):
            yield invalid(path, scopes, "conflicting scopes")


def _selector_rules(spec: Object, op: Operation) -> Iterator[FieldError]:
    """validateScopedResourceSelectorRequirement."""
    path = "spec.scopeSelector.matchExpressions"
    selector = spec["scopeSelector"]
    requirements: list[Object] = selector.get("matchExpressions") or []
    for requirement in requirements:
        scope = requirement.get("scopeName", "")
        if scope not in _SCOPES:
            yield invalid(f"{path}.scopeName", scope, "unsupported scope")
        for name in sorted(spec.get("hard") or ()):
            if _is_standard(name) and not _limits(scope, name):
                shown = internal_form(selector, op.kind, "spec", "scopeSelector")
                yield invalid(path, shown, _UNSUPPORTED)
        yield from _requirement_rules(requirement, scope, path)
    names = {requirement.get("scopeName", "") for requirement in requirements}
    for pair in _OPPOSITES:
        if set(pair) <= names:
            yield invalid(path, spec.get("scopes"), "conflicting scopes")


def _requirement_rules(requirement: Object, scope: str, path: str) -> Iterator[FieldError]:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if scope in _EXISTING and operator != "Exists":
        yield invalid(f"{path}.operator", operator, _ONLY_EXISTS)
    if operator in ("In", "NotIn"):
        if not values:
            detail = (
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            )
            yield required(f"{path}.values", detail)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = (
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            )
            yield invalid(f"{path}.values", values, detail)
    else:
        yield invalid(f"{path}.operator", operator, "not a valid selector operator")


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateResourceQuotaStatusUpdate."""
    for field in ("hard", "used"):
        yield from _hard_rules(obj["status"].get(field), f"status.{field}")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate: requests above limits."""
    if op.old is not None:
        return
    hard: Object = obj["spec"].get("hard") or {}
    for name in ("cpu", "memory", "storage", "ephemeral-storage"):
        request, limit = f"requests.{name}", f"limits.{name}"
        if request not in hard and name in ("cpu", "memory"):
            request = name
        if request in hard and limit in hard and parse(hard[request]) > parse(hard[limit]):
            yield (
                f"ResourceQuota {request} ({hard[request]}) should be less than "
                f"{limit} ({hard[limit]})"
            )


def quota_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Request, Limit, Age."""
    hard, used = obj["status"].get("hard") or {}, obj["status"].get("used") or {}
    columns: dict[bool, list[str]] = {False: [], True: []}
    for name in sorted(hard):
        text = f"{name}: {used.get(name, '0')}/{hard[name]}"
        columns[name.startswith("limits.")].append(text)
    return [
        obj["metadata"].get("name", ""),
        ", ".join(columns[False]),
        ", ".join(columns[True]),
        cells.age(obj, now),
    ]


KIND = Behaviour(
    group="",
    plural="resourcequotas",
    defaults=(default_quantities,),
    name=subdomain_name,
    main=doors.main(rules=(finalizer_names, rules), warnings=(warnings,)),
    status=doors.status(rules=(finalizer_names, status_rules)),
    cells=quota_cells,
    returns_deleted=True,
)
