"""DeviceTaintRules: taints of devices that somebody else than their driver sets.

Upstream: pkg/registry/resource/devicetaintrule, pkg/apis/resource/validation
ValidateDeviceTaintRule*, pkg/printers/internalversion printDeviceTaintRule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.resource.naming import GROUP, driver_rules, label_rules, plain, pool_rules
from fakek8s.kinds.resource.taints import DECLARED_TAINT, default_time, fill_time, taint_rules
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.declarative import declaratively, field
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.status import status
from fakek8s.machinery.causes import too_many
from fakek8s.machinery.rules import subdomain_name
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_CONDITIONS = 8


def default_rule(obj: Object) -> None:
    """SetDefaults_DeviceTaint."""
    default_time(obj.setdefault("spec", {}).setdefault("taint", {}))


def fill(obj: Object, now: datetime) -> None:
    """The time of the write for the taint that names none."""
    fill_time(obj["spec"]["taint"], now)


def prepare(obj: Object, op: Operation) -> None:
    """A new effect holds from now on, unless the writer says otherwise."""
    taint = obj["spec"]["taint"]
    fill(obj, op.now)
    if op.old is not None:
        before = op.old["spec"].get("taint") or {}
        changed = taint.get("effect") != before.get("effect")
        if changed and taint.get("timeAdded") == before.get("timeAdded"):
            taint["timeAdded"] = format_time(op.now)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateDeviceTaintRuleSpec."""
    selector = obj["spec"].get("deviceSelector") or {}
    path = "spec.deviceSelector"
    for name, rules in (("driver", driver_rules), ("pool", pool_rules), ("device", label_rules)):
        if selector.get(name) is not None:
            yield from plain(rules(selector[name], f"{path}.{name}"))
    old = None if op.old is None else op.old["spec"].get("taint") or {}
    yield from taint_rules(obj["spec"]["taint"], old, "spec.taint")


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateDeviceTaintRuleStatusUpdate."""
    conditions, path = (obj.get("status") or {}).get("conditions") or [], "status.conditions"
    yield from condition_list_rules(conditions, path)
    if len(conditions) > _MOST_CONDITIONS:
        yield too_many(path, len(conditions), _MOST_CONDITIONS)


def rule_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Key, Value, Effect, TimeAdded, Age."""
    taint = obj["spec"].get("taint") or {}
    added = taint.get("timeAdded")
    return [
        obj["metadata"].get("name", ""),
        taint.get("key", ""),
        taint.get("value", ""),
        taint.get("effect", ""),
        cells.since(added, now),
        cells.age(obj, now),
    ]


#: Validate_DeviceTaintRule.
DECLARED = field("spec", field("taint", DECLARED_TAINT))

KIND = Behaviour(
    group=GROUP,
    plural="devicetaintrules",
    defaults=(default_rule,),
    timed_default=fill,
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation, prepare),
        rules=(declaratively(finalizer_names, spec_rules, node=DECLARED),),
    ),
    status_tables=False,
    status=status(rules=(finalizer_names, status_rules)),
    cells=rule_cells,
    allow_unconditional_update=False,
)
