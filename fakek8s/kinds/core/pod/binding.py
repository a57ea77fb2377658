"""Binding: a pod gets its node.

Upstream: pkg/registry/core/pod/storage BindingREST, pkg/apis/core/validation ValidatePodBinding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.pod.conditions import set_condition
from fakek8s.kinds.shared.podtemplate.disabled import drop_init_annotations
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kind import Engine, Kind, Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


async def bind(binding: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """POST pods/binding: assigns the node, merges annotations and labels. Raises APIError."""
    metadata: Object = binding.get("metadata") or {}
    if metadata.get("name", "") != op.name:
        raise errors.bad_request("name in URL does not match name in Binding object")
    return await assign(binding, op, engine, op.kind)


async def assign(binding: Object, op: Operation, engine: Engine, pods: Kind) -> tuple[int, Object]:
    """What both doors do: `pods/binding` and the older `bindings`. Raises APIError."""
    found = list(dict.fromkeys(cause.text for cause in binding_rules(binding)))
    if found:
        # Upstream returns the bare aggregate, which has neither code nor reason.
        raise errors.plain(500, found[0] if len(found) == 1 else f"[{', '.join(found)}]")
    if not op.name:
        raise errors.bad_request("Name parameter required.")
    if problems := names.is_path_segment_name(op.name):
        text = f"Name parameter invalid: {quote(op.name)}: {';'.join(problems)}"
        raise errors.bad_request(text)
    change = binder(binding, op)
    await engine.update(pods, op.namespace, op.name, change, op)
    return 201, errors.success(code=201)


def binding_rules(binding: Object) -> Iterator[FieldError]:
    """ValidatePodBinding."""
    target: Object = binding.get("target") or {}
    kind, name = target.get("kind", ""), target.get("name", "")
    if kind not in ("", "Node"):
        yield not_supported("target.kind", kind, ("Node", "<empty>"))
    if not name:
        yield required("target.name")
    elif kind in ("", "Node"):
        for message in names.is_dns1123_subdomain(name):
            yield invalid("target.name", name, message)


def binder(binding: Object, op: Operation) -> Callable[[Object], Object]:
    """The change of a pod that a binding asks for (setPodNodeAndMetadata); raises APIError 409."""
    metadata: Object = binding.get("metadata") or {}
    node = (binding.get("target") or {}).get("name", "")

    def change(pod: Object) -> Object:
        _check_preconditions(pod, metadata)
        problem = _obstacle(pod)
        if problem:
            raise errors.conflict("pods/binding", "", pod["metadata"]["name"], problem)
        pod["spec"]["nodeName"] = node
        for field in ("annotations", "labels"):
            if added := metadata.get(field):
                own = pod["metadata"].get(field) or {}
                pod["metadata"][field] = dict(sorted({**own, **added}.items()))
        drop_init_annotations(pod["metadata"])
        status = pod.setdefault("status", {})
        status.pop("nominatedNodeName", None)
        set_condition(status, "PodScheduled", "True", op.now)
        return pod

    return change


def _check_preconditions(pod: Object, wanted: Object) -> None:
    metadata = pod["metadata"]
    for field, noun, place in (
        ("uid", "UID", "UID in object meta"),
        ("resourceVersion", "ResourceVersion", "ResourceVersion in object meta"),
    ):
        given, found = wanted.get(field), metadata.get(field, "")
        if given and given != found:
            key = f"/pods/{metadata.get('namespace', '')}/{metadata['name']}"
            raise errors.conflict(
                "pods",
                "",
                metadata["name"],
                f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, "
                f"AdditionalErrorMsg: Precondition failed: {noun} in precondition: {given}, "
                f"{place}: {found}",
            )


def _obstacle(pod: Object) -> str:
    name = pod["metadata"]["name"]
    if pod["metadata"].get("deletionTimestamp"):
        return f"pod {name} is being deleted, cannot be assigned to a host"
    if node := pod["spec"].get("nodeName"):
        return f'pod {name} is already assigned to node "{node}"'
    if pod["spec"].get("schedulingGates"):
        return f"pod {name} has non-empty .spec.schedulingGates"
    return ""
