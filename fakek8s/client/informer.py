"""Informers: a local copy of a resource, kept by list and watch, and who hears of its changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.meta import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.client.client import Client
    from fakek8s.clock import Clock

Object = dict[str, Any]
#: Hears of a change: (old, new), None for what is not there (any more).
Handler = Callable[[Object | None, Object | None], None]

_RETRY = 1.0  # seconds until a failed list or watch is tried again


class Informer:
    """The objects of one resource by `namespace/name` (`name` outside namespaces).

    Objects are shared with the store: clone before editing.
    """

    def __init__(
        self, client: Client, clock: Clock, resource: str, *, labels: str = "", fields: str = ""
    ) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        self._client = client
        self._clock = clock
        self._labels = labels
        self._fields = fields
        self._objects: dict[str, Object] = {}
        self._handlers: list[Handler] = []

    def get(self, namespace: str, name: str) -> Object | None:
        """One object as of now."""
        return self._objects.get(key_of(namespace, name))

    def by_key(self, key: str) -> Object | None:
        """One object by `namespace/name`."""
        return self._objects.get(key)

    def list(self, namespace: str = "") -> Iterator[Object]:
        """All objects, or those of one namespace."""
        if not namespace:
            return iter(list(self._objects.values()))
        prefix = f"{namespace}/"
        return (obj for key, obj in list(self._objects.items()) if key.startswith(prefix))

    def on_change(self, handler: Handler) -> None:
        """Calls the handler for every object that is there and every later change."""
        self._handlers.append(handler)
        for obj in list(self._objects.values()):
            handler(None, obj)

    async def run(self) -> None:
        """Lists, then watches, and starts again whenever a watch ends; until cancelled."""
        while True:
            try:
                version = await self._list()
                self.synced.set()
                await self._watch(version)
            except errors.APIError:
                await self._clock.sleep(_RETRY)

    async def _list(self) -> str:
        items, version = await self._client.list(
            self.resource, labels=self._labels, fields=self._fields
        )
        found = {_key(obj): obj for obj in items}
        for key in [key for key in self._objects if key not in found]:
            self._change(key, None)
        for key, obj in found.items():
            self._change(key, obj)
        return version

    async def _watch(self, version: str) -> None:
        async for batch in self._client.watch(
            self.resource, resource_version=version, labels=self._labels, fields=self._fields
        ):
            for kind, obj in batch:
                if kind == "ERROR":
                    return
                if kind != "BOOKMARK":
                    self._change(_key(obj), None if kind == "DELETED" else obj)

    def _change(self, key: str, new: Object | None) -> None:
        old = self._objects.get(key)
        if old is new:
            return
        if new is None:
            del self._objects[key]
        else:
            self._objects[key] = new
        for handler in self._handlers:
            handler(old, new)


def _key(obj: Object) -> str:
    metadata = obj["metadata"]
    return key_of(metadata.get("namespace", ""), metadata["name"])


class Informers:
    """One informer per resource and selection, shared by all components of a cluster."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[str, str, str], Informer] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def of(self, resource: str, *, labels: str = "", fields: str = "") -> Informer:
        """The informer of a resource; before `start`."""
        key = (resource, labels, fields)
        found = self._known.get(key)
        if found is None:
            found = Informer(self._client, self._clock, resource, labels=labels, fields=fields)
            self._known[key] = found
        return found

    async def start(self) -> None:
        """Starts all informers; returns when each has listed once.

        Raises what one of them ends with, which is a bug of the server's.
        """
        for informer in self._known.values():
            name = f"informer {informer.resource}"
            self._tasks.append(asyncio.create_task(informer.run(), name=name))
        for informer, running in zip(self._known.values(), self._tasks, strict=True):
            synced = asyncio.create_task(informer.synced.wait())
            await asyncio.wait((synced, running), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                synced.cancel()
                running.result()

    async def stop(self) -> None:
        """Ends all informers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
