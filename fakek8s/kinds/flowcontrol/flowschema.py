"""FlowSchemas: which requests belong to which priority level.

Upstream: pkg/registry/flowcontrol/flowschema, pkg/apis/flowcontrol/validation
ValidateFlowSchema, pkg/apis/flowcontrol/v1 SetDefaults_FlowSchemaSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.flowcontrol.mandatory import fixed_schema
from fakek8s.kinds.flowcontrol.requests import policy_rules
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.declarative import same
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.status import ALL, status
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_DEFAULT_PRECEDENCE = 1000
_HIGHEST_PRECEDENCE = 10000
_METHODS = ("ByNamespace", "ByUser")


def default_precedence(obj: Object) -> None:
    """SetDefaults_FlowSchemaSpec."""
    spec = obj.setdefault("spec", {})
    if not spec.get("matchingPrecedence"):
        spec["matchingPrecedence"] = _DEFAULT_PRECEDENCE


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateFlowSchemaSpec, and that the mandatory ones stay as they are."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    precedence, path = spec.get("matchingPrecedence", 0), "spec.matchingPrecedence"
    if precedence <= 0:
        yield invalid(path, precedence, "must be a positive value")
    if precedence > _HIGHEST_PRECEDENCE:
        yield invalid(path, precedence, f"must not be greater than {_HIGHEST_PRECEDENCE}")
    if precedence == 1 and name != "exempt":
        text = "only the schema named 'exempt' may have matchingPrecedence 1"
        yield invalid(path, precedence, text)
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type", "") not in _METHODS:
        shown = {"Type": method.get("type", "")}
        yield not_supported("spec.distinguisherMethod.type", shown, _METHODS)
    level = (spec.get("priorityLevelConfiguration") or {}).get("name", "")
    if not level:
        text = "must reference a priority level"
        yield required("spec.priorityLevelConfiguration.name", text)
    for message in subdomain_name(level, False) if level else ():
        yield invalid("spec.priorityLevelConfiguration.name", level, message)
    for number, rule in enumerate(spec.get("rules") or ()):
        yield from policy_rules(rule, f"spec.rules[{number}]")
    fixed = fixed_schema(name)
    if fixed is not None and not same(spec, fixed):
        text = f"spec of '{name}' must equal the fixed value"
        yield invalid("spec", internal_form(spec, op.kind, "spec"), text)


def condition_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateFlowSchemaStatus, the same for priority levels."""
    seen: set[str] = set()
    for number, condition in enumerate((obj.get("status") or {}).get("conditions") or ()):
        path, kind = f"status.conditions[{number}].type", condition.get("type", "")
        if kind in seen:
            yield duplicate(path, kind)
        seen.add(kind)
        if not kind:
            yield required(path)


def schema_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL."""
    spec, method = obj["spec"], obj["spec"].get("distinguisherMethod")
    missing = "?"
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Dangling":
            missing = condition.get("status", "")
            break
    return [
        obj["metadata"].get("name", ""),
        (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 0),
        cells.NONE if method is None else method.get("type", ""),
        cells.age(obj, now),
        missing,
    ]


KIND = Behaviour(
    group="flowcontrol.apiserver.k8s.io",
    plural="flowschemas",
    defaults=(default_precedence,),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation,), rules=(finalizer_names, spec_rules, condition_rules)
    ),
    status=status(rules=(condition_rules,), keeps=ALL),
    cells=schema_cells,
)
