"""A cluster in a thread of its own, for code that has no event loop or a different one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from fakek8s.cluster import Cluster
from fakek8s.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

T = TypeVar("T")


class ThreadedCluster:
    """A `Cluster` as an ordinary context manager.

        with ThreadedCluster(nodes=2) as cluster:
            subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, "get", "nodes"])

    `run` calls into the cluster's own loop, where its in-process client lives.
    """

    def __init__(self, settings: Settings | None = None, **overrides: Any) -> None:
        """`settings`, or its fields as keywords."""
        self.settings = settings or Settings(**overrides)
        self._cluster: Cluster
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._main, name="fakek8s", daemon=True)

    def __enter__(self) -> ThreadedCluster:
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _main(self) -> None:
        try:
            import uvloop
        except ImportError:
            asyncio.run(self._live())
            return
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            async with Cluster(self.settings) as self._cluster:
                self._ready.set_result(None)
                await self._stop.wait()
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    @property
    def kubeconfig(self) -> str:
        """Path of the admin's kubeconfig."""
        return self._cluster.kubeconfig

    @property
    def url(self) -> str:
        """Where the API is."""
        return self._cluster.url

    @property
    def token(self) -> str:
        """The admin's bearer token."""
        return self._cluster.token

    def run(self, work: Callable[[Cluster], Awaitable[T]], timeout: float | None = 30) -> T:
        """Awaits `work(cluster)` on the cluster's loop; `timeout` in seconds of real time."""

        async def call() -> T:
            return await work(self._cluster)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(timeout)
