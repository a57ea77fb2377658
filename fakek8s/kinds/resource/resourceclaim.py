"""ResourceClaims: devices that somebody wants, and which they got.

Upstream: pkg/registry/resource/resourceclaim, pkg/apis/resource/validation
ValidateResourceClaim*, pkg/printers/internalversion printResourceClaim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.resource import allocation, claims
from fakek8s.kinds.resource.naming import GROUP
from fakek8s.kinds.resource.rights import status_rights
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_FIELD,
    covered,
    declaratively,
    field,
    fields,
)
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.status import status
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_claim(obj: Object) -> None:
    """The defaults of the spec, and of the tolerations that the status repeats."""
    claims.default_spec(obj.setdefault("spec", {}))
    devices = ((obj.get("status") or {}).get("allocation") or {}).get("devices") or {}
    for result in devices.get("results") or ():
        claims.default_tolerations(result)


def prepare(obj: Object, op: Operation) -> None:
    """dropDisabledSpecFields."""
    claims.drop_disabled(obj["spec"])


def admin_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """Admin access, asked for new claims."""
    if op.old is None:
        yield from claims.admin_rules(obj["spec"], op)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """A new spec is checked, a stored one stays."""
    if op.old is None:
        yield from claims.spec_rules(obj["spec"], "spec")
    elif obj["spec"] != op.old["spec"]:
        yield covered(invalid("spec", None, IMMUTABLE), "immutable")


def _state(obj: Object) -> str:
    """resourceClaimState."""
    found, deleted = obj.get("status") or {}, obj["metadata"].get("deletionTimestamp")
    states = ["deleted"] if deleted else []
    if found.get("allocation") is None:
        if not deleted:
            states.append("pending")
    else:
        states.append("allocated")
        if found.get("reservedFor"):
            states.append("reserved")
    return ",".join(states)


#: Validate_ResourceClaim.
DECLARED = fields(
    field("spec", IMMUTABLE_FIELD, claims.DECLARED_SPEC),
    field("status", allocation.DECLARED_STATUS),
)

KIND = Behaviour(
    group=GROUP,
    plural="resourceclaims",
    defaults=(default_claim,),
    name=subdomain_name,
    main=doors.main(
        prepare=(prepare,),
        rules=(declaratively(admin_rules, finalizer_names, spec_rules, node=DECLARED),),
    ),
    status_tables=False,
    status=status(
        prepare=(allocation.drop_disabled, allocation.drop_deallocated),
        rules=(
            declaratively(
                allocation.admin_rules,
                status_rights,
                finalizer_names,
                allocation.status_rules,
                node=DECLARED,
            ),
        ),
    ),
    cells=cells.row(_state),
    returns_deleted=True,
)
