"""Eviction: a deletion that disruption budgets may refuse.

Upstream: pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.pod.conditions import is_true, set_condition
from fakek8s.kinds.shared.podtemplate.selectors import selector_matches
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]

BUDGETS = "poddisruptionbudgets.policy"
_VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."
_MAX_DISRUPTED = 2000
_ENDED = ("Succeeded", "Failed")
_ATTEMPTS = 20


async def evict(eviction: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """POST pods/eviction. Raises APIError: 429 when a budget forbids it."""
    options = _options(eviction, op)
    if options.get("dryRun"):
        op = replace(op, dry_run=True)
    wants_version = _version(options) is not None
    conflict = errors.conflict("pods", "", op.name)
    for _ in range(_ATTEMPTS):
        pod = op.reader.get("pods", op.namespace, op.name)
        if pod is None:
            raise errors.not_found("pods", "", op.name)
        if not _ignores_budgets(pod):
            break
        enforced = options
        if _must_not_change(pod) and not wants_version:
            enforced = _with_version(options, pod)
        try:
            await _mark_and_delete(op, engine, enforced)
        except errors.APIError as error:
            if error.reason != "Conflict" or wants_version:
                raise
            conflict = error
            continue
        return 201, errors.success(code=201)
    else:
        raise conflict
    await _evict_guarded(pod, options, op, engine)
    return 201, errors.success(code=201)


def _options(eviction: Object, op: Operation) -> Object:
    """The DeleteOptions of an eviction; raises APIError where the body is no good."""
    if (eviction.get("metadata") or {}).get("name", "") != op.name:
        raise errors.bad_request("name in URL does not match name in Eviction object")
    options: Object = dict(eviction.get("deleteOptions") or {})
    field = "ignoreStoreReadErrorWithClusterBreakingPotential"
    if options.get(field):
        detail = "can not be set for pod eviction, try after removing the option"
        cause = invalid(f"deleteOptions.{field}", True, detail)
        raise errors.invalid("Eviction", "policy", op.name, [cause])
    asked = options.get("dryRun") or []
    if op.dry_run and asked and asked != ["All"]:
        text = "Non-matching dry-run options in request and content: "
        raise errors.plain(500, f"{text}[All] and [{' '.join(asked)}]")
    if op.dry_run:
        options["dryRun"] = ["All"]
    return options


def _version(options: Object) -> str | None:
    found: str | None = (options.get("preconditions") or {}).get("resourceVersion")
    return found


def _with_version(options: Object, pod: Object) -> Object:
    version = pod["metadata"]["resourceVersion"]
    preconditions = {**(options.get("preconditions") or {}), "resourceVersion": version}
    return {**options, "preconditions": preconditions}


def _phase(pod: Object) -> str:
    found: str = (pod.get("status") or {}).get("phase", "")
    return found


def _ignores_budgets(pod: Object) -> bool:
    """canIgnorePDB: it has ended, not begun, or goes anyway."""
    deleting = bool(pod["metadata"].get("deletionTimestamp"))
    return deleting or _phase(pod) in (*_ENDED, "Pending")


def _must_not_change(pod: Object) -> bool:
    """shouldEnforceResourceVersion."""
    return _phase(pod) not in _ENDED and not pod["metadata"].get("deletionTimestamp")


async def _evict_guarded(pod: Object, options: Object, op: Operation, engine: Engine) -> None:
    budgets = [
        budget
        for budget in op.reader.list(BUDGETS, op.namespace)
        if selector_matches(
            (budget.get("spec") or {}).get("selector"), pod["metadata"].get("labels") or {}
        )
    ]
    if len(budgets) > 1:
        raise errors.plain(
            500,
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.",
        )
    name, guarded = "", False
    if budgets:
        name = budgets[0]["metadata"]["name"]
        guarded = _may_go_unready(pod, budgets[0])
        if not guarded:
            await _decrement(name, op, engine)
    try:
        await _mark_and_delete(op, engine, _with_version(options, pod) if guarded else options)
    except errors.APIError as error:
        if error.reason == "Conflict" and guarded and _version(options) is None:
            raise _busy(name) from None
        raise


def _may_go_unready(pod: Object, budget: Object) -> bool:
    """Whether a pod that isn't ready may go without using up the budget."""
    if is_true(pod.get("status") or {}, "Ready"):
        return False
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    return bool(healthy >= desired > 0)


