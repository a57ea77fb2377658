"""LimitRanger: what containers, pods and claims ask for stays within their namespace's limits.

Source: kubernetes plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse, together
from fakek8s.kinds.shared.podtemplate.quantities import aggregate
from fakek8s.machinery.quantity import Quantity, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_RANGES = "limitranges"
_ANNOTATION = "kubernetes.io/limit-ranger"
_LISTS = (("container", "containers"), ("init container", "initContainers"))
#: Beyond this, thousandths do not fit in 64 bits: whole numbers are compared (MaxMilliValue).
_MAX_MILLI = (2**63 - 1) // 1000
_ZERO = Quantity(0)
#: isSupportedPodLevelResource: without hugepages, unlike elsewhere.
_POD_LEVEL = ("cpu", "memory")


def _limits(op: Operation) -> list[list[Object]]:
    """The limits of each range that bind this write."""
    ranges = op.reader.list(_RANGES, op.namespace)
    if not ranges:
        return []
    if op.kind.resource == "pods" and (op.verb == "update") != (op.subresource == "resize"):
        return []
    if op.kind.resource != "pods" and op.subresource:
        return []
    if op.verb == "update" and op.old and "deletionTimestamp" in op.old["metadata"]:
        return []
    return [found.get("spec", {}).get("limits") or [] for found in ranges]


def _admit(pod: Object, op: Operation) -> None:
    if op.kind.resource == "pods":
        for limits in _limits(op):
            _set_defaults(pod, [one for one in limits if one["type"] == "Container"])


def _set_defaults(pod: Object, limits: list[Object]) -> None:
    """mergePodResourceRequirements, in place: the annotation tells what was set."""
    defaults: dict[str, Object] = {"limits": {}, "requests": {}}
    for limit in limits:
        defaults["requests"].update(limit.get("defaultRequest") or {})
        defaults["limits"].update(limit.get("default") or {})
    if not defaults["requests"] and not defaults["limits"]:
        return
    told: list[str] = []
    for label, field in _LISTS:
        for container in pod.get("spec", {}).get(field) or ():
            for kind in ("requests", "limits"):
                if names := _default_one(container, kind, defaults[kind]):
                    what = f"{', '.join(names)} {kind[:-1]} for {label}"
                    told.append(f"{what} {container.get('name', '')}")
    if told:
        annotations = pod["metadata"].get("annotations") or {}
        text = "LimitRanger plugin set: " + "; ".join(told)
        pod["metadata"]["annotations"] = {**annotations, _ANNOTATION: text}


def _default_one(container: Object, kind: str, defaults: Object) -> list[str]:
    resources = container.get("resources") or {}
    given = resources.get(kind) or {}
    missing = sorted(name for name in defaults if name not in given)
    if missing:
        added = {name: defaults[name] for name in missing}
        container["resources"] = {**resources, kind: {**given, **added}}
    return missing


def _validate(obj: Object, op: Operation) -> None:
    check = _pod_problems if op.kind.resource == "pods" else _claim_problems
    for limits in _limits(op):
        problems = [text for limit in limits for text in check(obj, limit)]
        if problems:
            raise refuse(op, obj, together(problems))


def _claim_problems(claim: Object, limit: Object) -> Iterator[str]:
    if limit["type"] != "PersistentVolumeClaim":
        return
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    for name, bound in _sorted(limit, "min"):
        yield from _below(limit["type"], name, bound, requests, {})
    for name, bound in _sorted(limit, "max"):
        yield from _request_above(limit["type"], name, bound, requests)


def _pod_problems(pod: Object, limit: Object) -> Iterator[str]:
    spec = pod["spec"]
    if limit["type"] == "Container":
        for _, field in _LISTS:
            for container in spec.get(field) or ():
                resources = container.get("resources") or {}
                requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
                yield from _problems(limit, requests, limits)
    elif limit["type"] == "Pod":
        yield from _problems(limit, _of_pod(spec, "requests"), _of_pod(spec, "limits"))


def _of_pod(spec: Object, kind: str) -> Object:
    """podRequests, podLimits."""
    total = aggregate(spec, kind)
    own = (spec.get("resources") or {}).get(kind) or {}
    total.update({name: own[name] for name in _POD_LEVEL if name in own})
    return total


def _sorted(limit: Object, field: str) -> list[tuple[str, str]]:
    """Upstream goes through these in no order at all."""
    return sorted((limit.get(field) or {}).items())


def _problems(limit: Object, requests: Object, limits: Object) -> Iterator[str]:
    kind = limit["type"]
    for name, bound in _sorted(limit, "min"):
        yield from _below(kind, name, bound, requests, limits)
    for name, bound in _sorted(limit, "max"):
        yield from _above(kind, name, bound, requests, limits)
    for name, bound in _sorted(limit, "maxLimitRequestRatio"):
        yield from _ratio(kind, name, bound, requests, limits)


def _values(name: str, bound: str, requests: Object, limits: Object) -> tuple[int, int, int]:
    """requestLimitEnforcedValues: (request, limit, bound) in the finest unit that fits."""
    found = [parse(x[name]) if name in x else _ZERO for x in (requests, limits)]
    amounts = (*found, parse(bound))
    request, limit, most = (amount.value() for amount in amounts)
    if max(request, limit, most) <= _MAX_MILLI:
        request, limit, most = (amount.milli_value() for amount in amounts)
    return request, limit, most


def _below(kind: str, name: str, bound: str, requests: Object, limits: Object) -> Iterator[str]:
    request, limit, least = _values(name, bound, requests, limits)
    text = f"minimum {name} usage per {kind} is {bound}"
    if name not in requests:
        yield f"{text}.  No request is specified"
    elif request < least:
        yield f"{text}, but request is {requests[name]}"
    elif name in limits and limit < least:
        yield f"{text}, but limit is {limits[name]}"


def _request_above(kind: str, name: str, bound: str, requests: Object) -> Iterator[str]:
    request, _, most = _values(name, bound, requests, {})
    text = f"maximum {name} usage per {kind} is {bound}"
    if name not in requests:
        yield f"{text}.  No request is specified"
    elif request > most:
        yield f"{text}, but request is {requests[name]}"


def _above(kind: str, name: str, bound: str, requests: Object, limits: Object) -> Iterator[str]:
    request, limit, most = _values(name, bound, requests, limits)
    text = f"maximum {name} usage per {kind} is {bound}"
    if name not in limits:
        yield f"{text}.  No limit is specified"
    elif limit > most:
        yield f"{text}, but limit is {limits[name]}"
    elif name in requests and request > most:
        yield f"{text}, but request is {requests[name]}"


def _ratio(kind: str, name: str, bound: str, requests: Object, limits: Object) -> Iterator[str]:
    request, limit, _ = _values(name, bound, requests, limits)
    text = f"{name} max limit to request ratio per {kind} is {bound}"
    if not request:
        yield f"{text}, but no request is specified or request is 0"
    elif not limit:
        yield f"{text}, but no limit is specified or limit is 0"
    else:
        ratio, most = limit / request, parse(bound)
        precise = most.value() <= _MAX_MILLI
        allowed = most.milli_value() if precise else most.value()
        if (ratio * 1000 if precise else ratio) > allowed:
            yield f"{text}, but provided ratio is {ratio:f}"


PLUGIN = Plugin(
    name="LimitRanger",
    resources=frozenset({"pods", "persistentvolumeclaims"}),
    subresources=frozenset({"", "resize"}),
    mutate=_admit,
    validate=_validate,
)
