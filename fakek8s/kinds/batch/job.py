"""Jobs: pods that run to an end, so many of them as it takes.

Upstream: pkg/registry/batch/job, pkg/apis/batch/validation ValidateJobCreate and
ValidateJobUpdate, pkg/apis/batch/v1 SetDefaults_Job, pkg/printers/internalversion printJob.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.batch import jobspec, jobstatus
from fakek8s.kinds.batch.jobstatus import has
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.kinds.shared.selectors import parsed, unselected
from fakek8s.kinds.shared.written import internal_as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.clone import clone
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name
from fakek8s.machinery.timestamps import human_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
JOB_NAME = "batch.kubernetes.io/job-name"
LEGACY_CONTROLLER_UID = "controller-uid"
LEGACY_JOB_NAME = "job-name"
_MAX_INT32 = 2**31 - 1


def default_job(obj: Object) -> None:
    """SetDefaults_Job and the defaults of what is in the spec."""
    spec = obj["spec"]
    jobspec.default_nested(spec)
    if spec.get("parallelism") is None:
        spec["parallelism"] = 1
        if spec.get("completions") is None:
            spec["completions"] = 1
    per_index = spec.get("backoffLimitPerIndex") is not None
    strict = spec.get("podFailurePolicy") is not None
    for name, value in (
        ("backoffLimit", _MAX_INT32 if per_index else 6),
        ("completionMode", "NonIndexed"),
        ("suspend", False),
        ("podReplacementPolicy", "Failed" if strict else "TerminatingOrFailed"),
        ("manualSelector", False),
    ):
        if spec.get(name) is None:
            spec[name] = value
    default_labels(obj)


def default_labels(obj: Object) -> None:
    """A job without labels shows those of its template."""
    labels = obj["spec"]["template"]["metadata"].get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


def with_labels(obj: Object) -> Object:
    """The default again, for reads apply it too: what was generated shows in a job's labels."""
    default_labels(obj)
    return obj


def generate_selector(obj: Object, op: Operation) -> None:
    """generateSelector: labels and a selector that no other job has."""
    spec, metadata = obj["spec"], obj["metadata"]
    if op.old is not None:
        return
    if not spec["manualSelector"]:
        template = spec["template"]["metadata"]
        labels = dict(template.get("labels") or {})
        shared = bool(labels) and labels == metadata.get("labels")
        for key in (LEGACY_JOB_NAME, JOB_NAME):
            labels.setdefault(key, metadata.get("name", ""))
        for key in (LEGACY_CONTROLLER_UID, CONTROLLER_UID):
            labels.setdefault(key, metadata.get("uid", ""))
        labels = template["labels"] = dict(sorted(labels.items()))
        if shared:
            # Upstream's default gives the job its template's map: what is added shows in both.
            metadata["labels"] = labels
        selector = spec["selector"] = dict(spec.get("selector") or {})
        matched = dict(selector.get("matchLabels") or {})
        matched.setdefault(CONTROLLER_UID, metadata.get("uid", ""))
        selector["matchLabels"] = dict(sorted(matched.items()))


def drop_disabled(obj: Object, op: Operation) -> None:
    """Fields of features that are off."""
    jobspec.drop_disabled(obj["spec"])


def create_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateJobCreate."""
    if op.old is None:
        yield from _generated_rules(obj)
        yield from _spec_rules(obj["spec"], op)
        yield from _host_name_rules(obj)


def _generated_rules(obj: Object) -> Iterator[FieldError]:
    """validateGeneratedSelector."""
    spec, metadata = obj["spec"], obj["metadata"]
    selector = spec.get("selector")
    if spec["manualSelector"] or selector is None:
        return
    uid, name = metadata.get("uid", ""), metadata.get("name", "")
    expected = {
        LEGACY_CONTROLLER_UID: uid,
        LEGACY_JOB_NAME: name,
        CONTROLLER_UID: uid,
        JOB_NAME: name,
    }
    labels = spec["template"]["metadata"].get("labels") or {}
    for key, value in expected.items():
        path, detail = f"spec.template.metadata.labels[{key}]", f"must be '{value}'"
        if key not in labels:
            yield required(path, detail)
        elif labels[key] != value:
            yield invalid(path, labels, detail)
    found = parsed(selector)
    if found is not None and not found.matches(expected):
        yield invalid("spec.selector", selector, "`selector` not auto-generated")


def _spec_rules(spec: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateJobSpec."""
    yield from jobspec.rules(spec, "spec", op)
    selector = spec.get("selector")
    if selector is None:
        yield required("spec.selector")
    else:
        old = None if op.old is None else op.old["spec"].get("selector")
        any_value = any(label_selector_rules(old, ""))
        yield from label_selector_rules(selector, "spec.selector", any_value=any_value)
    found = parsed(selector)
    labels = spec["template"]["metadata"].get("labels")
    if found is not None and not found.matches(labels):
        yield unselected(labels, op)


def _host_name_rules(obj: Object) -> Iterator[FieldError]:
    """validateNameAllowsCompletions: the last pod's name must be a host name."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        last = f"{name}-{completions - 1}"
        if names.is_dns1123_label(last):
            detail = f"will not able to create pod with invalid DNS label: {last}"
            yield invalid("metadata.name", name, detail)


def update_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateJobUpdate."""
    if op.old is None:
        return
    spec, old = obj["spec"], op.old["spec"]
    yield from _spec_rules(spec, op)
    yield from _completion_rules(spec, old)
    yield from _immutable(spec, old, "selector", op)
    yield from _template_rules(spec, op.old, op)
    for name in (
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ):
        yield from _immutable(spec, old, name, op)
    yield from _host_name_rules(obj)


