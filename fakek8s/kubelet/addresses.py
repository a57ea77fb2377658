"""The addresses of a node's pods, out of the node's block (the host-local IPAM plugin)."""

from __future__ import annotations

import ipaddress


class PodAddresses:
    """Hands out addresses in turn, so that one that was given back is not met again at once.

    The network's own, the gateway's (its first) and the broadcast address are never given.
    """

    def __init__(self, block: str) -> None:
        network = ipaddress.ip_network(block)
        self._first = int(network.network_address) + 2
        self._count = network.num_addresses - 3
        self._version = type(network.network_address)
        self._next = 0
        self._taken: set[int] = set()

    def take(self) -> str:
        """A free address; "" if there is none."""
        if len(self._taken) >= self._count:
            return ""
        while self._next in self._taken:
            self._next = (self._next + 1) % self._count
        number = self._next
        self._taken.add(number)
        self._next = (number + 1) % self._count
        return str(self._version(self._first + number))

    def give_back(self, address: str) -> None:
        """Frees an address."""
        self._taken.discard(int(ipaddress.ip_address(address)) - self._first)
