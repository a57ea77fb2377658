"""What every controller is: a queue of keys and one function that puts a key's world right."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from fakek8s import errors
from fakek8s.controllers.workqueue import WorkQueue
from fakek8s.machinery.meta import key_of

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids

Object = dict[str, Any]

log = logging.getLogger(__name__)


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
        self._controller = controller
        self._queue = context.queue
        self._workers = workers
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Starts the workers."""
        for _ in range(self._workers):
            self._tasks.append(asyncio.create_task(self._work(), name=self._controller.name))

    async def stop(self) -> None:
        """Ends the workers, in the middle of whatever they do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._controller.sync(key)
            except errors.APIError as error:
                log.debug("%s: %s: %s", self._controller.name, key, error)
                self._queue.retry(key)
            except Exception:
                log.exception("%s failed on %s", self._controller.name, key)
                self._queue.retry(key)
            else:
                self._queue.forget(key)
            finally:
                self._queue.done(key)
