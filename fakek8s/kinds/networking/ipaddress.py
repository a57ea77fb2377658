"""IPAddresses: addresses that are taken, each an object of its own name.

Upstream: pkg/registry/networking/ipaddress, pkg/apis/networking/validation ValidateIPAddress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.errors import qualified
from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.meta import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PARENT = "spec.parentRef"


def address_name(name: str, prefix: bool) -> list[str]:
    """An address in canonical form; so no name can be generated."""
    return names.is_ip(name)


def parent_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateIPAddressParentReference; the parent stays."""
    parent = obj.get("spec", {}).get("parentRef")
    if parent is not None:
        group = parent.get("group", "")
        for text in names.is_dns1123_subdomain(group) if group else ():
            yield invalid(f"{_PARENT}.group", group, text)
        for field in ("resource", "name", "namespace"):
            value = parent.get(field, "")
            # What is missing from a new address is found by the declared rules, which come last;
            # those of an update stop at the parent, which may not change.
            if not value and field != "namespace" and op.old is not None:
                yield required(f"{_PARENT}.{field}")
            for text in names.is_path_segment_name(value):
                yield invalid(f"{_PARENT}.{field}", value, text)
    if parent is None:
        yield required(_PARENT)
    elif op.old is None:
        for field in ("resource", "name"):
            if not parent.get(field):
                yield required(f"{_PARENT}.{field}")
    if op.old is not None and parent != op.old.get("spec", {}).get("parentRef"):
        yield invalid(_PARENT, None, IMMUTABLE)


def _parent(obj: Object) -> str:
    parent = obj.get("spec", {}).get("parentRef")
    if parent is None:
        return cells.NONE
    shown = qualified(parent.get("resource", ""), parent.get("group", "")).lower()
    namespace = parent.get("namespace", "")
    return "/".join(part for part in (shown, namespace) if part) + f"/{parent.get('name', '')}"


KIND = Behaviour(
    group="networking.k8s.io",
    plural="ipaddresses",
    name=address_name,
    main=Strategy(rules=(finalizer_names, parent_rules)),
    cells=cells.row(_parent),
)
