"""The command line: `fakek8s serve` and `fakek8s run -- COMMAND`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from fakek8s import __version__
from fakek8s.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options.command_function(options))
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print(f"fakek8s: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fakek8s", description="A Kubernetes API server for tests, in one process."
    )
    parser.add_argument("--version", action="version", version=f"fakek8s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    serve = commands.add_parser("serve", help="serve a cluster until interrupted")
    _add_options(serve)
    serve.set_defaults(command_function=_serve)
    run = commands.add_parser("run", help="run a command against a fresh cluster")
    _add_options(run)
    run.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    run.set_defaults(command_function=_run_command)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--profile",
        choices=["apiserver", "cluster"],
        default="cluster",
        help="the API server alone, or with controllers, a scheduler and nodes (default)",
    )
    add("--nodes", type=int, default=1, metavar="N", help="emulated nodes (default 1)")
    add("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    add("--port", type=int, default=0, metavar="N", help="port, 0 for a free one (default)")
    add("--plain-http", action="store_true", help="HTTP instead of HTTPS")
    add("--kubeconfig", default="", metavar="PATH", help="where to write the kubeconfig")
    add(
        "--token-auth-file",
        default="",
        metavar="FILE",
        help='CSV of static tokens: token,user,uid,"group1,group2"',
    )
    add("--service-cluster-ip-range", default="10.0.0.0/24", metavar="CIDR", dest="service_cidr")
    add("--allow-privileged", action="store_true", default=None, help="privileged containers")
    add("--seed", type=int, default=None, metavar="N", help="makes names and uids repeatable")
    add("--enable-admission-plugins", default="", metavar="LIST", help="comma-separated names")
    add("--disable-admission-plugins", default="", metavar="LIST", help="comma-separated names")


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        profile=options.profile,
        nodes=options.nodes,
        host=options.host,
        port=options.port,
        tls=not options.plain_http,
        kubeconfig=options.kubeconfig,
        token_auth_file=options.token_auth_file,
        service_cidr=options.service_cidr,
        allow_privileged=options.allow_privileged,
        seed=options.seed,
        enable_admission_plugins=_names(options.enable_admission_plugins),
        disable_admission_plugins=_names(options.disable_admission_plugins),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _run(work: Coroutine[Any, Any, int]) -> int:
    """Runs on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _serve(options: argparse.Namespace) -> int:
    from fakek8s.cluster import Cluster

    stopped = asyncio.Event()
    serving = asyncio.current_task()
    assert serving is not None
    # Whatever a start is waiting for, it is to end.
    _on_signals(lambda number: serving.cancel())
    try:
        async with Cluster(_settings(options)) as cluster:
            _on_signals(lambda number: stopped.set())
            print(f"fakek8s {__version__} serving Kubernetes at {cluster.url}")
            print(f"export KUBECONFIG={cluster.kubeconfig}", flush=True)
            _settle_memory()
            await stopped.wait()
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    return 0


def _on_signals(act: Callable[[signal.Signals], object]) -> None:
    """Calls `act` from now on when the process is asked to end; nothing else happens then."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act, number)


def _settle_memory() -> None:
    """What is there by now stays; what requests leave behind are hardly ever cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _run_command(options: argparse.Namespace) -> int:
    from fakek8s.cluster import Cluster

    async with Cluster(_settings(options)) as cluster:
        environment = {**os.environ, "KUBECONFIG": cluster.kubeconfig}
        # Listened for before the command runs: a signal in between would end us and orphan it.
        asked: asyncio.Queue[signal.Signals] = asyncio.Queue()
        _on_signals(asked.put_nowait)
        try:
            process = await asyncio.create_subprocess_exec(*options.command, env=environment)
        except OSError as error:
            print(f"fakek8s: {options.command[0]}: {error.strerror}", file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126  # as a shell has it
        passing_on = asyncio.create_task(_pass_on(asked, process))
        code = await process.wait()
        passing_on.cancel()
    return 128 - code if code < 0 else code


async def _pass_on(
    asked: asyncio.Queue[signal.Signals], process: asyncio.subprocess.Process
) -> None:
    while True:
        number = await asked.get()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
