"""Programs: what runs in containers, found by the image's name.

A program is a coroutine function: it gets a `Process` and returns an exit code (None is 0).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from fakek8s.kubelet.images import check_reference, repository
from fakek8s.kubelet.programs.commands import COMMANDS, Streams
from fakek8s.kubelet.programs.nginx import nginx
from fakek8s.kubelet.programs.shell import SHELLS, execute, run_command
from fakek8s.kubelet.runtime import ImageError, StartError

if TYPE_CHECKING:
    from fakek8s.kubelet.programs.process import Process
    from fakek8s.kubelet.runtime import Write

Program = Callable[["Process"], Awaitable[int | None]]

#: Images that hold a shell and its commands, and nothing else that we could run.
_TOOLBOXES = frozenset({"busybox", "alpine", "bash", "debian", "ubuntu", "toybox"})
_EXEC_NOT_FOUND = (
    "failed to exec in container: OCI runtime exec failed: exec failed: unable to start container "
    'process: exec: "{name}": executable file not found in $PATH: unknown'
)
_NOT_FOUND = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: error during container init: "
    'exec: "{name}": executable file not found in $PATH: unknown'
)


async def until_stopped(process: Process) -> int:
    """What a program does that we know nothing of: it runs until it is told to end."""
    await process.stopped()
    return 0


class Programs:
    """Which program an image holds.

    Registered images come first, by their full name or their name without the tag. Images
    nobody knows run until they are stopped, unless their command is one of the shell's.
    """

    def __init__(self) -> None:
        self._registered: dict[str, Program] = {}
        self._refused: dict[str, str] = {}

    def register(self, image: str, program: Program) -> None:
        """Lets containers of this image run the program. Raises ValueError for a bad name.

        With a tag in the name it is meant for that tag only.
        """
        self._registered[_key(image)] = program

    def refuse(self, image: str, message: str) -> None:
        """Makes pulls of this image fail with a message. Raises ValueError for a bad name."""
        self._refused[_key(image)] = message

    def refusal(self, image: str) -> str:
        """Why an image can't be pulled; "" if it can."""
        known = self._refused.get(check_reference(image)) or self._refused.get(repository(image))
        host = image.partition("/")[0].partition(":")[0]
        if known is None and host.endswith(".invalid"):  # RFC 2606: there is no such host
            known = (
                f'failed to pull and unpack image "{image}": failed to resolve reference '
                f'"{image}": failed to do request: dial tcp: lookup {host}: no such host'
            )
        return known or ""

    def find(self, process: Process) -> Program:
        """The program of a process. Raises StartError if its command is not in the image."""
        image = process.image
        found = self._registered.get(check_reference(image)) or self._registered.get(
            repository(image)
        )
        if found is not None:
            return found
        base = repository(image).rpartition("/")[2]
        if process.command:
            name = process.command[0]
            if _is_command(name) or process.files.exists(name):
                return run_command
            if base in _TOOLBOXES:
                raise StartError(_NOT_FOUND.format(name=name))
            return until_stopped
        if base in _TOOLBOXES:
            if process.args and not _is_command(process.args[0]):
                raise StartError(_NOT_FOUND.format(name=process.args[0]))
            return run_command
        if process.args and _is_command(process.args[0]):
            return run_command
        return nginx if base == "nginx" else until_stopped


async def run_in(process: Process, argv: Sequence[str], stdin: bytes, write: Write) -> int:
    """Runs one more command in a running container. Raises StartError, Stopped."""
    if not _is_command(argv[0]) and not process.files.exists(argv[0]):
        raise StartError(_EXEC_NOT_FOUND.format(name=argv[0]))
    return await execute(process, list(argv), Streams(stdin, write))


def _is_command(word: str) -> bool:
    name = word.rpartition("/")[2]
    return name in COMMANDS or name in SHELLS


def _key(image: str) -> str:
    try:
        name = check_reference(image)
        plain = repository(image)
    except ImageError as error:
        raise ValueError(error.message) from None
    return name if "@" in image or ":" in image.rpartition("/")[2] else plain
