"""nginx, as its official image starts up and goes; it serves nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakek8s.kubelet.programs.process import Process

_ENTRYPOINT = "/docker-entrypoint.sh"
_FOLDER = "/docker-entrypoint.d"
_SETUP = (
    f"{_ENTRYPOINT}: {_FOLDER}/ is not empty, will attempt to perform configuration",
    f"{_ENTRYPOINT}: Looking for shell scripts in {_FOLDER}/",
    f"{_ENTRYPOINT}: Launching {_FOLDER}/10-listen-on-ipv6-by-default.sh",
    f"{_ENTRYPOINT}: Sourcing {_FOLDER}/15-local-resolvers.envsh",
    f"{_ENTRYPOINT}: Launching {_FOLDER}/20-envsubst-on-templates.sh",
    f"{_ENTRYPOINT}: Launching {_FOLDER}/30-tune-worker-processes.sh",
    f"{_ENTRYPOINT}: Configuration complete; ready for start up",
)
_START = ('using the "epoll" event method', "start worker processes", "start worker process 29")
_END = ("signal 15 (SIGTERM) received, exiting", "exit")


async def nginx(process: Process) -> int:
    """Says what nginx says, until it is stopped."""
    for line in _SETUP:
        process.print(line)
    for line in _START:
        _notice(process, line)
    await process.stopped()
    for line in _END:
        _notice(process, line)
    return 0


def _notice(process: Process, text: str) -> None:
    now = process.clock.now().strftime("%Y/%m/%d %H:%M:%S")
    process.write(f"{now} [notice] 1#1: {text}\n".encode(), "stderr")
