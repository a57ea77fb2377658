"""What a Job and the template of a CronJob have in common: the spec of a job.

Upstream: pkg/apis/batch/validation validateJobSpec, pkg/apis/batch/v1 defaults.go,
pkg/api/job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.batch.policies import failure_policy_rules, success_policy_rules
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.podtemplate import (
    default_pod_template,
    drop_disabled_template_fields,
    pod_template_rules,
    pod_template_warnings,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required, too_long
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

MODES = ("NonIndexed", "Indexed")
_MANY = 100_000
_HIGH = 10_000
_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_RESTARTS = ("OnFailure", "Never")
_MAX_MANAGER = 63
_INDEXED = "requires indexed completion mode"
_TOO_MANY = (
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than "
    "10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
)


def default_nested(spec: Object) -> None:
    """The defaults of what stands within the spec: the template, patterns of conditions."""
    default_pod_template(spec.setdefault("template", {}))
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern["status"] = pattern.get("status") or "True"


def drop_disabled(spec: Object) -> None:
    """DropDisabledFields and DropDisabledTemplateFields: WorkloadWithJob is off."""
    spec.pop("scheduling", None)
    policy = spec.get("podFailurePolicy")
    if policy is not None and not policy.get("rules"):
        policy["rules"] = None  # the store of upstream tells no empty list from none
    drop_disabled_template_fields(spec["template"])


def warnings(spec: Object, path: str, op: Operation) -> Iterator[str]:
    """WarningsForJobSpec."""
    if (
        spec.get("completionMode") == "Indexed"
        and (spec.get("completions") or 0) > _MANY
        and (spec.get("parallelism") or 0) > _HIGH
    ):
        yield f"{path}: {_TOO_MANY}"
    yield from pod_template_warnings(spec["template"], f"{path}.template", op)


def rules(spec: Object, path: str, op: Operation) -> Iterator[FieldError]:
    """validateJobSpec; `path` (`spec`, `spec.jobTemplate.spec`) is where it stands."""
    for name in _COUNTS:
        yield from non_negative(spec.get(name), f"{path}.{name}")
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    yield from _manager_rules(spec.get("managedBy"), f"{path}.managedBy")
    mode = spec.get("completionMode")
    if mode is not None and mode not in MODES:
        yield not_supported(f"{path}.completionMode", mode, MODES)
    if mode == "Indexed":
        yield from _indexed_rules(spec, path)
    elif mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(name) is not None:
                yield invalid(f"{path}.{name}", spec[name], _INDEXED)
    if spec.get("podFailurePolicy") is not None:
        yield from failure_policy_rules(spec, f"{path}.podFailurePolicy")
    if (policy := spec.get("successPolicy")) is not None:
        where = f"{path}.successPolicy"
        if mode != "Indexed":
            yield invalid(where, internal_form(policy, op.kind, *where.split(".")), _INDEXED)
        else:
            yield from success_policy_rules(spec, where)
    yield from _replacement_rules(spec, f"{path}.podReplacementPolicy")
    yield from pod_template_rules(spec["template"], f"{path}.template", op)
    yield from _restart_rules(spec, f"{path}.template.spec.restartPolicy")


def _manager_rules(manager: str | None, path: str) -> Iterator[FieldError]:
    if manager is None:
        return
    if not manager:
        yield required(path)
    else:
        host, _, rest = manager.partition("/")
        for message in names.is_domain_prefixed_path(manager):
            whole = not host or not rest
            shown = manager if whole else rest if message.startswith("Invalid path") else host
            yield invalid(path, shown, message)
    if names.byte_length(manager) > _MAX_MANAGER:
        yield too_long(path, _MAX_MANAGER)


def _indexed_rules(spec: Object, path: str) -> Iterator[FieldError]:
    completions, parallelism = spec.get("completions"), spec.get("parallelism")
    failed, most = spec.get("maxFailedIndexes"), "must be less than or equal to"
    if completions is None:
        yield required(f"{path}.completions", "when completion mode is Indexed")
    if parallelism is not None and parallelism > _MANY:
        detail = f"{most} {_MANY} when completion mode is Indexed"
        yield invalid(f"{path}.parallelism", parallelism, detail)
    if completions is not None and failed is not None and failed > completions:
        yield invalid(f"{path}.maxFailedIndexes", failed, f"{most} completions")
    if failed is not None and failed > _MANY:
        yield invalid(f"{path}.maxFailedIndexes", failed, f"{most} {_MANY}")
    if (completions or 0) <= _MANY or spec.get("backoffLimitPerIndex") is None:
        return
    detail = (
        f"{most} {_HIGH} when completions are above {_MANY} and used with backoff limit per index"
    )
    if failed is None:
        what = f"must be specified when completions is above {_MANY}"
        yield required(f"{path}.maxFailedIndexes", what)
    if parallelism is not None and parallelism > _HIGH:
        yield invalid(f"{path}.parallelism", parallelism, detail)
    if failed is not None and failed > _HIGH:
        yield invalid(f"{path}.maxFailedIndexes", failed, detail)


def _replacement_rules(spec: Object, path: str) -> Iterator[FieldError]:
    policy = spec.get("podReplacementPolicy")
    strict = spec.get("podFailurePolicy") is not None
    choices = ("Failed",) if strict else ("Failed", "TerminatingOrFailed")
    if policy is not None and policy not in choices:
        yield not_supported(path, policy, choices)


def _restart_rules(spec: Object, path: str) -> Iterator[FieldError]:
    policy = spec["template"]["spec"].get("restartPolicy", "")
    if policy in ("", "Always"):
        yield required(path, 'valid values: "OnFailure", "Never"')
    elif policy not in _RESTARTS:
        yield not_supported(path, policy, _RESTARTS)
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid(path, policy, detail)