def _immutable(spec: Object, old: Object, name: str, op: Operation) -> Iterator[FieldError]:
    value = spec.get(name)
    if not same(value, old.get(name), name):
        yield invalid(f"spec.{name}", internal_as_written(value, op, "spec", name), IMMUTABLE)


def _completion_rules(spec: Object, old: Object) -> Iterator[FieldError]:
    """validateCompletions: elastic for indexed jobs only, and together with parallelism."""
    completions, before = spec.get("completions"), old.get("completions")
    if completions == before:
        return
    if spec.get("completionMode") != "Indexed":
        yield invalid("spec.completions", completions, IMMUTABLE)
    elif completions is not None and completions != spec["parallelism"]:
        detail = "can only be modified in tandem with spec.parallelism"
        yield invalid("spec.completions", completions, detail)


def _template_rules(spec: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    """validatePodTemplateUpdate: of a suspended job that does not run some things may change."""
    template, before = spec["template"], old["spec"]["template"]
    suspended = bool(old["spec"].get("suspend"))
    idle = old["status"].get("startTime") is None or has(old, "Suspended")
    flexible = suspended and idle and not old["status"].get("active", 0)
    if flexible:
        before = _with_new_scheduling(template, before)
    if not suspended or not flexible:
        if not same(template, before):
            shown = internal_as_written(template, op, "spec", "template")
            yield invalid("spec.template", shown, IMMUTABLE)
    elif not same(template["spec"], _with_new_resources(template["spec"], before["spec"])):
        shown = internal_form(template["spec"], op.kind, "spec", "template", "spec")
        yield invalid("spec.template.spec", shown, IMMUTABLE)


def _with_new_scheduling(template: Object, old: Object) -> Object:
    """The older template with the new one's node affinity, selector, tolerations, labels ..."""
    before = clone(old)
    new, spec = template["spec"], before["spec"]
    for owner, source, fields in (
        (spec, new, ("nodeSelector", "tolerations", "schedulingGates")),
        (before["metadata"], template["metadata"], ("annotations", "labels")),
    ):
        for name in fields:
            owner.pop(name, None)
            if name in source:
                owner[name] = source[name]
    _take_node_affinity(new, spec)
    return before


def _take_node_affinity(new: Object, spec: Object) -> None:
    """The node affinity alone counts as unchanged, and so does one that is all there was."""
    affinity, was = new.get("affinity"), spec.get("affinity")
    if affinity is None and was is None:
        return
    merged = {k: v for k, v in (was or {}).items() if k != "nodeAffinity"}
    if affinity is not None and affinity.get("nodeAffinity") is not None:
        merged["nodeAffinity"] = affinity["nodeAffinity"]
    if merged or affinity is not None:
        spec["affinity"] = merged
    else:
        del spec["affinity"]


def _with_new_resources(new: Object, old: Object) -> Object:
    """The older pod spec with the resources that the new one's containers have."""
    spec = clone(old)
    for kind in ("containers", "initContainers"):
        containers, before = new.get(kind) or [], spec.get(kind) or []
        if len(containers) != len(before):
            continue
        for container, other in zip(containers, before, strict=True):
            if container.get("name") == other.get("name"):
                other["resources"] = container.get("resources", {})
    return spec


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate."""
    metadata = obj["metadata"]
    if op.old is None:
        yield from host_name_warning(metadata.get("name", ""))
    elif metadata.get("generation") == op.old["metadata"].get("generation"):
        return
    yield from jobspec.warnings(obj["spec"], "spec", op)


def host_name_warning(name: str) -> Iterator[str]:
    """Names that pods can't have as host names."""
    if messages := names.is_dns1123_label(name):
        yield (
            "metadata.name: this is used in Pod names and hostnames, which can result in "
            f"surprising behavior; a DNS label is recommended: [{' '.join(messages)}]"
        )


def job_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Status, Completions, Duration, Age and, wide, Containers, Images, Selector."""
    spec, status = obj["spec"], obj["status"]
    selector = parsed(spec.get("selector"))
    return [
        obj["metadata"].get("name", ""),
        _state(obj),
        _completions(spec, status.get("succeeded", 0)),
        _duration(status, now),
        cells.age(obj, now),
        *cells.containers(spec["template"]),
        "<error>" if selector is None else str(selector) or cells.NONE,
    ]


def _state(obj: Object) -> str:
    for kind in ("Complete", "Failed"):
        if has(obj, kind):
            return kind
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if has(obj, kind):
            return kind
    return "Running"


def _completions(spec: Object, succeeded: int) -> str:
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(status: Object, now: datetime) -> str:
    start, end = status.get("startTime"), status.get("completionTime")
    if start is None:
        return ""
    stop = now if end is None else parse_time(end)
    return human_duration((stop - parse_time(start)).total_seconds())


KIND = Behaviour(
    group="batch",
    plural="jobs",
    delete_warning=(
        "child pods are preserved by default when jobs are deleted; set "
        "propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress "
        "this warning"
    ),
    defaults=(default_job,),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, generate_selector, drop_disabled),
        rules=(finalizer_names, create_rules, update_rules),
        warnings=(warnings,),
    ),
    status=doors.status(rules=(finalizer_names, jobstatus.rules)),
    cells=job_cells,
    selectable={"status.successful": lambda obj: str(obj["status"].get("succeeded", 0))},
    unselectable="field label {quoted} not supported for Job",
    orphan_by_default=True,
    to_stored=with_labels,
)
