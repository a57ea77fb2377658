"""CronJobs: a job of one template at each time of a schedule.

Upstream: pkg/registry/batch/cronjob, pkg/apis/batch/validation ValidateCronJob*,
pkg/apis/batch/v1 SetDefaults_CronJob and zz_generated.validations.go,
pkg/printers/internalversion printCronJob.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.batch import jobspec, schedule
from fakek8s.kinds.batch.job import host_name_warning
from fakek8s.kinds.batch.timezone import location_problem
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.selectors import parsed
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_POLICIES = ("Allow", "Forbid", "Replace")
#: The controller adds eleven characters to name a job.
_MAX_NAME = 52
_ZONE_PART = re.compile(r"[A-Za-z._0-9+-]{1,14}")
_ZONE_IN_SCHEDULE = (
    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)


def default_cron_job(obj: Object) -> None:
    """SetDefaults_CronJob and the defaults of what is in the template."""
    spec = obj["spec"]
    spec["concurrencyPolicy"] = spec.get("concurrencyPolicy") or "Allow"
    for name, value in (
        ("suspend", False),
        ("successfulJobsHistoryLimit", 3),
        ("failedJobsHistoryLimit", 1),
    ):
        if spec.get(name) is None:
            spec[name] = value
    jobspec.default_nested(spec["jobTemplate"]["spec"])


def drop_disabled(obj: Object, op: Operation) -> None:
    """Fields of features that are off."""
    jobspec.drop_disabled(obj["spec"]["jobTemplate"]["spec"])


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateCronJobCreate and ValidateCronJobUpdate."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    old: Object = {} if op.old is None else op.old["spec"]
    zone = spec.get("timeZone")
    if text := spec.get("schedule", ""):
        yield from _schedule_rules(text, zone, "TZ" in old.get("schedule", ""))
    yield from non_negative(spec.get("startingDeadlineSeconds"), "spec.startingDeadlineSeconds")
    if zone is not None and zone != old.get("timeZone"):
        yield from _zone_rules(zone, "spec.timeZone")
    policy = spec["concurrencyPolicy"]
    if policy not in _POLICIES:
        yield not_supported("spec.concurrencyPolicy", policy, _POLICIES)
    yield from _template_rules(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", op)
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from non_negative(spec[field], f"spec.{field}")
    if op.old is None and names.byte_length(name) > _MAX_NAME:
        yield invalid("metadata.name", name, f"must be no more than {_MAX_NAME} characters")
    if not text:
        # A declared rule, which upstream puts behind the written ones.
        yield required("spec.schedule")


def _schedule_rules(text: str, zone: str | None, had_zone: bool) -> Iterator[FieldError]:
    """validateScheduleFormat."""
    try:
        schedule.check(text)
    except schedule.ScheduleError as error:
        yield invalid("spec.schedule", text, str(error))
    if "TZ" not in text:
        return
    if not had_zone:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield invalid("spec.schedule", text, detail)
    elif zone is not None:
        detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
        yield invalid("spec.schedule", text, detail)


def _zone_rules(zone: str, path: str) -> Iterator[FieldError]:
    """validateTimeZone."""
    if not zone:
        yield invalid(path, zone, "timeZone must be nil or non-empty string")
        return
    for part in zone.split("/"):
        if part in (".", "..") or part.startswith("-") or not _ZONE_PART.fullmatch(part):
            yield invalid(path, zone, f"unknown time zone {zone}")
            return
    if zone.lower() == "local":
        detail = (
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        )
        yield invalid(path, zone, detail)
    if problem := location_problem(zone):
        yield invalid(path, zone, problem)


def _template_rules(spec: Object, path: str, op: Operation) -> Iterator[FieldError]:
    """ValidateJobTemplateSpec: the selector will be generated."""
    yield from jobspec.rules(spec, path, op)
    if (selector := spec.get("selector")) is not None:
        yield invalid(f"{path}.selector", selector, "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        yield not_supported(f"{path}.manualSelector", True, ("nil", "false"))


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate."""
    metadata, spec = obj["metadata"], obj["spec"]
    if op.old is None:
        yield from host_name_warning(metadata.get("name", ""))
    if op.old is None or metadata.get("generation") != op.old["metadata"].get("generation"):
        yield from jobspec.warnings(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", op)
    if op.old is not None and "TZ" in spec.get("schedule", ""):
        yield _ZONE_IN_SCHEDULE


def cron_job_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Schedule, Timezone, Suspend, Active, Last Schedule, Age and the wide ones."""
    spec, status = obj["spec"], obj["status"]
    template = spec["jobTemplate"]["spec"]
    zone, last, suspend = spec.get("timeZone"), status.get("lastScheduleTime"), spec.get("suspend")
    selector = parsed(template.get("selector"))
    return [
        obj["metadata"].get("name", ""),
        spec.get("schedule", ""),
        cells.NONE if zone is None else zone,
        "<unset>" if suspend is None else str(bool(suspend)),
        len(status.get("active") or ()),
        cells.NONE if last is None else cells.since(last, now),
        cells.age(obj, now),
        *cells.containers(template.get("template") or {}),
        "<error>" if selector is None else str(selector) or cells.NONE,
    ]


KIND = Behaviour(
    group="batch",
    plural="cronjobs",
    defaults=(default_cron_job,),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, drop_disabled),
        rules=(finalizer_names, rules),
        warnings=(warnings,),
    ),
    status=doors.status(),
    cells=cron_job_cells,
)
