"""All emulated nodes of a cluster; hands each pod to the node it is bound to."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from fakek8s.auth.user import AUTHENTICATED, SYSTEM_MASTERS, User
from fakek8s.kubelet.emulator import Emulator
from fakek8s.kubelet.kubelet import Kubelet
from fakek8s.kubelet.node import NodeConfig

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids
    from fakek8s.kubelet.programs import Programs

Object = dict[str, Any]

#: Nodes live in the network that Docker would have given them.
_HOSTS = ipaddress.ip_network("172.18.0.0/16")
_BLOCK_BITS = 24  # of a node's pods (--node-cidr-mask-size)


def node_configs(count: int, pod_cidr: str, version: str, runtime_version: str) -> list[NodeConfig]:
    """`node-1` ... `node-N`, each with an address and a block of `pod_cidr`.

    Raises ValueError if there are not enough blocks.
    """
    network = ipaddress.ip_network(pod_cidr)
    bits = _BLOCK_BITS if network.version == 4 else 64
    blocks = network.subnets(new_prefix=max(bits, network.prefixlen))
    found = []
    for number in range(1, count + 1):
        block = next(blocks, None)
        if block is None:
            raise ValueError(f"{pod_cidr} holds no {count} blocks of pod addresses")
        found.append(
            NodeConfig(
                name=f"node-{number}",
                address=str(_HOSTS[number + 1]),
                pod_block=str(block),
                version=version,
                runtime_version=runtime_version,
            )
        )
    return found


class Fleet:
    """The emulated nodes by name."""

    def __init__(
        self,
        *,
        nodes: int,
        pod_cidr: str,
        version: str,
        client: Client,
        informers: Informers,
        programs: Programs,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self.kubelets: dict[str, Kubelet] = {}
        for config in node_configs(nodes, pod_cidr, version, Emulator.version):
            user = client.as_user(node_user(config.name), f"kubelet/{version}")
            runtime = Emulator(programs, clock, ids)
            self.kubelets[config.name] = Kubelet(config, user, informers, runtime, clock, ids)
        if nodes:
            informers.of("services")
            informers.of("pods").on_change(self._pod_changed)
            for resource in ("configmaps", "secrets"):
                informers.of(resource).on_change(self._source_changed)

    def _pod_changed(self, old: Object | None, new: Object | None) -> None:
        node = ((new or old or {}).get("spec") or {}).get("nodeName")
        kubelet = self.kubelets.get(node) if node else None
        if kubelet is not None:
            kubelet.pods.changed(old, new)

    def _source_changed(self, old: Object | None, new: Object | None) -> None:
        namespace = (new or old or {})["metadata"]["namespace"]
        for kubelet in self.kubelets.values():
            kubelet.pods.source_changed(namespace)

    @property
    def idle(self) -> bool:
        """True when no node has work left."""
        return all(kubelet.idle for kubelet in self.kubelets.values())

    async def start(self) -> None:
        """Returns when all nodes are registered."""
        for kubelet in self.kubelets.values():
            await kubelet.start()

    async def stop(self) -> None:
        """Ends all nodes and their programs."""
        for kubelet in self.kubelets.values():
            await kubelet.stop()


def node_user(name: str) -> User:
    """The user that a node's kubelet is."""
    # system:masters stands in for the node authorizer, which is not there yet.
    return User(f"system:node:{name}", groups=("system:nodes", AUTHENTICATED, SYSTEM_MASTERS))
