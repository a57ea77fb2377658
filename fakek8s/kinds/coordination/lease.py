"""Leases: who holds what, renewed before they run out.

Upstream: pkg/registry/coordination/lease, pkg/apis/coordination/validation ValidateLeaseSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def drop_coordination(obj: Object, op: Operation) -> None:
    """Fields of CoordinatedLeaderElection, which is off in 1.37."""
    for name in ("strategy", "preferredHolder"):
        obj["spec"].pop(name, None)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateLeaseSpec."""
    spec = obj["spec"]
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    yield from non_negative(spec.get("leaseTransitions"), "spec.leaseTransitions")


KIND = Behaviour(
    group="coordination.k8s.io",
    plural="leases",
    name=subdomain_name,
    main=Strategy(prepare=(drop_coordination,), rules=(spec_rules,)),
    cells=cells.row(lambda obj: obj["spec"].get("holderIdentity") or ""),
    allow_create_on_update=True,
    allow_unconditional_update=False,
)
