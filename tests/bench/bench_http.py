"""Throughput over HTTP, as ratios to bare aiohttp servers that echo the same bytes.

python tests/bench/bench_http.py [--rounds N] [--phases get,list,create,...]
python tests/bench/bench_http.py --real https://HOST:PORT --token TOKEN [--insecure] [--pids N,N]

The servers run on uvloop in processes of their own; a small Go program (loadgen/, built when
`go` is there) drives them in turns, so that all see the same machine. Of each phase the best
round counts.

With the address of a real kube-apiserver that takes the echo's place, and both speak TLS. Objects
are made in its namespace `bench`, and deleted again. On a machine with other work the ratio of
best rounds still wavers; processor time wavers less: `--pids` names the real server's processes
(kube-apiserver and etcd, on this machine) and adds what a request took of it on both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
#: An aiohttp application with one route, and aiohttp's web.Server with nothing around it.
_ECHOES = ("application", "server")
#: Percent of the echo that the project wants to reach.
_WANTED = {"get": 60, "list": 50, "create": 25}
#: How many times the real server's rate the project wants to reach.
_WANTED_BESIDE = {"patch": 3.0, "apply": 1.5}


# The echo


async def _echo(kind: str, port: int, folder: Path) -> None:
    """Answers every request as fakek8s would, from memory."""
    from aiohttp import web

    pod, pods = ((folder / name).read_bytes() for name in ("pod", "pods"))

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method in ("POST", "PATCH"):
            await request.read()
        body = pods if request.method == "GET" and request.path.endswith("/pods") else pod
        status = 201 if request.method == "POST" else 200
        return web.Response(body=body, status=status, content_type="application/json")

    if kind == "application":
        application = web.Application(client_max_size=1 << 22)
        application.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
    else:
        loop = asyncio.get_running_loop()
        await loop.create_server(web.Server(answer, access_log=None), "127.0.0.1", port)
    await asyncio.Event().wait()


def _serve_echo(kind: str, port: int, folder: Path) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_echo(kind, port, folder))


# Servers


class Server:
    """A server under test."""

    def __init__(
        self, url: str, token: str, *, insecure: bool = False, pids: tuple[int, ...] = ()
    ) -> None:
        """insecure: any certificate will do. pids: its processes, if their time is wanted."""
        self.url, self.token, self.insecure, self.pids = url, token, insecure, pids
        self._context = ssl.create_default_context()
        if insecure:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE

    def ask(self, path: str, method: str = "GET", obj: Any = None) -> bytes:
        """The body of the answer; raises OSError."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps(obj).encode() if obj is not None else None
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, context=self._context) as answer:
            return bytes(answer.read())

    def answers(self) -> bool:
        try:
            return bool(self.ask("/readyz"))
        except OSError:
            return False

    def clear(self) -> None:
        """Removes what the load generator makes."""
        for plural in ("pods", "configmaps"):
            path = f"/api/v1/namespaces/bench/{plural}?gracePeriodSeconds=0"
            self.ask(path, "DELETE")

    def processor(self) -> float:
        """Seconds of processor time that its processes have taken."""
        ticks = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(arguments: list[str], url: str) -> Iterator[Server]:
    """Runs a server until the block ends; begins when it answers."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    server = Server(url, _TOKEN, insecure=True, pids=(process.pid,))
    try:
        while not server.answers():
            if process.poll() is not None:
                raise SystemExit(f"{arguments[1:4]} ended before it served")
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(folder: Path, *, tls: bool) -> Iterator[Server]:
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    port = _free_port()
    command = [sys.executable, "-m", "fakek8s", "serve", "--profile=apiserver"]
    command += [f"--port={port}", f"--token-auth-file={tokens}"]
    command += [f"--kubeconfig={folder / 'kubeconfig'}"] if tls else ["--plain-http"]
    with _process(command, f"{'https' if tls else 'http'}://127.0.0.1:{port}") as server:
        yield server


@contextmanager
def _echoing(folder: Path, kind: str) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, __file__, "--echo", kind, str(port), str(folder)]
    with _process(command, f"http://127.0.0.1:{port}") as server:
        yield server


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

    def __call__(self, server: Server, phase: str, requests: int, first: int = 0) -> Found:
        flags = [f"-server={server.url}", f"-token={server.token}", f"-insecure={server.insecure}"]
        flags += [f"-requests={requests}", f"-first={first}", f"-objects={_OBJECTS}"]
        before = server.processor()
        done = subprocess.run(
            [str(self._program), *flags, phase], capture_output=True, text=True, check=True
        )
        spent = server.processor() - before
        found = json.loads(done.stdout)
        if found["failed"]:
            raise SystemExit(f"{phase}: {found['failed']} requests failed\n{done.stderr}")
        return Found(found["per_second"], found.get("p99_ms", 0.0), spent / requests * 1e6)


class Found(NamedTuple):
    """What one round of a phase gave; microseconds of processor time, 0.0 where not measured."""

    per_second: float
    p99: float
    processor: float

    def better(self, other: Found | None) -> Found:
        """The best of each figure."""
        if other is None:
            return self
        faster = max(self, other, key=lambda found: found.per_second)
        return faster._replace(processor=min(self.processor, other.processor))


def _beside_echo(phases: list[str], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = _Loadgen(folder)
        with serving(folder, tls=False) as ours:
            load(ours, "prepare", _OBJECTS)
            (folder / "pod").write_bytes(ours.ask(f"{_PODS}/p-1"))
            (folder / "pods").write_bytes(ours.ask(_PODS))
            with ExitStack() as stack:
                echoes = [stack.enter_context(_echoing(folder, kind)) for kind in _ECHOES]
                heads = "".join(f"{kind + '/s':>14} {'ratio':>7}" for kind in _ECHOES)
                print(f"{'phase':8} {'ours/s':>8} {'p99 ms':>7} {heads}  wanted")
                for phase in phases:
                    bases = echoes if _PHASES[phase][1] is not None else []
                    found, *others = _rounds(load, phase, rounds, [ours, *bases])
                    ratios = "".join(
                        f"{other.per_second:14,.0f} {found.per_second / other.per_second:7.1%}"
                        for other in others
                    )
                    wanted = f"{_WANTED[phase]} %" if phase in _WANTED else ""
                    print(
                        f"{phase:8} {found.per_second:8,.0f} {found.p99:7.1f} {ratios}  {wanted}",
                        flush=True,
                    )


def _beside_real(phases: list[str], rounds: int, real: Server) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = _Loadgen(folder)
        with serving(folder, tls=True) as ours:
            with suppress(OSError):  # left over from a run that was broken off
                real.clear()
            load(ours, "prepare", _OBJECTS)
            load(real, "prepare", _OBJECTS)
            print(
                f"{'phase':8} {'real/s':>8} {'ours/s':>8} {'ratio':>6} {'wanted':>6}"
                f" {'real us':>8} {'ours us':>8} {'ratio':>6}   (us: processor time of a request)"
            )
            for phase in phases:
                found, other = _rounds(load, phase, rounds, [ours, real])
                wanted = f"{_WANTED_BESIDE[phase]:.1f}x" if phase in _WANTED_BESIDE else ""
                print(
                    f"{phase:8} {other.per_second:8,.0f} {found.per_second:8,.0f} "
                    f"{found.per_second / other.per_second:5.2f}x {wanted:>6} "
                    f"{other.processor:8,.0f} {found.processor:8,.0f} "
                    f"{other.processor / found.processor:5.2f}x",
                    flush=True,
                )
            real.clear()


def _rounds(load: _Loadgen, phase: str, rounds: int, servers: list[Server]) -> list[Found]:
    """The best of each server, asked in turns."""
    requests = _PHASES[phase][0]
    best: list[Found | None] = [None] * len(servers)
    for number in range(rounds):
        # Each round writes objects of its own, beside those that are listed.
        first = _OBJECTS + number * requests
        for place, server in enumerate(servers):
            if phase == "delete":
                load(server, "create", requests, first)
            best[place] = load(server, phase, requests, first).better(best[place])
            if phase == "create":
                load(server, "delete", requests, first)
    return [found for found in best if found is not None]


def main() -> None:
    """The command."""
    if sys.argv[1:2] == ["--echo"]:
        return _serve_echo(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--phases", default=",".join(_PHASES))
    parser.add_argument("--real", help="address of a kube-apiserver to compare with")
    parser.add_argument("--token", default="", help="a token that may do everything there")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate there")
    parser.add_argument("--pids", default="", help="its processes, to measure their time")
    options = parser.parse_args()
    phases: list[str] = options.phases.split(",")
    if not options.real:
        return _beside_echo(phases, options.rounds)
    pids = tuple(map(int, filter(None, options.pids.split(","))))
    real = Server(options.real, options.token, insecure=options.insecure, pids=pids)
    return _beside_real(phases, options.rounds, real)


if __name__ == "__main__":
    main()
