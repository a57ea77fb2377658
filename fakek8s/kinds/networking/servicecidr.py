"""ServiceCIDRs: the ranges that services' addresses come from.

Upstream: pkg/registry/networking/servicecidr, pkg/apis/networking/validation ValidateServiceCIDR.
That a range is ready, and kept while it is in use, is its controller's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.status import status
from fakek8s.machinery import names
from fakek8s.machinery.addresses import parse_cidr_sloppy
from fakek8s.machinery.causes import index, invalid, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_CIDRS = "spec.cidrs"


def cidrs_of(obj: Object) -> list[str]:
    """spec.cidrs: one of each family at most."""
    return (obj.get("spec") or {}).get("cidrs") or []


def cidr_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateServiceCIDR; afterwards a range of the other family may be added, no more."""
    found = cidrs_of(obj)
    if op.old is None:
        yield from _new_rules(obj, found)
        return
    was = cidrs_of(op.old)
    if len(found) == len(was) or (len(was), len(found)) == (1, 2):
        for number, (new, old) in enumerate(zip(found, was, strict=False)):
            if new != old:
                yield invalid(index(_CIDRS, number), new, IMMUTABLE)
        if len(found) > len(was):
            yield from _new_rules(obj, found)
    else:
        yield invalid(_CIDRS, (obj.get("spec") or {}).get("cidrs"), IMMUTABLE)


def _new_rules(obj: Object, found: list[str]) -> Iterator[FieldError]:
    if not found:
        yield required(_CIDRS, "at least one CIDR required")
        return
    if len(found) > 2:
        # The internal type has no JSON names.
        yield invalid(_CIDRS, {"CIDRs": found}, "may only hold up to 2 values")
        return
    for number, text in enumerate(found):
        for message in names.is_cidr(text):
            yield invalid(index(_CIDRS, number), text, message)
    parsed = [cidr for text in found if (cidr := parse_cidr_sloppy(text)) is not None]
    if len(parsed) == 2 and parsed[0][0].version == parsed[1][0].version:
        text = "may specify no more than one IP for each IP family, "
        yield invalid(_CIDRS, found, f"{text}i.e 192.168.0.0/24 and 2001:db8::/64")


KIND = Behaviour(
    group="networking.k8s.io",
    plural="servicecidrs",
    name=subdomain_name,
    main=doors.main(rules=(finalizer_names, cidr_rules)),
    status=status(),
    cells=cells.row(lambda obj: ",".join(cidrs_of(obj))),
)
