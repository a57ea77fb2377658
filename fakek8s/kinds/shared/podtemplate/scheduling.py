"""Where a pod may run: affinity, tolerations, topology spread, scheduling gates.

Upstream: pkg/apis/core/validation validateAffinity, ValidateTolerations,
validateTopologySpreadConstraints, validateSchedulingGates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.selectors import (
    NOT_AN_OPERATOR,
    label_key_rules,
    label_selector_rules,
    requirement_rules,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import positive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_WEIGHT = "must be in the range 1-100"
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def affinity_rules(affinity: Object, path: str, options: Options) -> Iterator[FieldError]:
    """validateAffinity."""
    if node := affinity.get("nodeAffinity"):
        yield from _node_affinity_rules(node, f"{path}.nodeAffinity", options)
    for kind in ("podAffinity", "podAntiAffinity"):
        if found := affinity.get(kind):
            yield from _pod_affinity_rules(found, f"{path}.{kind}", options)


def _node_affinity_rules(affinity: Object, path: str, options: Options) -> Iterator[FieldError]:
    selector = affinity.get(REQUIRED)
    if selector is not None:
        any_value = options.invalid_node_affinity_values
        yield from node_selector_rules(selector, f"{path}.{REQUIRED}", any_value=any_value)
    for number, term in enumerate(affinity.get(PREFERRED) or ()):
        where = f"{path}.{PREFERRED}[{number}]"
        weight = term.get("weight", 0)
        if not 0 < weight <= 100:
            yield invalid(f"{where}.weight", weight, _WEIGHT)
        preference = term.get("preference") or {}
        yield from node_selector_term_rules(preference, f"{where}.preference", any_value=True)


def node_selector_rules(
    selector: Object, path: str, *, any_value: bool = False
) -> Iterator[FieldError]:
    """ValidateNodeSelector."""
    terms = selector.get("nodeSelectorTerms") or ()
    where = f"{path}.nodeSelectorTerms"
    if not terms:
        yield required(where, "must have at least one node selector term")
    for number, term in enumerate(terms):
        yield from node_selector_term_rules(term, f"{where}[{number}]", any_value=any_value)


def node_selector_term_rules(term: Object, path: str, *, any_value: bool) -> Iterator[FieldError]:
    """ValidateNodeSelectorTerm."""
    for number, requirement in enumerate(term.get("matchExpressions") or ()):
        where = f"{path}.matchExpressions[{number}]"
        yield from requirement_rules(requirement, where, any_value, ordered=("Gt", "Lt"))
    for number, requirement in enumerate(term.get("matchFields") or ()):
        yield from _field_rules(requirement, f"{path}.matchFields[{number}]")


def _field_rules(requirement: Object, path: str) -> Iterator[FieldError]:
    operator, key = requirement.get("operator", ""), requirement.get("key", "")
    values = requirement.get("values") or ()
    if operator not in ("In", "NotIn"):
        yield invalid(f"{path}.operator", operator, NOT_AN_OPERATOR)
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{path}.values", detail)
    if key != "metadata.name":
        yield invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for number, value in enumerate(values):
        for message in names.is_dns1123_subdomain(value):
            yield invalid(f"{path}.values[{number}]", value, message)


def _pod_affinity_rules(affinity: Object, path: str, options: Options) -> Iterator[FieldError]:
    for number, term in enumerate(affinity.get(REQUIRED) or ()):
        yield from _term_rules(term, f"{path}.{REQUIRED}[{number}]", options)
    for number, weighted in enumerate(affinity.get(PREFERRED) or ()):
        where = f"{path}.{PREFERRED}[{number}]"
        weight = weighted.get("weight", 0)
        if not 0 < weight <= 100:
            yield invalid(f"{where}.weight", weight, _WEIGHT)
        term = weighted.get("podAffinityTerm") or {}
        yield from _term_rules(term, f"{where}.podAffinityTerm", options)


def term_selector_rules(
    term: Object, path: str, *, any_value: bool = False
) -> Iterator[FieldError]:
    """ValidatePodAffinityTermSelector."""
    for name in ("labelSelector", "namespaceSelector"):
        yield from label_selector_rules(term.get(name), f"{path}.{name}", any_value=any_value)


def _term_rules(term: Object, path: str, options: Options) -> Iterator[FieldError]:
    yield from term_selector_rules(term, path, any_value=options.invalid_selector_values)
    for namespace in term.get("namespaces") or ():
        for message in names.is_dns1123_label(namespace):
            yield invalid(f"{path}.namespace", namespace, message)
    yield from match_label_keys_rules(
        term.get("matchLabelKeys") or [],
        term.get("mismatchLabelKeys") or [],
        term.get("labelSelector"),
        path,
    )
    key = term.get("topologyKey", "")
    if not key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from label_key_rules(key, f"{path}.topologyKey")


def _keys_rules(keys: list[str], selector: Object | None, path: str) -> Iterator[FieldError]:
    if not keys:
        return
    if selector is None:
        yield forbidden(path, "must not be specified when labelSelector is not set")
        return
    for number, key in enumerate(keys):
        yield from label_key_rules(key, f"{path}[{number}]")


def match_label_keys_rules(
    match: list[str], mismatch: list[str], selector: Object | None, path: str
) -> Iterator[FieldError]:
    """ValidateMatchLabelKeysAndMismatchLabelKeys.

    The server has merged the keys into the selector by then, so a key that the selector has twice
    was given by the user as well.
    """
    if not match and not mismatch:
        return
    yield from _keys_rules(match, selector, f"{path}.matchLabelKeys")
    yield from _keys_rules(mismatch, selector, f"{path}.mismatchLabelKeys")
    if selector is not None:
        positions = {key: number for number, key in enumerate(match)}
        seen = set(selector.get("matchLabels") or ())
        for expression in selector.get("matchExpressions") or ():
            key = expression.get("key", "")
            if key in positions and key in seen:
                detail = "exists in both matchLabelKeys and labelSelector"
                yield invalid(f"{path}[{positions[key]}]", key, detail)
            seen.add(key)
    for number, key in enumerate(match):
        if key in mismatch:
            detail = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield invalid(f"{path}.matchLabelKeys[{number}]", key, detail)


def _legacy_label_keys_rules(
    keys: list[str], selector: Object | None, path: str
) -> Iterator[FieldError]:
    """ValidateMatchLabelKeysInTopologySpread, for pods that already fail the newer rule."""
    if not keys:
        return
    if selector is None:
        yield forbidden(path, "must not be specified when labelSelector is not set")
    known = set((selector or {}).get("matchLabels") or ())
    known.update(e.get("key", "") for e in (selector or {}).get("matchExpressions") or ())
    for number, key in enumerate(keys):
        where = f"{path}[{number}]"
        yield from label_key_rules(key, where)
        if key in known:
            yield invalid(where, key, "exists in both matchLabelKeys and labelSelector")


def spread_rules(constraints: list[Object], path: str, options: Options) -> Iterator[FieldError]:
    """validateTopologySpreadConstraints."""
    for number, constraint in enumerate(constraints):
        where = f"{path}[{number}]"
        yield from positive(constraint.get("maxSkew", 0), f"{where}.maxSkew")
        key, action = constraint.get("topologyKey", ""), constraint.get("whenUnsatisfiable", "")
        if not key:
            yield required(f"{where}.topologyKey", "can not be empty")
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            supported = ("DoNotSchedule", "ScheduleAnyway")
            yield not_supported(f"{where}.whenUnsatisfiable", action, supported)
        for other in constraints[number + 1 :]:
            if (other.get("topologyKey", ""), other.get("whenUnsatisfiable", "")) == (key, action):
                field = f"{where}.{{topologyKey, whenUnsatisfiable}}"
                yield duplicate(field, f"{{{key}, {action}}}")
                break
        yield from _spread_option_rules(constraint, action, where)
        selector = constraint.get("labelSelector")
        keys = constraint.get("matchLabelKeys") or []
        if options.invalid_match_label_keys:
            yield from _legacy_label_keys_rules(keys, selector, f"{where}.matchLabelKeys")
        else:
            yield from match_label_keys_rules(keys, [], selector, where)
        if not options.invalid_spread_selector:
            yield from label_selector_rules(selector, f"{where}.labelSelector")


def _spread_option_rules(constraint: Object, action: str, path: str) -> Iterator[FieldError]:
    domains = constraint.get("minDomains")
    if domains is not None:
        yield from positive(domains, f"{path}.minDomains")
        if action != "DoNotSchedule":
            detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
            yield invalid(f"{path}.minDomains", domains, detail)
    for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        policy = constraint.get(name)
        if policy is not None and policy not in ("Honor", "Ignore"):
            yield not_supported(f"{path}.{name}", policy, ("Honor", "Ignore"))


def toleration_rules(
    tolerations: list[Object], path: str, *, comparison: bool = False
) -> Iterator[FieldError]:
    """ValidateTolerations; `comparison` allows the operators Lt and Gt."""
    for number, toleration in enumerate(tolerations):
        yield from _toleration_rules(toleration, f"{path}[{number}]", comparison)


def _toleration_rules(toleration: Object, path: str, comparison: bool) -> Iterator[FieldError]:
    key, operator = toleration.get("key", ""), toleration.get("operator", "")
    effect, value = toleration.get("effect", ""), toleration.get("value", "")
    if key:
        yield from label_key_rules(key, f"{path}.key")
    elif operator != "Exists":
        yield invalid(
            f"{path}.operator",
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all '
            'keys"',
        )
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid(f"{path}.effect", effect, detail)
    if operator in ("Equal", ""):
        if messages := names.is_label_value(value):
            yield invalid(f"{path}.operator", value, ";".join(messages))
    elif operator == "Exists":
        if value:
            detail = "value must be empty when `operator` is 'Exists'"
            yield invalid(f"{path}.operator", value, detail)
    elif operator in ("Lt", "Gt"):
        if not comparison:
            yield not_supported(f"{path}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
    else:
        yield not_supported(f"{path}.operator", operator, ("Equal", "Exists"))
    if effect and effect not in TAINT_EFFECTS:
        yield not_supported(f"{path}.effect", effect, TAINT_EFFECTS)


def gate_rules(gates: list[Object], path: str) -> Iterator[FieldError]:
    """validateSchedulingGates."""
    seen: set[str] = set()
    for number, gate in enumerate(gates):
        name = gate.get("name", "")
        for message in names.is_qualified_name(name):
            yield invalid(f"{path}[{number}]", name, message)
        if name in seen:
            yield duplicate(f"{path}[{number}]", name)
        seen.add(name)
