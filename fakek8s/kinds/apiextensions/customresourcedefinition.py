"""CustomResourceDefinitions as objects; what they define is served by registry.definitions.

Upstream: apiextensions-apiserver pkg/registry/customresourcedefinition (strategy.go, etcd.go).
The rules and defaults themselves are machinery.structural's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.machinery import meta
from fakek8s.machinery.rules import subdomain_name
from fakek8s.machinery.structural import check_crd, check_defaults, conditions, crd
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def prepare(obj: Object, op: Operation) -> None:
    """The status is the server's; a version that objects are stored in stays known."""
    check_defaults.coerce_defaults(obj, op.settings["custom_resources"].object_meta)
    if op.old is None:
        crd.prepare_create(obj)
    else:
        crd.prepare_update(obj, op.old)


def check(obj: Object, op: Operation) -> list[FieldError]:
    """Every rule of a definition, its CEL rules included."""
    tools = op.settings["custom_resources"]
    if op.old is None:
        return check_crd.check_create(
            obj, tools.object_meta, compiler=tools.rules, evaluators=tools.rules
        )
    return _changed_metadata(obj, op.old) + check_crd.check_update(
        obj, op.old, tools.object_meta, compiler=tools.rules, evaluators=tools.rules
    )


def check_status(obj: Object, op: Operation) -> list[FieldError]:
    """The names and stored versions of a status."""
    found = check_crd.check_status_update(obj)
    return found if op.old is None else _changed_metadata(obj, op.old) + found


def _changed_metadata(obj: Object, old: Object) -> list[FieldError]:
    rules = meta.object_meta_update_rules(obj["metadata"], old["metadata"], "metadata")
    return list(dict.fromkeys(rules))


def warn(obj: Object, op: Operation) -> list[str]:
    """About formats that mean nothing and sets that cannot be."""
    return crd.warnings(obj, op.old)


def mark_terminating(obj: Object, op: Operation) -> bool:
    """The first deletion only adds the finalizer that waits for the objects (REST.Delete)."""
    metadata = obj["metadata"]
    if "deletionTimestamp" in metadata:
        return False
    now = format_time(op.now)
    metadata["deletionTimestamp"] = now
    finalizers = metadata.get("finalizers") or []
    if crd.FINALIZER not in finalizers:
        metadata["finalizers"] = [*finalizers, crd.FINALIZER]
    status = obj["status"] = dict(obj.get("status") or {})
    status["conditions"] = conditions.with_condition(
        status.get("conditions"), conditions.terminating("pending"), now
    )
    return True


def definition_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Scope, Versions, Created At, Group, Kind, ShortNames, Established."""
    spec, names = obj["spec"], obj["spec"].get("names") or {}
    served = [version for version in spec.get("versions") or () if version.get("served")]
    versions = sorted(
        f"{version.get('name', '')}{'(storage)' if version.get('storage') else ''}"
        for version in served
    )
    return [
        obj["metadata"].get("name", ""),
        spec.get("scope", ""),
        ",".join(versions),
        obj["metadata"].get("creationTimestamp"),
        spec.get("group", ""),
        names.get("kind", ""),
        ",".join(names.get("shortNames") or ()),
        any(
            condition.get("type") == "Established" and condition.get("status") == "True"
            for condition in (obj.get("status") or {}).get("conditions") or ()
        ),
    ]


KIND = Behaviour(
    group="apiextensions.k8s.io",
    plural="customresourcedefinitions",
    stored_under="apiextensions.k8s.io/customresourcedefinitions",
    defaults=(crd.set_defaults,),
    name=subdomain_name,
    null_rows=True,
    repeats_errors=True,
    generation=True,
    main=Strategy(
        prepare=(first_generation, prepare), rules=(check,), warnings=(warn,), resets=("status",)
    ),
    status_tables=False,
    status=Strategy(
        prepare=(doors.keeping("spec"),),
        rules=(check_status,),
        resets=("spec",),
    ),
    before_delete=mark_terminating,
    precondition_failed="precondition failed",
    cells=definition_cells,
    allow_unconditional_update=False,
)
