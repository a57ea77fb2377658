"""Throughput over HTTP, as ratios to a bare aiohttp server that echoes the same bytes.

python tests/bench/bench_http.py [--rounds N] [--phases get,list,create,...]

Both servers run on uvloop in processes of their own; a small Go program (loadgen/, built when
`go` is there) drives them in turns, so that both see the same machine. Of each phase the best
round counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = "bench-token"
_PODS = "/api/v1/namespaces/bench/pods"
_OBJECTS = 1000
#: Requests of a phase; what the echo answers it with, None where no echo compares.
_PHASES: dict[str, tuple[int, str | None]] = {
    "get": (20_000, "pod"),
    "list": (300, "pods"),
    "create": (3_000, "pod"),
    "patch": (2_000, "pod"),
    "apply": (2_000, "pod"),
    "watch": (300, None),
    "delete": (2_000, "pod"),
}
#: Percent of the echo that the project wants to reach.
_WANTED = {"get": 60, "list": 50, "create": 25}


# The echo


async def _echo(port: int, folder: Path) -> None:
    """Answers every request as fakek8s would, from memory."""
    from aiohttp import web

    pod, pods = ((folder / name).read_bytes() for name in ("pod", "pods"))

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method in ("POST", "PATCH"):
            await request.read()
        body = pods if request.method == "GET" and request.path.endswith("/pods") else pod
        status = 201 if request.method == "POST" else 200
        return web.Response(body=body, status=status, content_type="application/json")

    loop = asyncio.get_running_loop()
    await loop.create_server(web.Server(answer, access_log=None), "127.0.0.1", port)
    await asyncio.Event().wait()


def _serve_echo(port: int, folder: Path) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_echo(port, folder))


# Processes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {_TOKEN}"})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def _answers(url: str) -> bool:
    try:
        return bool(_get(f"{url}/readyz"))
    except OSError:
        return False


@contextmanager
def _process(arguments: list[str], url: str) -> Iterator[str]:
    """Runs a server until the block ends; begins when it answers."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        while not _answers(url):
            if process.poll() is not None:
                raise SystemExit(f"{arguments[1:4]} ended before it served")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _fakek8s(folder: Path) -> Iterator[str]:
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    port = _free_port()
    command = [sys.executable, "-m", "fakek8s", "serve", "--profile=apiserver", "--plain-http"]
    command += [f"--port={port}", f"--token-auth-file={tokens}"]
    with _process(command, f"http://127.0.0.1:{port}") as url:
        yield url


@contextmanager
def _echoing(folder: Path) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, __file__, "--echo", str(port), str(folder)]
    with _process(command, f"http://127.0.0.1:{port}") as url:
        yield url


# Measuring


class _Loadgen:
    """The load generator, built."""

    def __init__(self, folder: Path) -> None:
        go = shutil.which("go")
        if go is None:
            raise SystemExit("this benchmark needs `go` to build its load generator")
        self._program = folder / "loadgen"
        source = Path(__file__).parent / "loadgen"
        subprocess.run([go, "build", "-o", str(self._program), "."], cwd=source, check=True)

    def __call__(self, url: str, phase: str, requests: int, first: int = 0) -> dict[str, Any]:
        flags = [f"-server={url}", f"-token={_TOKEN}", f"-requests={requests}", f"-first={first}"]
        command = [str(self._program), *flags, f"-objects={_OBJECTS}", phase]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        if found["failed"]:
            raise SystemExit(f"{phase}: {found['failed']} requests failed\n{done.stderr}")
        return found


def _measure(phases: list[str], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = _Loadgen(folder)
        with _fakek8s(folder) as ours:
            load(ours, "prepare", _OBJECTS)
            (folder / "pod").write_bytes(_get(f"{ours}{_PODS}/p-1"))
            (folder / "pods").write_bytes(_get(f"{ours}{_PODS}"))
            with _echoing(folder) as echo:
                print(
                    f"{'phase':8} {'echo/s':>10} {'ours/s':>10} {'p99 ms':>8} {'ratio':>7}  wanted"
                )
                for phase in phases:
                    _one(load, phase, rounds, ours, echo)


def _one(load: _Loadgen, phase: str, rounds: int, ours: str, echo: str) -> None:
    requests, answer = _PHASES[phase]
    best, base, p99 = 0.0, 0.0, 0.0
    for number in range(rounds):
        # Each round writes objects of its own, beside those that are listed.
        first = _OBJECTS + number * requests
        if phase == "delete":
            load(ours, "create", requests, first)
        if answer is not None:
            base = max(base, load(echo, phase, requests, first)["per_second"])
        found = load(ours, phase, requests, first)
        if found["per_second"] > best:
            best, p99 = found["per_second"], found.get("p99_ms", 0.0)
        if phase == "create":
            load(ours, "delete", requests, first)
    ratio = f"{best / base:7.1%}" if base else f"{'':7}"
    wanted = f"{_WANTED[phase]} %" if phase in _WANTED else ""
    print(f"{phase:8} {base:10,.0f} {best:10,.0f} {p99:8.1f} {ratio}  {wanted}", flush=True)


def main() -> None:
    """The command."""
    if sys.argv[1:2] == ["--echo"]:
        return _serve_echo(int(sys.argv[2]), Path(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--phases", default=",".join(_PHASES))
    options = parser.parse_args()
    return _measure(options.phases.split(","), options.rounds)


if __name__ == "__main__":
    main()
