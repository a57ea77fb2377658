"""One emulated node: its Node object and its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.client.events import Recorder
from fakek8s.kubelet.addresses import PodAddresses
from fakek8s.kubelet.node import RESOURCES, Node
from fakek8s.kubelet.pods import Pods

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids
    from fakek8s.kubelet.node import NodeConfig
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]


class Kubelet:
    """Runs the pods that are bound to one node."""

    def __init__(
        self,
        config: NodeConfig,
        client: Client,
        informers: Informers,
        runtime: Runtime,
        clock: Clock,
        ids: Ids,
    ) -> None:
        """`client` acts as the node's user."""
        recorder = Recorder(client, clock, ids, "kubelet", config.name)
        self.runtime = runtime
        self._node = Node(config, client, clock, ids, recorder)
        self.pods = Pods(
            node=config.name,
            host_address=config.address,
            allocatable=RESOURCES,
            client=client,
            informers=informers,
            runtime=runtime,
            clock=clock,
            recorder=recorder,
            addresses=PodAddresses(config.pod_block),
        )

    @property
    def idle(self) -> bool:
        """True when no pod is waiting to be looked at."""
        return self.pods.queue.idle

    async def start(self) -> None:
        """Returns when the node is registered."""
        await self._node.start()
        self.pods.start()

    async def stop(self) -> None:
        """Ends the node's programs, and the node's signs of life."""
        await self.pods.stop()
        await self._node.stop()
        await self.runtime.stop()
