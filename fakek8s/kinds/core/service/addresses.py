"""Cluster addresses: which are free, taking one, giving it back.

Taking an address is creating the IPAddress object of its name, which only one can.
Upstream: pkg/registry/core/service/ipallocator (MetaAllocator, Allocator), storage/alloc.go.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.families import refuse, settled_dual
from fakek8s.machinery.addresses import canonical_ip, parse_sloppy
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_ADDRESSES = "ipaddresses.networking.k8s.io"
_RANGES = "servicecidrs.networking.k8s.io"
_API = "networking.k8s.io/v1"
_FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family"
_MANAGED_LABEL = "ipaddress.kubernetes.io/managed-by"
_MANAGER = "ipallocator.k8s.io"
#: How much of a range is for addresses that were asked for: its 16th, but 16 to 256.
_STATIC_STEP, _STATIC_LEAST, _STATIC_MOST = 16, 16, 256
#: The widest choice that the source of randomness makes.
_WIDEST = 2**62


class AddressError(Exception):
    """An address can't be had; the message is upstream's."""


class RangeFullError(AddressError):
    """No address is left."""


def offered_families(op: Operation) -> list[str]:
    """The families of the cluster's service ranges, the primary first."""
    ranges = str(op.settings["service_cidr"]).split(",")
    return [shape.IPV6 if ":" in text else shape.IPV4 for text in ranges]


class Addresses:
    """The addresses that one write takes; `release` gives them all back."""

    def __init__(self, service: Object, op: Operation) -> None:
        self._service = service
        self._op = op
        self.taken: list[str] = []

    async def take_all(self) -> None:
        """An address for each family (allocClusterIPs), in place; raises APIError."""
        service, spec = self._service, self._service["spec"]
        if not shape.needs_cluster_ip(service) or shape.cluster_ips(service)[:1] == [shape.NONE]:
            return
        named = shape.families(service)
        wanted = list(shape.cluster_ips(service))
        wanted += [""] * (len(named) - len(wanted))
        spec["clusterIPs"] = wanted
        for number, family in enumerate(named):
            wanted[number] = await self._take(family, wanted[number])
        spec["clusterIP"] = wanted[0]

    async def take_second(self) -> None:
        """An address for the second family of a service that gets one, in place."""
        wanted = [*shape.cluster_ips(self._service), ""][:2]
        self._service["spec"]["clusterIPs"] = wanted
        wanted[1] = await self._take(shape.families(self._service)[1], wanted[1])

    async def _take(self, family: str, wanted: str) -> str:
        try:
            if wanted:
                await self._reserve(family, wanted)
                return wanted
            return await self._next(family)
        except RangeFullError as error:
            name = quote(self._service["metadata"].get("name", ""))
            why = f"failed to allocate a serviceIP for Service {name}: {error}"
            raise errors.internal(why) from None
        except AddressError as error:
            which = f" {wanted}" if wanted else ""
            text = f"failed to allocate IP{which}: {error}"
            ips = self._service["spec"]["clusterIPs"]
            refuse(self._service, [invalid("spec.clusterIPs", ips, text)])
            raise AssertionError("unreachable") from None

    async def _reserve(self, family: str, wanted: str) -> None:
        address = parse_sloppy(wanted)
        assert address is not None, wanted
        name = canonical_ip(address)
        ranges = self._ranges(family)
        if self._op.dry_run:
            if not _holds(ranges[0], name):
                raise AddressError(
                    f"the provided IP ({name}) is not in the valid range. "
                    f"The range of valid IPs is {ranges[0]}"
                )
            return
        if not any(_holds(network, name) for network in ranges):
            raise AddressError("the provided network does not match the current range")
        if not await self._create(family, name):
            raise AddressError("provided IP is already allocated")

    async def _next(self, family: str) -> str:
        ranges = self._ranges(family)
        if self._op.dry_run and ranges:
            return str(ranges[0].network_address)
        for network in ranges:
            for name in self._candidates(network):
                if self._op.reader.get(_ADDRESSES, "", name) is None and await self._create(
                    family, name
                ):
                    return name
        raise RangeFullError("range is full")

    def _candidates(self, network: Network) -> Iterator[str]:
        """All addresses, those for dynamic use first, each band from a random one on."""
        first, last = _bounds(network)
        static = _static_size(network)
        for start, size in (
            (first + static, last - first + 1 - static),
            (first, static),
        ):
            if size <= 0:
                continue
            offset = self._op.ids.choice(range(min(size, _WIDEST)))
            for step in range(size):
                number = start + (offset + step) % size
                yield str(type(network.network_address)(number))

    def _ranges(self, family: str) -> list[Network]:
        """The ready ranges of a family, the default one first."""
        default = str(self._op.settings["service_cidr"]).split(",")
        found: list[Network] = [ipaddress.ip_network(text, strict=False) for text in default]
        for cidr in self._op.reader.list(_RANGES):
            if _is_ready(cidr):
                found += map(ipaddress.ip_network, cidr["spec"].get("cidrs") or ())
        version = 6 if family == shape.IPV6 else 4
        return list(dict.fromkeys(network for network in found if network.version == version))

    async def _create(self, family: str, name: str) -> bool:
        """Takes an address; False if it is taken already."""
        labels = {_FAMILY_LABEL: family, _MANAGED_LABEL: _MANAGER}
        metadata = self._service["metadata"]
        obj: Object = {
            "kind": "IPAddress",
            "apiVersion": _API,
            "metadata": {
                "name": name,
                "labels": labels,
                "managedFields": [_managed(format_time(self._op.now))],
            },
            "spec": {
                "parentRef": {
                    "resource": "services",
                    "namespace": metadata.get("namespace", ""),
                    "name": metadata.get("name", ""),
                }
            },
        }
        try:
            await self._op.writer.create(_ADDRESSES, "", obj)
        except errors.APIError as error:
            if error.code == 409:
                return False
            raise AddressError(error.message) from None
        self.taken.append(name)
        return True

    async def release(self) -> None:
        """Gives back what this write took."""
        await give_back(self.taken, self._op)


