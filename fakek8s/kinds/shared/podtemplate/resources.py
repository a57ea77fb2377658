"""Resource requests and limits of containers and pods.

Upstream: pkg/apis/core/validation validateResourceRequirements, validatePodResources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.quantities import (
    aggregate,
    is_divisible_by_page,
    is_extended,
    is_huge_page,
    is_integer,
    is_native,
    is_overcommit_allowed,
    is_standard,
    is_standard_for_containers,
    is_supported_for_pods,
)
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from fakek8s.machinery.printing import bad_value
from fakek8s.machinery.quantity import Quantity, parse
from fakek8s.machinery.rules import NOT_NEGATIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options

Object = dict[str, Any]

_COMMON = frozenset(("cpu", "memory"))


def resource_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """validateResourceName."""
    messages = names.is_qualified_name(name)
    for message in messages:
        yield invalid(path, name, message)
    if not messages and "/" not in name and not is_standard(name):
        yield invalid(path, name, "must be a standard resource type or fully qualified")


def container_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """ValidateContainerResourceName."""
    if name in _COMMON:
        return
    yield from resource_name_rules(name, path)
    if "/" not in name:
        if not is_standard_for_containers(name):
            yield invalid(path, name, "must be a standard resource for containers")
    elif not is_native(name) and not is_extended(name):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def pod_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """validatePodResourceName."""
    errors = list(resource_name_rules(name, path))
    yield from errors
    if not errors and not is_supported_for_pods(name):
        yield not_supported(path, name, ("cpu", "hugepages-", "memory"))


def quantity_rules(name: str, text: str, path: str) -> Iterator[FieldError]:
    """ValidateResourceQuantityValue."""
    quantity = parse(text)
    if quantity.unscaled < 0:
        yield invalid(path, text, NOT_NEGATIVE)
    if name not in _COMMON and is_integer(name) and quantity.milli_value() % 1000:
        yield invalid(path, text, "must be an integer")


def _page_rules(
    name: str, text: str, quantity: Quantity, path: str, options: Options
) -> Iterator[FieldError]:
    if not options.indivisible_huge_pages and not is_divisible_by_page(name, quantity):
        yield invalid(path, text, f"{text} is not positive integer multiple of {name}")


def requirement_rules(
    requirements: Object,
    path: str,
    options: Options,
    claims: Collection[str] = (),
    name_rules: Callable[[str, str], Iterator[FieldError]] = container_name_rules,
) -> Iterator[FieldError]:
    """validateResourceRequirements; `claims` are the names in spec.resourceClaims."""
    limits: Object = requirements.get("limits") or {}
    requests: Object = requirements.get("requests") or {}
    for name, text in limits.items():
        where = f"{path}.limits[{name}]"
        yield from name_rules(name, where)
        yield from quantity_rules(name, text, where)
        if is_huge_page(name):
            yield from _page_rules(name, text, parse(text), where, options)
    for name, text in requests.items():
        where = f"{path}.requests[{name}]"
        yield from name_rules(name, where)
        yield from quantity_rules(name, text, where)
        yield from _balance_rules(name, text, limits.get(name), path)
        if is_huge_page(name):
            yield from _page_rules(name, text, parse(text), where, options)
    if any(map(is_huge_page, (*limits, *requests))) and not _COMMON & {*limits, *requests}:
        yield forbidden(path, "HugePages require cpu or memory")
    if wanted := requirements.get("claims"):
        yield from _claim_rules(wanted, claims, f"{path}.claims")


def _balance_rules(name: str, text: str, limit: str | None, path: str) -> Iterator[FieldError]:
    if limit == text:
        return
    overcommit = is_overcommit_allowed(name)
    if limit is None:
        if not overcommit:
            detail = "Limit must be set for non overcommitable resources"
            yield required(f"{path}.limits", detail)
        return
    quantity, most = parse(text), parse(limit)
    if quantity != most and not overcommit:
        yield invalid(f"{path}.requests", text, f"must be equal to {name} limit of {limit}")
    elif quantity > most:
        detail = f"must be less than or equal to {name} limit of {limit}"
        yield invalid(f"{path}.requests", text, detail)


def _claim_rules(wanted: list[Object], claims: Collection[str], path: str) -> Iterator[FieldError]:
    """validateResourceClaimNames."""
    seen: set[str] = set()
    for number, claim in enumerate(wanted):
        where = f"{path}[{number}]"
        name, request = claim.get("name", ""), claim.get("request", "")
        if not name:
            yield required(where)
            continue
        if name in seen:
            yield duplicate(where, name)
        else:
            if request:
                for message in names.is_dns1123_label(request):
                    yield invalid(f"{where}.request", request, message)
            key = f"{name}/{request}" if request else name
            if key in seen:
                yield duplicate(where, key)
            elif not request:
                for other in seen:
                    if other.partition("/")[0] == name and "/" in other:
                        yield duplicate(where, name)
            seen.add(key)
        if name not in claims:
            known = ": " + ", ".join(sorted(claims)) if claims else " which is empty"
            yield FieldError(
                "FieldValueNotFound",
                where,
                f"Not found: {bad_value(name)}: must be one of the names in "
                f"pod.spec.resourceClaims{known}",
            )


def pod_resource_rules(
    spec: Object, path: str, options: Options, claims: Collection[str]
) -> Iterator[FieldError]:
    """validatePodResources: what the pod as a whole asks for."""
    resources = spec.get("resources")
    if resources is None:
        return
    where = f"{path}.resources"
    if (spec.get("os") or {}).get("name") == "windows":
        yield forbidden(where, "may not be set for a windows pod")
        return
    if resources.get("claims"):
        yield forbidden(f"{where}.claims", "claims may not be set for Resources at pod-level")
    yield from requirement_rules(resources, where, options, claims, pod_name_rules)
    yield from _consistency_rules(spec, resources, where)


def _consistency_rules(spec: Object, resources: Object, path: str) -> Iterator[FieldError]:
    requests: Object = resources.get("requests") or {}
    limits: Object = resources.get("limits") or {}
    for name, needed in aggregate(spec, "requests").items():
        given = requests.get(name)
        if given is not None and parse(needed) > parse(given):
            detail = f"must be greater than or equal to aggregate container requests of {needed}"
            yield invalid(f"{path}.requests[{name}]", given, detail)
    for name, needed in aggregate(spec, "limits").items():
        given = limits.get(name)
        if is_huge_page(name) and given is not None and parse(needed) > parse(given):
            detail = f"must be greater than or equal to aggregate container limits of {needed}"
            yield invalid(f"{path}.limits[{name}]", given, detail)
    for number, container in enumerate(spec.get("containers") or ()):
        for name, text in ((container.get("resources") or {}).get("limits") or {}).items():
            most = limits.get(name)
            if most is not None and parse(text) > parse(most):
                where = f"{path}.containers[{number}][{name}].limits"
                yield invalid(where, text, f"must be less than or equal to pod limits of {most}")
