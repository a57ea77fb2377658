"""What an API server runs for itself once it serves: upstream's post-start hooks.

They belong to every profile, as they do to every kube-apiserver, and write as the server itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.auth.user import LOOPBACK
from fakek8s.client.client import Client
from fakek8s.client.informer import Informers
from fakek8s.controllers.apiavailability import APIAvailability
from fakek8s.controllers.apiregistration import APIRegistration
from fakek8s.controllers.controller import Context, Runner
from fakek8s.controllers.flowschemas import FlowSchemas

if TYPE_CHECKING:
    from fakek8s.clock import Clock
    from fakek8s.controllers.controller import Sync
    from fakek8s.server.server import Server


def hooks() -> list[Sync]:
    """All hooks that go on as long as the server."""
    return [APIRegistration(), APIAvailability(), FlowSchemas()]


class PostStart:
    """The running hooks of one server."""

    def __init__(self, server: Server, clock: Clock) -> None:
        agent = f"kube-apiserver/{server.facts.version['gitVersion']}"
        client = Client(server, LOOPBACK, agent)
        self._informers = Informers(client, clock)
        self._runners = [
            Runner(hook, Context(client, self._informers, clock, server.registry.ids))
            for hook in hooks()
        ]

    @property
    def idle(self) -> bool:
        """True when none has work left that it could do now."""
        return all(runner.queue.idle for runner in self._runners)

    async def start(self) -> None:
        """Returns when the hooks know what there is."""
        await self._informers.start()
        for runner in self._runners:
            runner.start()

    async def stop(self) -> None:
        """Ends everything."""
        for runner in self._runners:
            await runner.stop()
        await self._informers.stop()
