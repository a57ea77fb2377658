"""What a write of a service reserves: addresses and node ports, undone if the write fails.

Upstream: pkg/registry/core/service/storage (beginCreate, beginUpdate, allocateCreate,
allocateUpdate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.core.service import nodeports
from fakek8s.kinds.core.service.addresses import (
    Addresses,
    give_back,
    offered_families,
    update_addresses,
)
from fakek8s.kinds.core.service.families import init_families
from fakek8s.kinds.core.service.linked import keep_allocated, sync_cluster_ips

if TYPE_CHECKING:
    from fakek8s.kind import Finish, Operation

Object = dict[str, Any]


async def begin(service: Object, op: Operation) -> Finish:
    """Fills in and reserves what the service needs, in place; raises APIError."""
    old = op.old
    if old is not None:
        keep_allocated(service, old)
    sync_cluster_ips(service, old)
    init_families(service, old, offered_families(op))
    addresses, ports = Addresses(service, op), nodeports.NodePorts(op)
    leaving: list[str] = []
    try:
        if old is None:
            await addresses.take_all()
            nodeports.allocate(service, ports)
        else:
            leaving = await update_addresses(service, old, addresses)
            nodeports.reallocate(service, old, ports)
    except BaseException:
        ports.end()
        await addresses.release()
        raise

    async def finish(committed: bool) -> None:
        ports.end()
        if committed:
            await give_back(leaving, op)
        else:
            await addresses.release()

    return finish
