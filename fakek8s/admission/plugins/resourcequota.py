"""ResourceQuota: what is created stays within the quotas of its namespace, and is charged there.

Source: apiserver pkg/admission/plugin/resourcequota (controller.go CheckRequest) and kubernetes
pkg/quota/v1. What binds is a quota's status; usage is charged there before the write itself, and
what a write that fails afterwards has charged is for the quota controller to find out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.engine import SELF, registry_of
from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.admission.quota import amounts
from fakek8s.admission.quota.claims import DEVICES, STORAGE
from fakek8s.admission.quota.evaluator import Evaluator, counter
from fakek8s.admission.quota.pods import PODS
from fakek8s.admission.quota.scopes import scopes_of
from fakek8s.admission.quota.services import SERVICES
from fakek8s.machinery.clone import clone
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.update import update

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from fakek8s.admission.quota.amounts import Amounts
    from fakek8s.kind import Operation

Object = dict[str, Any]

_QUOTAS = "resourcequotas"
#: DefaultIgnoredResources: what is not stored, and events.
_IGNORED = frozenset(
    {
        "bindings",
        "componentstatuses",
        "events",
        "events.events.k8s.io",
        "tokenreviews.authentication.k8s.io",
        "selfsubjectreviews.authentication.k8s.io",
        "subjectaccessreviews.authorization.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "localsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    }
)
#: Those that quota counts under an older name too (legacyObjectCountAliases).
_ALIASES = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_EVALUATORS = {
    "pods": PODS,
    "services": SERVICES,
    "persistentvolumeclaims": STORAGE,
    "resourceclaims.resource.k8s.io": DEVICES,
}
_RETRIES = 3


def evaluator_of(plural: str, group: str) -> Evaluator:
    """What measures the objects of a resource."""
    resource = f"{plural}.{group}" if group else plural
    return _EVALUATORS.get(resource) or _counter(plural, group)


@lru_cache(maxsize=512)
def _counter(plural: str, group: str) -> Evaluator:
    return counter(plural, group, plural if not group and plural in _ALIASES else "")


def _validate(obj: Object, op: Operation) -> Awaitable[None] | None:
    if not op.namespace or op.kind.resource == "namespaces":
        return None
    quotas = op.reader.list(_QUOTAS, op.namespace)
    if not quotas or op.kind.resource in _IGNORED:
        return None
    evaluator = evaluator_of(op.kind.plural, op.kind.group)
    if not evaluator.handles(obj, op):
        return None
    charges = _charges(quotas, obj, op, evaluator)
    if not charges or op.dry_run:
        return None
    return _charge(charges, obj, op, evaluator)


def _charges(
    quotas: Sequence[Object], obj: Object, op: Operation, evaluator: Evaluator
) -> list[tuple[Object, Amounts]]:
    """CheckRequest: the quotas to charge and their new usage; raises APIError 403."""
    concerned = [quota for quota in quotas if _concerns(quota, obj, op, evaluator)]
    for quota in concerned:
        _check_form(quota, obj, op, evaluator)
    usage = evaluator.usage(obj, op)
    negative = sorted(name for name, amount in usage.items() if amount.sign() < 0)
    if negative:
        why = f"quota usage is negative for resource(s): {','.join(negative)}"
        raise refuse(op, obj, why)
    found = []
    for quota in concerned:
        grown = amounts.growth(usage, _charged_before(quota, op, evaluator))
        status = quota.get("status") or {}
        hard, used = amounts.of(status.get("hard")), amounts.of(status.get("used"))
        asked = amounts.mask(grown, hard)
        new = amounts.add(used, asked)
        exceeded = {name for name in asked if new[name] > hard[name]}
        if exceeded and op.subresource != "status":
            parts = (
                f"exceeded quota: {quota['metadata']['name']}",
                f"requested: {amounts.pretty(amounts.mask(asked, exceeded))}",
                f"used: {amounts.pretty(amounts.mask(used, exceeded))}",
                f"limited: {amounts.pretty(amounts.mask(hard, exceeded))}",
            )
            raise refuse(op, obj, ", ".join(parts))
        if new != used:
            found.append((quota, new))
    return found


def _concerns(quota: Object, obj: Object, op: Operation, evaluator: Evaluator) -> bool:
    """Matches: the quota bounds something that is measured here, and the object is in scope."""
    hard = (quota.get("status") or {}).get("hard") or {}
    if not evaluator.measures(hard, op.reader):
        return False
    return all(evaluator.in_scope(obj, scope) for scope in scopes_of(quota))


def _check_form(quota: Object, obj: Object, op: Operation, evaluator: Evaluator) -> None:
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    names = evaluator.measures(hard, op.reader)
    name = quota["metadata"]["name"]
    if missing := evaluator.missing(obj, names):
        raise refuse(op, obj, f"failed quota: {name}: {missing}")
    if any(one not in used for one in names):
        unknown = ",".join(sorted(names))
        raise refuse(op, obj, f"status unknown for quota: {name}, resources: {unknown}")


def _charged_before(quota: Object, op: Operation, evaluator: Evaluator) -> Amounts:
    """What the stored object was charged to this quota."""
    if op.verb != "update" or op.old is None:
        return {}
    if not all(evaluator.in_scope(op.old, scope) for scope in scopes_of(quota)):
        return {}
    return evaluator.usage(op.old, op)


async def _charge(
    charges: list[tuple[Object, Amounts]], obj: Object, op: Operation, evaluator: Evaluator
) -> None:
    """checkQuotas: writes the new usage; what was changed meanwhile is checked anew."""
    for attempt in range(_RETRIES + 1):
        failed: list[str] = []
        last: errors.APIError | None = None
        for quota, used in charges:
            try:
                await _write_status(quota, used, op)
            except errors.APIError as error:
                failed.append(quota["metadata"]["name"])
                last = error
        if last is None:
            return
        if attempt == _RETRIES:
            raise last
        again = [
            quota
            for quota in op.reader.list(_QUOTAS, op.namespace)
            if quota["metadata"]["name"] in failed
        ]
        charges = _charges(again, obj, op, evaluator)


async def _write_status(quota: Object, used: Amounts, op: Operation) -> None:
    """The server's own client writes the status, as itself, if nobody changed it meanwhile."""
    registry = registry_of(op)
    changed = clone(quota)
    changed["status"]["used"] = amounts.texts(used)

    async def change(live: Object | None) -> Object:
        return clone(changed)

    await update(
        registry,
        registry.catalogue.by_resource(_QUOTAS),
        op.namespace,
        quota["metadata"]["name"],
        change,
        WriteOptions(),
        SELF,
        subresource="status",
    )


PLUGIN = Plugin(name="ResourceQuota", subresources=None, validate=_validate)
