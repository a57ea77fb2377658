"""What every controller is: a queue of keys and one function that puts a key's world right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fakek8s.client.workqueue import Workers, WorkQueue
from fakek8s.machinery.meta import key_of

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids

Object = dict[str, Any]


class Sync(Protocol):
    """One controller."""

    #: As upstream names it; also the field manager of its writes.
    name: str

    def setup(self, context: Context) -> None:
        """Takes what it needs and tells which changes matter (`context.enqueue_on`)."""

    async def sync(self, key: str) -> None:
        """Makes the world of one key as it should be. An APIError is tried again later."""


class Context:
    """What a controller works with; one for each controller."""

    def __init__(self, client: Client, informers: Informers, clock: Clock, ids: Ids) -> None:
        self.client = client
        self.informers = informers
        self.clock = clock
        self.ids = ids
        self.queue = WorkQueue(clock)

    def enqueue_on(self, resource: str) -> None:
        """Every change of an object of this resource adds its own key."""

        def changed(old: Object | None, new: Object | None) -> None:
            obj = new or old
            assert obj is not None
            metadata = obj["metadata"]
            self.queue.add(key_of(metadata.get("namespace", ""), metadata["name"]))

        self.informers.of(resource).on_change(changed)


class Runner:
    """Runs one controller's workers."""

    def __init__(self, controller: Sync, context: Context, workers: int = 1) -> None:
        """Sets the controller up; informers must not have started yet."""
        controller.setup(context)
        self.queue = context.queue
        self._workers = Workers(controller.name, context.queue, controller.sync, workers)

    def start(self) -> None:
        """Starts the workers."""
        self._workers.start()

    async def stop(self) -> None:
        """Ends the workers, in the middle of whatever they do."""
        await self._workers.stop()
