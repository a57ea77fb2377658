"""Node ports: which are free, and what a service's ports get.

A port is taken if a stored service has it or another write that is under way chose it.
Upstream: pkg/registry/core/service/portallocator, storage/alloc.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.families import refuse
from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

#: How much of the range is for ports that were asked for: its 32nd, but 16 to 128.
_STATIC_STEP, _STATIC_LEAST, _STATIC_MOST = 32, 16, 128
#: Dry runs show ports from here on: they reserve none.
_IMAGINED = 32768


class PortError(Exception):
    """A port can't be had; the message is upstream's."""


class NodePorts:
    """The node ports that one write takes; `end` when it is over.

    Upstream: portallocator.PortAllocationOperation. What writes under way chose is kept in the
    cluster's `reserved_node_ports` setting, a set.
    """

    def __init__(self, op: Operation) -> None:
        self._op = op
        self.first, self.last = op.settings["node_ports"]
        self._reserved: set[int] = op.settings.get("reserved_node_ports", set())
        self._used: set[int] | None = None
        self._taken: list[int] = []

    def _is_used(self, port: int) -> bool:
        if self._used is None:
            self._used = set(_stored(self._op.reader.list("services")))
        return port in self._used or port in self._reserved or port in self._taken

    def take(self, port: int) -> None:
        """Takes the port that was asked for; raises PortError."""
        in_range = self.first <= port <= self.last
        if not in_range and not self._op.dry_run:
            raise PortError(
                "provided port is not in the valid range. "
                f"The range of valid ports is {self.first}-{self.last}"
            )
        if port in self._taken or (in_range and self._is_used(port)):
            raise PortError("provided port is already allocated")
        self._add(port)

    def take_next(self) -> int:
        """Takes any free port; raises PortError."""
        if self._op.dry_run:
            port = max(0, *self._taken) + 1 if self._taken else _IMAGINED + 1
            self._taken.append(port)
            return port
        for port in self._candidates():
            if not self._is_used(port):
                self._add(port)
                return port
        raise PortError("range is full")

    def _candidates(self) -> Iterator[int]:
        """All ports, those for dynamic use first, each band from a random one on."""
        size = self.last - self.first + 1
        static = 0
        if size > _STATIC_LEAST:
            static = min(max(_STATIC_LEAST, size // _STATIC_STEP), _STATIC_MOST)
        for start, length in ((self.first + static, size - static), (self.first, static)):
            if length:
                offset = self._op.ids.choice(range(length))
                yield from (start + (offset + step) % length for step in range(length))

    def _add(self, port: int) -> None:
        self._taken.append(port)
        if not self._op.dry_run:
            self._reserved.add(port)

    def end(self) -> None:
        """The write is over: what it took is stored, or free again."""
        self._reserved.difference_update(self._taken)


def _stored(services: Iterable[Object]) -> Iterator[int]:
    for service in services:
        yield from shape.node_ports(service)
        if port := service["spec"].get("healthCheckNodePort"):
            yield port


def allocate(service: Object, ports: NodePorts) -> None:
    """Node ports of a new service (txnAllocNodePorts), in place; raises APIError."""
    if shape.exposes_node_ports(service):
        _allocate_ports(service, ports)
    if shape.needs_health_check(service):
        _allocate_health_check(service, ports)


def _allocate_ports(service: Object, ports: NodePorts) -> None:
    """Ports of one number (TCP and UDP) share a node port (initNodePorts)."""
    by_port: dict[int, int] = {}
    always = shape.allocates_node_ports(service)
    for number, item in enumerate(shape.ports_of(service)):
        port, node_port = item.get("port", 0), item.get("nodePort", 0)
        if not node_port and not always:
            continue
        known = by_port.get(port, 0)
        if not known:
            wanted = _requested(port, service)
            if wanted:
                _take(service, ports, number, wanted)
            else:
                wanted = _take_next(ports)
            item["nodePort"] = by_port[port] = wanted
        elif not node_port:
            item["nodePort"] = known
        elif node_port != known:
            _take(service, ports, number, node_port)


def _requested(port: int, service: Object) -> int:
    """The node port that any of the ports with this number asks for."""
    for item in shape.ports_of(service):
        if item.get("port", 0) == port and item.get("nodePort"):
            return int(item["nodePort"])
    return 0


def _take(service: Object, ports: NodePorts, number: int, port: int) -> None:
    try:
        ports.take(port)
    except PortError as error:
        refuse(service, [invalid(f"spec.ports[{number}].nodePort", port, str(error))])


def _take_next(ports: NodePorts) -> int:
    try:
        return ports.take_next()
    except PortError as error:
        raise errors.internal(f"failed to allocate a nodePort: {error}") from None


def _allocate_health_check(service: Object, ports: NodePorts) -> None:
    spec = service["spec"]
    wanted = spec.get("healthCheckNodePort", 0)
    try:
        if wanted:
            ports.take(wanted)
        else:
            spec["healthCheckNodePort"] = ports.take_next()
    except PortError as error:
        which = f"requested HealthCheck NodePort {wanted}" if wanted else "a HealthCheck NodePort 0"
        raise errors.internal(f"failed to allocate {which}: {error}") from None


def reallocate(new: Object, old: Object, ports: NodePorts) -> None:
    """Node ports of a changed service (txnUpdateNodePorts), in place; raises APIError."""
    if shape.exposes_node_ports(new):
        _reallocate_ports(new, old, ports)
    if shape.needs_health_check(new) and not shape.needs_health_check(old):
        _allocate_health_check(new, ports)


def _reallocate_ports(new: Object, old: Object, ports: NodePorts) -> None:
    had = set(shape.node_ports(old))
    taken: set[int] = set()
    seen: set[tuple[str, int]] = set()
    always = shape.allocates_node_ports(new)
    for number, item in enumerate(shape.ports_of(new)):
        node_port = item.get("nodePort", 0)
        if not node_port and not always:
            continue
        if not node_port:
            node_port = item["nodePort"] = _take_next(ports)
        elif node_port not in had and node_port not in taken:
            _take(new, ports, number, node_port)
            taken.add(node_port)
        key = (item.get("protocol", ""), node_port)
        if key in seen:
            raise errors.plain(500, f"duplicate nodePort: {{{key[0]} {node_port}}}")
        seen.add(key)
