"""A running program's world: its arguments, environment, files, output, time and end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from fakek8s.clock import Clock
    from fakek8s.ids import Ids
    from fakek8s.kubelet.files import Files
    from fakek8s.kubelet.runtime import ContainerConfig, SandboxConfig, Write


class Stopped(Exception):
    """The program was told to end while it waited; one that lets this through exits with 143."""


class Process:
    """What a program gets.

    `command` and `args` are the container's, empty where the image's own apply; `argv` is what
    the shell's commands see. `pod` names the pod, `address` is its IP.
    """

    def __init__(
        self,
        *,
        config: ContainerConfig,
        pod: SandboxConfig,
        address: str,
        files: Files,
        clock: Clock,
        ids: Ids,
        write: Write,
    ) -> None:
        self.command = config.command
        self.args = config.args
        self.image = config.image
        self.container = config.name
        self.env = dict(config.env)
        self.working_dir = config.working_dir or "/"
        self.pod = pod
        self.address = address
        self.files = files
        self.clock = clock
        self.ids = ids
        self.write = write
        self.stopping = False
        #: What the container's status will say about its end.
        self.termination_message = ""
        self._sleepers: set[asyncio.Future[None]] = set()
        self._children: set[asyncio.Task[Any]] = set()

    def print(self, text: str) -> None:
        """Writes a line to the standard output."""
        self.write(f"{text}\n".encode())

    async def sleep(self, seconds: float) -> None:
        """Waits on the cluster's clock. Raises Stopped if the program is to end meanwhile."""
        if seconds <= 0 and not self.stopping:
            await asyncio.sleep(0)
            return
        woken = self._sleeper()
        timer = self.clock.call_later(seconds, lambda: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()
            self._sleepers.discard(woken)
        if self.stopping:
            raise Stopped

    async def stopped(self) -> None:
        """Waits until the program is to end."""
        woken = self._sleeper()
        try:
            await woken
        finally:
            self._sleepers.discard(woken)

    def _sleeper(self) -> asyncio.Future[None]:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.stopping:
            woken.set_result(None)
        self._sleepers.add(woken)
        return woken

    def stop(self) -> None:
        """Tells the program to end (SIGTERM)."""
        self.stopping = True
        for sleeper in self._sleepers:
            _wake(sleeper)

    def spawn(self, child: Coroutine[Any, Any, int]) -> asyncio.Task[int]:
        """Runs a child that ends with this process at the latest."""
        task = asyncio.create_task(child)
        self._children.add(task)
        task.add_done_callback(self._children.discard)
        return task

    async def end_children(self) -> None:
        """Kills the children."""
        children = list(self._children)
        for task in children:
            task.cancel()
        if children:
            await asyncio.gather(*children, return_exceptions=True)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
