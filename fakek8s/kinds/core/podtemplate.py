"""PodTemplates: a template alone, kept for others to use.

Upstream: pkg/registry/core/podtemplate, pkg/apis/core/validation ValidatePodTemplate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate import (
    default_pod_template,
    drop_disabled_template_fields,
    pod_template_rules,
    pod_template_warnings,
)
from fakek8s.kinds.shared.podtemplate.equality import same
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def _defaults(obj: Object) -> None:
    default_pod_template(obj.setdefault("template", {}))


def _prepare(obj: Object, op: Operation) -> None:
    metadata = obj["metadata"]
    if op.verb == "create":
        metadata["generation"] = 1
    drop_disabled_template_fields(obj["template"])
    if op.verb == "update" and not _keeps_template(obj, op):
        metadata["generation"] = metadata.get("generation", 0) + 1


def _keeps_template(obj: Object, op: Operation) -> bool:
    assert op.old is not None
    return same(obj["template"], op.old["template"])


def _rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    return pod_template_rules(obj["template"], "template", op)


def _warnings(obj: Object, op: Operation) -> Iterable[str]:
    if op.verb == "update" and _keeps_template(obj, op):
        return ()
    return pod_template_warnings(obj["template"], "template", op)


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Containers, Images, Pod Labels."""
    template: Object = obj["template"]
    containers = (template.get("spec") or {}).get("containers") or ()
    labels: Object = (template.get("metadata") or {}).get("labels") or {}
    shown = ",".join(f"{key}={labels[key]}" for key in sorted(labels))
    return [
        obj["metadata"].get("name", ""),
        ",".join(container.get("name", "") for container in containers),
        ",".join(container.get("image", "") for container in containers),
        shown or "<none>",
    ]


KIND = Behaviour(
    group="",
    plural="podtemplates",
    defaults=(_defaults,),
    name=subdomain_name,
    main=Strategy(prepare=(_prepare,), rules=(finalizer_names, _rules), warnings=(_warnings,)),
    cells=_cells,
    returns_deleted=True,
)
