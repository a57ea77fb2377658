"""What a job's status may say: rules for who reports that pods ran and the job ended.

Most hold only where the report changes what they look at, so that a status that is wrong already
can still be written.

Upstream: pkg/apis/batch/validation validateJobStatus and ValidateJobStatusUpdate,
pkg/registry/batch/job getStatusValidationOptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.batch import indexes
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.machinery.causes import duplicate, invalid, invalid_unshown, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import non_negative
from fakek8s.machinery.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_COUNTS = ("active", "succeeded", "failed", "ready", "terminating")
_OUTCOMES = ("Complete", "Failed")
_FINISHED = "is required for finished job"


def has(job: Object, kind: str, status: str = "True") -> bool:
    """Whether a condition of this type has this status."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == kind and c.get("status") == status for c in conditions)


def finished(job: Object) -> bool:
    """Whether the job is Complete or Failed."""
    return any(has(job, kind) for kind in _OUTCOMES)


@dataclass(frozen=True, slots=True)
class _Change:
    """What a report changes."""

    new: Object
    old: Object

    def of(self, *fields: str) -> bool:
        """Whether one of these fields of the status changes."""
        new, old = self.new["status"], self.old["status"]
        return any(not same(new.get(name), old.get(name), name) for name in fields)

    def condition(self, *kinds: str) -> bool:
        """Whether one of these conditions starts or ends to hold."""
        return any(has(self.new, kind) != has(self.old, kind) for kind in kinds)

    @property
    def end(self) -> bool:
        """Whether the job ends (or goes on after it had ended)."""
        return finished(self.new) != finished(self.old)


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateJobStatusUpdate."""
    assert op.old is not None
    change = _Change(obj, op.old)
    status = obj["status"]
    for name in _COUNTS:
        yield from non_negative(status.get(name), f"status.{name}")
    yield from _uncounted_rules(status.get("uncountedTerminatedPods") or {})
    yield from _outcome_rules(obj, change)
    yield from _time_rules(obj, change)
    yield from _end_rules(obj, change, op)
    yield from _index_rules(obj, change)
    yield from _pod_rules(obj, change)
    yield from _success_rules(obj)
    yield from _transition_rules(obj, op.old, change)


def _uncounted_rules(uncounted: Object) -> Iterator[FieldError]:
    seen: set[str] = set()
    for field in ("succeeded", "failed"):
        for number, uid in enumerate(uncounted.get(field) or ()):
            path = f"status.uncountedTerminatedPods.{field}[{number}]"
            if not uid:
                yield invalid(path, uid, "must not be empty")
            elif uid in seen:
                yield duplicate(path, uid)
            seen.add(uid)


def _outcome_rules(obj: Object, change: _Change) -> Iterator[FieldError]:
    if not has(obj, "Complete"):
        return
    path = "status.conditions"
    if change.condition("Complete", "Failed") and has(obj, "Failed"):
        yield invalid_unshown(path, "cannot set Complete=True and Failed=true conditions")
    if change.condition("Complete", "FailureTarget") and has(obj, "FailureTarget"):
        yield invalid_unshown(path, "cannot set Complete=True and FailureTarget=true conditions")


def _time_rules(obj: Object, change: _Change) -> Iterator[FieldError]:
    status, path = obj["status"], "status.completionTime"
    start, end = status.get("startTime"), status.get("completionTime")
    if change.condition("Complete") or change.of("completionTime"):
        if end is not None and not has(obj, "Complete"):
            detail = "cannot set completionTime when there is no Complete=True condition"
            yield invalid(path, end, detail)
        if end is None and has(obj, "Complete"):
            yield required(path, "completionTime is required for Complete jobs")
    if (
        change.of("startTime", "completionTime")
        and start is not None
        and end is not None
        and parse_time(end) < parse_time(start)
    ):
        yield invalid(path, end, "must be equal to or after `startTime`")


def _end_rules(obj: Object, change: _Change, op: Operation) -> Iterator[FieldError]:
    status, spec, path = obj["status"], obj["spec"], "status.conditions"
    if (change.condition("Failed") or change.of("failedIndexes")) and (
        has(obj, "Failed") and not has(obj, "FailureTarget")
    ):
        detail = "cannot set Failed=True condition without the FailureTarget=true condition"
        yield invalid_unshown(path, detail)
    if change.condition("Complete", "SuccessCriteriaMet") and (
        has(obj, "Complete") and not has(obj, "SuccessCriteriaMet")
    ):
        detail = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"
        yield invalid_unshown(path, detail)
    if not finished(obj):
        return
    active = status.get("active", 0)
    if (change.end or change.of("active")) and active > 0:
        yield invalid("status.active", active, "active>0 is invalid for finished job")
    nothing_to_do = spec.get("suspend") is True and spec.get("completions") == 0
    if (
        (change.end or change.of("startTime"))
        and not nothing_to_do
        and status.get("startTime") is None
    ):
        yield required("status.startTime", f"startTime {_FINISHED}")
    uncounted = status.get("uncountedTerminatedPods") or {}
    if (change.end or change.of("uncountedTerminatedPods")) and any(
        uncounted.get(field) for field in ("failed", "succeeded")
    ):
        where = "status.uncountedTerminatedPods"
        shown = internal_form(uncounted, op.kind, *where.split("."))
        yield invalid(where, shown, "must be empty for finished job")


def _index_rules(obj: Object, change: _Change) -> Iterator[FieldError]:
    status, spec = obj["status"], obj["spec"]
    completed, failed = status.get("completedIndexes", ""), status.get("failedIndexes")
    completions, per_index = spec.get("completions"), spec.get("backoffLimitPerIndex")
    new_completed, new_failed = change.of("completedIndexes"), change.of("failedIndexes")
    if new_completed and completions is not None:
        yield from _format_rules(completed, completions, "completedIndexes")
    if new_failed and failed is not None and None not in (completions, per_index):
        yield from _format_rules(failed, completions, "failedIndexes")
    if new_completed and completed and spec.get("completionMode") != "Indexed":
        detail = "cannot set non-empty completedIndexes when non-indexed completion mode"
        yield invalid("status.completedIndexes", completed, detail)
    if new_failed and failed is not None and per_index is None:
        detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
        yield invalid("status.failedIndexes", failed, detail)
    if (new_completed or new_failed) and completions is not None and failed is not None:
        common = indexes.overlap(completed, failed, completions)
        if common is not None:
            detail = f"failedIndexes and completedIndexes overlap at index: {common}"
            yield invalid("status.failedIndexes", failed, detail)


def _format_rules(text: str, completions: int, field: str) -> Iterator[FieldError]:
    try:
        indexes.count(text, completions)
    except indexes.IndexesError as error:
        yield invalid(f"status.{field}", text, f"error parsing {field}: {error}")


def _pod_rules(obj: Object, change: _Change) -> Iterator[FieldError]:
    status = obj["status"]
    terminating, ready = status.get("terminating"), status.get("ready")
    if (change.end or change.of("terminating")) and (terminating or 0) > 0 and finished(obj):
        detail = "terminating>0 is invalid for finished job"
        yield invalid("status.terminating", terminating, detail)
    if change.of("ready", "active") and ready is not None and ready > status.get("active", 0):
        yield invalid("status.ready", ready, "cannot set more ready pods than active")


def _success_rules(obj: Object) -> Iterator[FieldError]:
    path, met = "status.conditions", has(obj, "SuccessCriteriaMet")
    for kind in ("Failed", "FailureTarget"):
        if met and has(obj, kind):
            detail = f"cannot set SuccessCriteriaMet=True and {kind}=true conditions"
            yield invalid_unshown(path, detail)
    if obj["spec"].get("successPolicy") is not None and not met and has(obj, "Complete"):
        detail = (
            "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"
        )
        yield invalid_unshown(path, detail)


def _transition_rules(obj: Object, old: Object, change: _Change) -> Iterator[FieldError]:
    status, before, spec = obj["status"], old["status"], obj["spec"]
    path = "status.conditions"
    for kind in ("Failed", "Complete", "FailureTarget"):
        if has(old, kind) and not has(obj, kind):
            yield invalid_unshown(path, f"cannot disable the terminal {kind}=True condition")
    scales = spec.get("completionMode") == "Indexed" and (
        spec.get("completions") == spec.get("parallelism")
    )
    for field in ("failed", "succeeded")[: 1 if scales else 2]:
        if status.get(field, 0) < before.get(field, 0):
            detail = f"cannot decrease the {field} counter"
            yield invalid(f"status.{field}", status.get(field, 0), detail)
    end, was = status.get("completionTime"), before.get("completionTime")
    if end is not None and was is not None and end != was:
        yield invalid("status.completionTime", end, IMMUTABLE)
    start, began = status.get("startTime"), before.get("startTime")
    resuming = has(old, "Suspended") and has(obj, "Suspended", "False")
    if began is not None and start != began and not spec.get("suspend") and not resuming:
        detail = f"{IMMUTABLE} for unsuspended job once set"
        yield invalid("status.startTime", start, detail)
    met, had = has(obj, "SuccessCriteriaMet"), has(old, "SuccessCriteriaMet")
    if had and not met:
        yield invalid_unshown(path, "cannot disable the SuccessCriteriaMet=True condition")
    if has(old, "Complete") and not had and met:
        detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"
        yield invalid_unshown(path, detail)
