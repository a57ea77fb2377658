"""Who may write which part of a ResourceClaim's status: schedulers and drivers.

Upstream: pkg/registry/resource/utils.go AuthorizedForBinding, AuthorizedForDeviceStatus, behind the
feature gate DRAResourceClaimGranularStatusAuthorization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.auth.user import account_of
from fakek8s.kinds.resource.naming import GROUP
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_RESOURCE = "resourceclaims"
_NODE_OF_ACCOUNT = "authentication.kubernetes.io/node-name"
_ONE_NODE = {"key": "metadata.name", "operator": "In"}
#: What only who binds claims may write.
_BOUND = ("allocation", "reservedFor")


def status_rights(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The rights that changes of a claim's status need beside that to write it."""
    assert op.old is not None
    new, old = obj.get("status") or {}, op.old.get("status") or {}
    yield from _binding(new, old, op)
    if new.get("allocation") is not None:
        yield from _devices(new, old, op)


def _binding(new: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    if all((new.get(name) or None) == (old.get(name) or None) for name in _BOUND):
        return
    if refusal := _refusal(op, op.asked, "binding"):
        text = (
            "changing status.allocation or status.reservedFor requires "
            f'resource="resourceclaims/binding", verb="{op.asked}" permission: {refusal}'
        )
        yield forbidden("status.allocation", text)


def _devices(new: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    verbs = [f"arbitrary-node:{op.asked}"]
    node = _only_node(new["allocation"])
    if node and _is_on(node, op):
        verbs.insert(0, f"associated-node:{op.asked}")
    for driver in sorted(_changed(new.get("devices") or (), old.get("devices") or ())):
        refusals = [_refusal(op, verb, "driver", op.namespace, driver) for verb in verbs]
        if all(refusals):
            text = (
                'changing status.devices requires resource="resourceclaims/driver", '
                f'verb="[{" ".join(verbs)}]" permission: {refusals[0]}'
            )
            yield forbidden("status.devices", text)


def _changed(new: Any, old: Any) -> set[str]:
    """getModifiedDrivers."""
    before = {_key(device): device for device in old}
    after = {_key(device): device for device in new}
    return {
        (after.get(key) or before[key]).get("driver", "")
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


def _key(device: Object) -> tuple[str, ...]:
    return tuple(device.get(name) or "" for name in ("driver", "pool", "device", "shareID"))


def _only_node(allocation: Object) -> str:
    """The one node that an allocation is for, "" if that isn't said so plainly."""
    terms = (allocation.get("nodeSelector") or {}).get("nodeSelectorTerms") or []
    if len(terms) != 1 or terms[0].get("matchExpressions"):
        return ""
    fields = terms[0].get("matchFields") or []
    values = fields[0].get("values") or [] if len(fields) == 1 else []
    if len(values) != 1 or fields[0] != {**_ONE_NODE, "values": values}:
        return ""
    return str(values[0])


def _is_on(node: str, op: Operation) -> bool:
    """saAssociatedWithAllocatedNode: whether a service account writes from this node."""
    if account_of(op.user.name) is None or names.is_dns1123_subdomain(node):
        return False
    return op.user.extra.get(_NODE_OF_ACCOUNT, ()) == (node,)


def _refusal(
    op: Operation, verb: str, subresource: str, namespace: str = "", name: str = ""
) -> str:
    """What is said of a right that the writer lacks, "" if they have it."""
    attributes = {
        "verb": verb,
        "group": GROUP,
        "version": op.kind.version,
        "resource": _RESOURCE,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    allowed, reason = op.settings["authorize"](op.user, attributes)
    if allowed:
        return ""
    what = f"{quote(f'{_RESOURCE}/{subresource}')} in API group {quote(GROUP)}"
    where = f"in the namespace {quote(namespace)}" if namespace else "at the cluster scope"
    text = f"User {quote(op.user.name)} cannot {verb} resource {what} {where}"
    if reason:
        text = f"{text}: {reason}"
    return errors.forbidden(_RESOURCE, GROUP, name, text).message