async def give_back(ips: list[str], op: Operation) -> None:
    """Frees addresses; one that is free already is no error."""
    if op.dry_run:
        return
    for ip in ips:
        address = parse_sloppy(ip)
        if address is not None and ip != shape.NONE:
            await op.writer.delete(_ADDRESSES, "", canonical_ip(address))


async def update_addresses(new: Object, old: Object, taking: Addresses) -> list[str]:
    """What a change of type or families needs (updateClusterIPs); the addresses to give back."""
    if settled_dual(new, old):
        return []
    needs, needed = shape.needs_cluster_ip(new), shape.needs_cluster_ip(old)
    if needs and not needed:
        await taking.take_all()
        return []
    were = shape.cluster_ips(old)
    if were[:1] == [shape.NONE]:
        return []
    if needed and not needs:
        return were
    now, before = len(shape.families(new)), len(shape.families(old))
    if before == 1 and now == 2:
        await taking.take_second()
    return were[1:2] if before == 2 and now == 1 else []


async def release_deleted(service: Object, op: Operation) -> None:
    """What a deleted service leaves behind: its addresses become free."""
    if shape.needs_cluster_ip(service):
        await give_back(shape.cluster_ips(service), op)


def _bounds(network: Network) -> tuple[int, int]:
    """First and last usable address: neither the network's nor IPv4's broadcast address."""
    last = int(network.broadcast_address) - (1 if network.version == 4 else 0)
    return int(network.network_address) + 1, last


def _static_size(network: Network) -> int:
    size = network.num_addresses
    if size <= _STATIC_LEAST:
        return 0
    return min(max(_STATIC_LEAST, size // _STATIC_STEP), _STATIC_MOST)


def _holds(network: Network, name: str) -> bool:
    address = ipaddress.ip_address(name)
    first, last = _bounds(network)
    return address.version == network.version and first <= int(address) <= last


def _is_ready(cidr: Object) -> bool:
    if cidr["metadata"].get("deletionTimestamp"):
        return False
    for condition in (cidr.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            return bool(condition.get("status") == "True")
    return True  # nobody watches over ranges where no controllers run


def _managed(time: str) -> Object:
    """The address is a write of the server's own client."""
    labels: Object = {".": {}, f"f:{_FAMILY_LABEL}": {}, f"f:{_MANAGED_LABEL}": {}}
    parent: Object = {".": {}, "f:name": {}, "f:namespace": {}, "f:resource": {}}
    return {
        "manager": "kube-apiserver",
        "operation": "Update",
        "apiVersion": _API,
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": labels}, "f:spec": {"f:parentRef": parent}},
    }