async def _mark_and_delete(op: Operation, engine: Engine, options: Object) -> None:
    """addConditionAndDeletePod."""
    if not options.get("dryRun"):

        def change(pod: Object) -> Object:
            _check_preconditions(pod, options)
            set_condition(
                pod.setdefault("status", {}),
                "DisruptionTarget",
                "True",
                op.now,
                "EvictionByEvictionAPI",
                "Eviction API: evicting",
            )
            return pod

        marked = await engine.update(op.kind, op.namespace, op.name, change, op)
        if _version(options) is not None:
            options = _with_version(options, marked)
    await engine.delete(op.kind, op.namespace, op.name, options, op)


def _check_preconditions(pod: Object, options: Object) -> None:
    wanted: Object = options.get("preconditions") or {}
    metadata = pod["metadata"]
    for field, noun, what in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        given, found = wanted.get(field), metadata.get(field, "")
        if given and given != found:
            raise errors.conflict(
                "Pod",
                "",
                metadata["name"],
                f"the {noun} in the precondition ({given}) does not match the {noun} in record "
                f"({found}). The object might have been {what}",
            )


async def _decrement(name: str, op: Operation, engine: Engine) -> None:
    """checkAndDecrement: takes one disruption from the budget; raises APIError if it has none."""

    def change(budget: Object) -> Object:
        status: Object = dict(budget.get("status") or {})
        _check_budget(budget["metadata"], status)
        if op.dry_run:
            return budget
        status["disruptionsAllowed"] -= 1
        if not status["disruptionsAllowed"]:
            _set_insufficient(status, op)
        disrupted = {**(status.get("disruptedPods") or {}), op.name: format_time(op.now)}
        return {**budget, "status": {**status, "disruptedPods": disrupted}}

    budgets = engine.kind(BUDGETS)
    await engine.update(budgets, op.namespace, name, change, op, tracked="status")


def _check_budget(metadata: Object, status: Object) -> None:
    name = metadata["name"]
    if status.get("observedGeneration", 0) < metadata.get("generation", 0):
        raise _busy(name)
    allowed = status.get("disruptionsAllowed", 0)
    prefix = f"The disruption budget {name} does not allow evicting pods currently"
    if allowed < 0:
        why = "pdb disruptions allowed is negative"
        raise _forbidden(name, why, f"{prefix}: {why}")
    if len(status.get("disruptedPods") or ()) > _MAX_DISRUPTED:
        raise _forbidden(
            name,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            f"{prefix}: too many pending evictions not confirmed by PDB controller",
        )
    if not allowed:
        raise _too_many(_why_none(name, status), 0)


def _why_none(name: str, status: Object) -> str:
    prefix = f"The disruption budget {name} does not allow evicting pods currently"
    condition: Object = next(
        (c for c in status.get("conditions") or () if c.get("type") == "DisruptionAllowed"), {}
    )
    said = condition.get("message", "") if condition.get("status") == "False" else ""
    if said and condition.get("reason") == "SyncFailed":
        return f"{prefix} because it failed sync: {said}"
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    if healthy <= desired:
        return (
            f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        )
    return f"{prefix} ({condition.get('reason', '')}): {said}" if said else prefix


def _set_insufficient(status: Object, op: Operation) -> None:
    """UpdateDisruptionAllowedCondition of a budget that is used up."""
    conditions = list(status.get("conditions") or ())
    old: Object = next((c for c in conditions if c.get("type") == "DisruptionAllowed"), {})
    since = old.get("lastTransitionTime") if old.get("status") == "False" else None
    condition: Object = {"type": "DisruptionAllowed", "status": "False"}
    if generation := status.get("observedGeneration"):
        condition["observedGeneration"] = generation
    condition["lastTransitionTime"] = since or format_time(op.now)
    condition["reason"] = "InsufficientPods"
    condition["message"] = ""
    if old:
        conditions[conditions.index(old)] = condition
    else:
        conditions.append(condition)
    status["conditions"] = conditions


def _cause(message: str) -> Object:
    return {"reason": "DisruptionBudget", "message": message}


def _busy(name: str) -> errors.APIError:
    """createTooManyRequestsError."""
    message = f"The disruption budget {name} is still being processed by the server."
    return _too_many(message, 10)


def _too_many(message: str, retry_after: int) -> errors.APIError:
    details = errors.details_of(causes=[_cause(message)], retry_after=retry_after)
    return errors.APIError(429, "TooManyRequests", _VIOLATED, details, retry_after=retry_after)


def _forbidden(name: str, why: str, message: str) -> errors.APIError:
    error = errors.forbidden("poddisruptionbudget", "policy", name, why)
    details = errors.details_of(name, "policy", "poddisruptionbudget", causes=[_cause(message)])
    return errors.APIError(403, "Forbidden", error.message, details)
