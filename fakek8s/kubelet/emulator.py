"""The default runtime: containers are programs, coroutines of this process.

Stopping is a request that programs hear (`Process.stopping`); killing is cancelling.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import traceback
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakek8s.kubelet.files import Files
from fakek8s.kubelet.images import check_reference
from fakek8s.kubelet.logs import LogBuffer
from fakek8s.kubelet.programs import run_in
from fakek8s.kubelet.programs.process import Process, Stopped
from fakek8s.kubelet.runtime import ContainerStatus, ImageError, StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakek8s.clock import Clock, Timer
    from fakek8s.ids import Ids
    from fakek8s.kubelet.programs import Program, Programs
    from fakek8s.kubelet.runtime import ContainerConfig, SandboxConfig, Write

log = logging.getLogger(__name__)

_KILLED = 137
_TERMINATED = 143
_NOT_STARTED = 128


@dataclass(slots=True)
class _Sandbox:
    config: SandboxConfig
    address: str
    containers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Container:
    sandbox: str
    config: ContainerConfig
    status: ContainerStatus
    log: LogBuffer
    process: Process | None = None
    task: asyncio.Task[None] | None = None
    killer: Timer | None = None
    killed: bool = False


class Emulator:
    """`Runtime` over a registry of programs."""

    #: Clients look at the scheme, which is also that of container ids.
    version = "containerd://2.2.0"

    def __init__(self, programs: Programs, clock: Clock, ids: Ids) -> None:
        self._programs = programs
        self._clock = clock
        self._ids = ids
        self._sandboxes: dict[str, _Sandbox] = {}
        self._containers: dict[str, _Container] = {}
        self._listeners: list[Callable[[str], None]] = []

    def on_exit(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def pull_image(self, image: str) -> str:
        """Every image is there, but malformed ones, refused ones and those of `.invalid` hosts."""
        name = check_reference(image)
        if message := self._programs.refusal(name):
            raise ImageError("ErrImagePull", message)
        digest = hashlib.sha256(name.encode()).hexdigest()
        repository = name.partition("@")[0]
        head, _, tail = repository.rpartition("/")
        return f"{head}/{tail.partition(':')[0]}@sha256:{digest}"

    def run_sandbox(self, config: SandboxConfig, address: str) -> str:
        identity = self._identity()
        self._sandboxes[identity] = _Sandbox(config, address)
        return identity

    async def remove_sandbox(self, sandbox: str) -> None:
        found = self._sandboxes.pop(sandbox, None)
        if found is not None:
            for container in list(found.containers):
                await self.remove_container(container)

    def create_container(self, sandbox: str, config: ContainerConfig) -> str:
        identity = self._identity()
        status = ContainerStatus(id=identity, state="created", created_at=self._clock.now())
        self._containers[identity] = _Container(sandbox, config, status, LogBuffer(self._clock))
        self._sandboxes[sandbox].containers.add(identity)
        return identity

    def start_container(self, container: str) -> None:
        found = self._containers[container]
        sandbox = self._sandboxes[found.sandbox]
        process = Process(
            config=found.config,
            pod=sandbox.config,
            address=sandbox.address,
            files=Files(found.config.mounts),
            clock=self._clock,
            ids=self._ids,
            write=found.log.write,
        )
        now = self._clock.now()
        try:
            program = self._programs.find(process)
        except StartError as error:
            self._finish(found, _NOT_STARTED, "StartError", str(error))
            raise
        found.process = process
        found.status = replace(found.status, state="running", started_at=now)
        found.task = asyncio.create_task(
            self._run(found, program, process), name=f"container {found.config.name}"
        )

    async def _run(self, container: _Container, program: Program, process: Process) -> None:
        try:
            code = await program(process)
            code = 0 if code is None else int(code) & 0xFF
        except Stopped:
            code = _TERMINATED
        except asyncio.CancelledError:
            code = _KILLED
            if not container.killed:
                raise
        except Exception:
            # A program is code under test: what goes wrong in it belongs into its own log.
            process.write(traceback.format_exc().encode(), "stderr")
            code = 1
        finally:
            await process.end_children()
        self._finish(container, code, "Completed" if code == 0 else "Error")

    def _finish(self, container: _Container, code: int, reason: str, message: str = "") -> None:
        if container.killer is not None:
            container.killer.cancel()
        now = self._clock.now()
        container.log.close()
        container.status = replace(
            container.status,
            state="exited",
            started_at=container.status.started_at,
            finished_at=now,
            exit_code=code,
            reason=reason,
            message=message or (container.process.termination_message if container.process else ""),
        )
        for listener in self._listeners:
            listener(container.sandbox)

    def stop_container(self, container: str, grace: float) -> None:
        found = self._containers.get(container)
        if found is None or found.process is None or found.status.state != "running":
            return
        found.process.stop()
        if found.killer is None:
            found.killer = self._clock.call_later(grace, lambda: self._kill(found))

    def _kill(self, container: _Container) -> None:
        if container.task is not None and not container.task.done():
            container.killed = True
            container.task.cancel()

    async def exec(self, container: str, argv: Sequence[str], stdin: bytes, write: Write) -> int:
        process = self.process(container)
        child = process.spawn(run_in(process, argv, stdin, write))
        try:
            await asyncio.wait([child])
        finally:
            child.cancel()
        if child.cancelled():
            return _KILLED
        error = child.exception()
        if isinstance(error, Stopped):
            return _TERMINATED
        return child.result()

    async def remove_container(self, container: str) -> None:
        found = self._containers.pop(container, None)
        if found is None:
            return
        if sandbox := self._sandboxes.get(found.sandbox):
            sandbox.containers.discard(container)
        self._kill(found)
        if found.killer is not None:
            found.killer.cancel()
        if found.task is not None:
            await asyncio.gather(found.task, return_exceptions=True)

    def container_status(self, container: str) -> ContainerStatus:
        return self._containers[container].status

    def log(self, container: str) -> LogBuffer:
        return self._containers[container].log

    def process(self, container: str) -> Process:
        """The running process of a container. Raises KeyError if none runs."""
        found = self._containers[container]
        if found.process is None or found.status.state != "running":
            raise KeyError(container)
        return found.process

    async def stop(self) -> None:
        self._listeners.clear()
        for sandbox in list(self._sandboxes):
            await self.remove_sandbox(sandbox)

    def _identity(self) -> str:
        """64 hexadecimal digits."""
        return hashlib.sha256(self._ids.uid().encode()).hexdigest()
