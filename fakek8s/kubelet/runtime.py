"""What a kubelet needs of a container runtime: the CRI's verbs, and what they speak of.

Source of the vocabulary: k8s.io/cri-api runtime/v1 (RuntimeService).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from fakek8s.kubelet.files import Volume
    from fakek8s.kubelet.logs import LogBuffer, Stream

State = Literal["created", "running", "exited"]


class StartError(Exception):
    """A container could not be started; the message is what the runtime says."""


class ImageError(Exception):
    """An image could not be had. `reason` is what the container waits for."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Write(Protocol):
    """Where output goes."""

    def __call__(self, data: bytes, stream: Stream = "stdout") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The pod that a sandbox is for."""

    namespace: str
    name: str
    uid: str
    hostname: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A volume at a place in a container."""

    path: str
    volume: Volume
    sub_path: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    """One container as it is to be run; empty `command` and `args` leave the image's own."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = ""
    mounts: tuple[Mount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """What has become of one container."""

    id: str
    state: State
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int = 0
    reason: str = ""
    message: str = ""


class Runtime(Protocol):
    """Sandboxes (one for each pod's life) and the containers in them."""

    #: As a node reports it: `name://version`.
    version: str

    def on_exit(self, listener: Callable[[str], None]) -> None:
        """The listener hears the sandbox id whenever a container in it ends."""

    def pull_image(self, image: str) -> str:
        """Makes an image present; gives its reference (imageID). Raises ImageError."""

    def run_sandbox(self, config: SandboxConfig, address: str) -> str:
        """A sandbox under an address; gives its id."""

    async def remove_sandbox(self, sandbox: str) -> None:
        """Kills and forgets everything in a sandbox; nothing if it is not there."""

    def create_container(self, sandbox: str, config: ContainerConfig) -> str:
        """A container that does not run yet; gives its id."""

    def start_container(self, container: str) -> None:
        """Starts a created container. Raises StartError; the container has then exited."""

    def stop_container(self, container: str, grace: float) -> None:
        """Asks a container to end; kills it when the grace is over. Returns at once."""

    async def exec(self, container: str, argv: Sequence[str], stdin: bytes, write: Write) -> int:
        """Runs a command in a running container; its exit code.

        Raises KeyError if none runs, StartError for a command that is not there.
        """

    async def remove_container(self, container: str) -> None:
        """Forgets a container and its log; kills it first if it runs."""

    def container_status(self, container: str) -> ContainerStatus:
        """What has become of a container. Raises KeyError for one that is not there."""

    def log(self, container: str) -> LogBuffer:
        """What a container wrote. Raises KeyError for one that is not there."""

    async def stop(self) -> None:
        """Kills everything."""
