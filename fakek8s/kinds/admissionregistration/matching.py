"""Which requests a webhook or a policy is about: rules, selectors, conditions.

Upstream: pkg/apis/admissionregistration/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.admissionregistration.expressions import Expressions
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required, too_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

GROUP = "admissionregistration.k8s.io"
FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")
REINVOCATION_POLICIES = ("IfNeeded", "Never")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
MUTATING_OPERATIONS = ("*", "CONNECT", "CREATE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_MOST_CONDITIONS = 64
_STATIC = ".static.k8s.io"
_RESERVED = (
    f'names ending with "{_STATIC}" are reserved for static manifest-based configurations '
    "and cannot be managed via the API"
)


def fill(obj: Object, values: Iterable[tuple[str, Any]]) -> None:
    """Defaults of fields that are absent or null; a fresh copy of each object among them."""
    for name, value in values:
        if obj.get(name) is None:
            obj[name] = {} if value == {} else value


def default_scope(rules: list[Object] | None) -> None:
    """SetDefaults_Rule."""
    for rule in rules or ():
        fill(rule, (("scope", "*"),))


def default_match(match: Object | None) -> None:
    """SetDefaults_MatchResources."""
    if match is not None:
        fill(
            match,
            (("matchPolicy", "Equivalent"), ("namespaceSelector", {}), ("objectSelector", {})),
        )
        default_scope(match.get("resourceRules"))
        default_scope(match.get("excludeResourceRules"))


def static_name_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStaticSuffix, of new objects."""
    name = obj["metadata"].get("name", "")
    if op.old is None and name.endswith(_STATIC):
        yield invalid("metadata.name", name, _RESERVED)


def static_name_warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsForStaticSuffix, on updates."""
    if op.old is not None and obj["metadata"].get("name", "").endswith(_STATIC):
        yield f"metadata.name: {_RESERVED}"


def operation_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """validateRuleWithOperations."""
    operations = rule.get("operations") or []
    if not operations:
        yield required(f"{path}.operations")
    if len(operations) > 1 and "*" in operations:
        text = "if '*' is present, must not specify other operations"
        yield invalid(f"{path}.operations", operations, text)
    for number, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield not_supported(f"{path}.operations[{number}]", operation, _OPERATIONS)
    for name, words in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(name) or []
        if not values:
            yield required(f"{path}.{name}")
        if len(values) > 1 and "*" in values:
            text = f"if '*' is present, must not specify other {words}"
            yield invalid(f"{path}.{name}", values, text)
        if name == "apiVersions":
            for number, value in enumerate(values):
                if not value:
                    yield required(f"{path}.{name}[{number}]")
    yield from _resource_rules(rule.get("resources") or [], f"{path}.resources")
    scope = rule.get("scope")
    if scope is not None and scope not in _SCOPES:
        yield not_supported(f"{path}.scope", scope, _SCOPES)


def _resource_rules(resources: list[str], path: str) -> Iterator[FieldError]:
    """validateResources."""
    if not resources:
        yield required(path)
    whole: set[str] = set()  # x of x/*
    anywhere: set[str] = set()  # x of */x
    plain = False
    for number, text in enumerate(resources):
        where = f"{path}[{number}]"
        if not text:
            yield required(where)
            continue
        resource, slash, subresource = text.partition("/")
        if not slash:
            plain = text != "*"
            continue
        if resource in whole:
            yield invalid(where, text, f"if '{resource}/*' is present, must not specify {text}")
        if subresource in anywhere:
            yield invalid(where, text, f"if '*/{subresource}' is present, must not specify {text}")
        if subresource == "*":
            whole.add(resource)
        if resource == "*":
            anywhere.add(subresource)
    if len(resources) > 1 and "*/*" in resources:
        text = "if '*/*' is present, must not specify other resources"
        yield invalid(path, resources, text)
    if "*" in resources and plain:
        text = "if '*' is present, must not specify other resources without subresources"
        yield invalid(path, resources, text)


def match_rules(match: Object | None, path: str) -> Iterator[FieldError]:
    """validateMatchResources."""
    if match is None:
        return
    policy = match.get("matchPolicy")
    if policy is None:
        yield required(f"{path}.matchPolicy")
    elif policy not in MATCH_POLICIES:
        yield not_supported(f"{path}.matchPolicy", policy, MATCH_POLICIES)
    for name in ("namespaceSelector", "objectSelector"):
        if match.get(name) is None:
            yield required(f"{path}.{name}")
        yield from label_selector_rules(match.get(name), f"{path}.{name}")
    for name in ("resourceRules", "excludeResourceRules"):
        for number, rule in enumerate(match.get(name) or ()):
            yield from _named_rules(rule, f"{path}.{name}[{number}]")


def _named_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """validateNamedRuleWithOperations."""
    found = rule.get("resourceNames") or []
    for number, name in enumerate(found):
        where = f"{path}.resourceNames[{number}]"
        for message in names.is_path_segment_name(name):
            yield invalid(where, name, message)
        if name in found[:number]:
            yield duplicate(where, name)
    yield from operation_rules(rule, path)


def mutating_operation_rules(match: Object | None, path: str) -> Iterator[FieldError]:
    """What is deleted can't be mutated."""
    for rule in (match or {}).get("resourceRules") or ():
        for operation in rule.get("operations") or ():
            if operation not in MUTATING_OPERATIONS:
                where = f"{path}.resourceRules.operations"
                yield not_supported(where, operation, MUTATING_OPERATIONS)


def condition_rules(
    conditions: list[Object] | None,
    path: str,
    *,
    params: bool = False,
    stored: frozenset[str] = frozenset(),
) -> Iterator[FieldError]:
    """validateMatchConditions. stored: expressions that were there before."""
    conditions = conditions or []
    expressions = Expressions(params=params, composed=False)
    if len(conditions) > _MOST_CONDITIONS:
        yield too_many(path, len(conditions), _MOST_CONDITIONS)
    seen: set[str] = set()
    for number, condition in enumerate(conditions):
        where, name = f"{path}[{number}]", condition.get("name", "")
        text = condition.get("expression", "").strip()
        if not text:
            yield required(f"{where}.expression")
        else:
            yield from expressions.condition(text, f"{where}.expression", stored=text in stored)
        if not name:
            yield required(f"{where}.name")
            continue
        for message in names.is_qualified_name(name):
            yield invalid(f"{where}.name", name, message)
        if name in seen:
            yield duplicate(f"{where}.name", name)
        seen.add(name)
