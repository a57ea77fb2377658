"""DenyServiceExternalIPs: services get no more external addresses than they have.

Source: kubernetes plugin/pkg/admission/network/denyserviceexternalips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]


def _addresses(service: Object | None) -> set[str]:
    return set(((service or {}).get("spec") or {}).get("externalIPs") or ())


def _validate(service: Object, op: Operation) -> None:
    if not _addresses(service) <= _addresses(op.old):
        raise refuse(op, service, "Use of external IPs is denied by admission control")


PLUGIN = Plugin(
    name="DenyServiceExternalIPs", resources=frozenset({"services"}), validate=_validate
)
