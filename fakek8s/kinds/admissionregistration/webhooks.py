"""Webhooks as both webhook configurations list them.

Upstream: pkg/apis/admissionregistration/validation validateValidatingWebhook and its mutating
twin, pkg/apis/admissionregistration/v1 defaults.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Strategy
from fakek8s.kinds.admissionregistration import matching
from fakek8s.kinds.admissionregistration.expressions import texts
from fakek8s.kinds.admissionregistration.urls import client_rules
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_DEFAULTS: tuple[tuple[str, Any], ...] = (
    ("failurePolicy", "Fail"),
    ("matchPolicy", "Equivalent"),
    ("namespaceSelector", {}),
    ("objectSelector", {}),
    ("timeoutSeconds", 10),
)
_SIDE_EFFECTS = ("None", "NoneOnDryRun", "Some", "Unknown")
_NO_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_VERSIONS = ("v1", "v1beta1")
_VIRTUAL = frozenset(
    (
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    )
)


def default_webhooks(*more: tuple[str, Any]) -> Callable[[Object], None]:
    """SetDefaults_ValidatingWebhook, and what another kind adds."""

    def default(obj: Object) -> None:
        for hook in obj.get("webhooks") or ():
            matching.fill(hook, (*_DEFAULTS, *more))
            matching.default_scope(hook.get("rules"))
            service = (hook.get("clientConfig") or {}).get("service")
            if service is not None:
                matching.fill(service, (("port", 443),))

    return default


def webhook_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateValidatingWebhookConfiguration; what was wrong before may stay so."""
    hooks: list[Object] = obj.get("webhooks") or []
    old: list[Object] = [] if op.old is None else op.old.get("webhooks") or []
    lenient = any(map(_has_invalid_selector, old))
    allowed = _NO_SIDE_EFFECTS if all(map(_has_no_side_effects, old)) else _SIDE_EFFECTS
    recognized = all(map(_is_recognized, old))
    unique = len({hook.get("name", "") for hook in old}) == len(old)
    changed = op.old is None or _conditions(hooks) != _conditions(old)
    stored = frozenset[str]().union(*(texts(h.get("matchConditions"), "expression") for h in old))
    seen: set[str] = set()
    for number, hook in enumerate(hooks):
        path, name = f"webhooks[{number}]", hook.get("name", "")
        yield from _hook_rules(hook, path, allowed, lenient=lenient)
        if changed:
            where = f"{path}.matchConditions"
            yield from matching.condition_rules(hook.get("matchConditions"), where, stored=stored)
        versions = hook.get("admissionReviewVersions") or []
        yield from _version_rules(versions, f"{path}.admissionReviewVersions", recognized)
        if unique and name:
            if name in seen:
                yield duplicate(f"{path}.name", name)
            seen.add(name)


def _conditions(hooks: list[Object]) -> list[Any]:
    return [hook.get("matchConditions") for hook in hooks]


def _has_invalid_selector(hook: Object) -> bool:
    selectors = (hook.get("namespaceSelector"), hook.get("objectSelector"))
    return any(any(label_selector_rules(selector, "")) for selector in selectors)


def _has_no_side_effects(hook: Object) -> bool:
    return hook.get("sideEffects") in _NO_SIDE_EFFECTS


def _is_recognized(hook: Object) -> bool:
    versions = hook.get("admissionReviewVersions") or []
    return not versions or bool(set(versions) & set(_VERSIONS))


def _hook_rules(
    hook: Object, path: str, allowed: tuple[str, ...], *, lenient: bool
) -> Iterator[FieldError]:
    """One webhook, but for its conditions and versions."""
    yield from fully_qualified_name_rules(hook.get("name", ""), f"{path}.name")
    for number, rule in enumerate(hook.get("rules") or ()):
        yield from matching.operation_rules(rule, f"{path}.rules[{number}]")
    for name, choices in (
        ("failurePolicy", matching.FAILURE_POLICIES),
        ("matchPolicy", matching.MATCH_POLICIES),
    ):
        value = hook.get(name)
        if value is not None and value not in choices:
            yield not_supported(f"{path}.{name}", value, choices)
    effects = hook.get("sideEffects")
    if effects is None:
        yield required(f"{path}.sideEffects", f"must specify one of {', '.join(allowed)}")
    elif effects not in allowed:
        yield not_supported(f"{path}.sideEffects", effects, allowed)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        text = "the timeout value must be between 1 and 30 seconds"
        yield invalid(f"{path}.timeoutSeconds", seconds, text)
    for name in ("namespaceSelector", "objectSelector"):
        where = f"{path}.{name}"
        yield from label_selector_rules(hook.get(name), where, any_value=lenient)
    policy = hook.get("reinvocationPolicy")
    if policy is not None and policy not in matching.REINVOCATION_POLICIES:
        choices = matching.REINVOCATION_POLICIES
        yield not_supported(f"{path}.reinvocationPolicy", policy, choices)
    yield from client_rules(hook.get("clientConfig") or {}, f"{path}.clientConfig")


def fully_qualified_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """IsFullyQualifiedName."""
    if not name:
        yield required(path)
        return
    for message in names.is_fully_qualified_name(name):
        yield invalid(path, name, message)


def _version_rules(versions: list[str], path: str, recognized: bool) -> Iterator[FieldError]:
    """validateAdmissionReviewVersions."""
    known = ", ".join(_VERSIONS)
    if not versions:
        yield required(path, f"must specify one of {known}")
        return
    for number, version in enumerate(versions):
        where = f"{path}[{number}]"
        if version in versions[:number]:
            yield invalid(where, version, "duplicate version")
            continue
        for message in names.is_dns1035_label(version):
            yield invalid(where, version, message)
    if recognized and not set(versions) & set(_VERSIONS):
        yield invalid(path, versions, f"must include at least one of {known}")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsForValidatingWebhookRules: what webhooks are never asked about."""
    yield from matching.static_name_warnings(obj, op)
    for number, hook in enumerate(obj.get("webhooks") or ()):
        for place, rule in enumerate(hook.get("rules") or ()):
            groups, resources = rule.get("apiGroups") or [], rule.get("resources") or []
            if "*" in groups or "*" in resources:
                continue
            named = dict.fromkeys((group, name) for group in groups for name in resources)
            for group, name in named:
                if (group, name) in _VIRTUAL:
                    yield (
                        f"webhooks[{number}].rules[{place}]: {name}.{group} is excluded from "
                        "admission webhooks; this rule will have no effect"
                    )


DOOR = Strategy(
    prepare=(first_generation,),
    rules=(webhook_rules, matching.static_name_rules),
    warnings=(warnings,),
)
