"""Server-side apply of large objects: milliseconds in process and over HTTP, the best of several.

python -m tests.bench.bench_apply [--rounds N]
python -m tests.bench.bench_apply --real https://HOST:PORT --token TOKEN [--insecure]

Four applies of each object: one that creates it, the same again, one with another value in one
field, and a second manager's that conflicts with that field. `json` is what reading and writing
the bodies alone takes: the rest is ours. With the address of a real kube-apiserver that does the
same in turns; what is made there in its namespace `bench` is deleted again.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import ssl
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from fakek8s.client.client import ObjectBody
from fakek8s.cluster import Cluster
from fakek8s.errors import APIError
from tests.bench.bench_http import Server, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    #: (name, image) -> configuration
    Make = Callable[[str, str], "Object"]
    #: (configuration, manager) -> HTTP code
    Apply = Callable[["Object", str], Awaitable[int]]

Object = dict[str, Any]

_APPLY = "application/apply-patch+yaml"
_PATH = "/apis/apps/v1/namespaces/bench/deployments"
_STEPS = ("create", "same", "one field", "conflict")


def _deployment(name: str, image: str, **parts: Any) -> Object:
    container = {"name": "c", "image": image, **parts}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def _ports(name: str, image: str) -> Object:
    """A list map of two keys, one of them defaulted."""
    ports = [{"name": f"p{n}", "containerPort": 1000 + n} for n in range(200)]
    return _deployment(name, image, ports=ports)


def _megabyte(name: str, image: str) -> Object:
    """Two thousand variables of half a kilobyte."""
    env = [{"name": f"V{n}", "value": f"{n:0500}"} for n in range(2000)]
    return _deployment(name, image, env=env)


_OBJECTS = {"200 ports": _ports, "1 MB": _megabyte}


async def _steps(make: Make, name: str, apply: Apply) -> list[float]:
    """Seconds of each step, on an object of its own."""
    configurations = [
        (make(name, "a:1"), "first", 201),
        (make(name, "a:1"), "first", 200),
        (make(name, "a:2"), "first", 200),
        (make(name, "a:3"), "second", 409),
    ]
    found = []
    gc.collect()
    for configuration, manager, wanted in configurations:
        begun = time.perf_counter()
        code = await apply(configuration, manager)
        found.append(time.perf_counter() - begun)
        if code != wanted:
            raise SystemExit(f"{name}: {code} instead of {wanted}")
    return found


def _json(make: Make) -> float:
    """Seconds to read an object and to write it again."""
    raw = orjson.dumps(make("o", "a:1"))
    begun = time.perf_counter()
    orjson.dumps(orjson.loads(raw))
    return time.perf_counter() - begun


def _best(rounds: list[list[float]]) -> list[float]:
    return [min(step) for step in zip(*rounds, strict=True)]


async def _in_process(make: Make, rounds: int) -> list[float]:
    async with Cluster(profile="apiserver", tls=False) as cluster:
        await cluster.client.create("namespaces", "", {"metadata": {"name": "bench"}})

        async def apply(configuration: Object, manager: str) -> int:
            name = configuration["metadata"]["name"]
            body = ObjectBody(configuration, _APPLY)
            query = {"fieldManager": [manager]}
            try:
                answer = await cluster.client.request(
                    "PATCH", "deployments.apps", "bench", name, body=body, query=query
                )
            except APIError as error:
                return error.code
            return answer.code

        return _best([await _steps(make, f"o-{number}", apply) for number in range(rounds)])


class _Remote:
    """Applies over one connection."""

    def __init__(self, server: Server) -> None:
        place = urlsplit(server.url)
        self._headers = {"Authorization": f"Bearer {server.token}", "Content-Type": _APPLY}
        self._connection = http.client.HTTPSConnection(
            place.hostname or "",
            place.port,
            context=ssl._create_unverified_context() if server.insecure else None,
        )

    async def __call__(self, configuration: Object, manager: str) -> int:
        path = f"{_PATH}/{configuration['metadata']['name']}?fieldManager={manager}"
        return self.send("PATCH", path, orjson.dumps(configuration))

    def send(self, method: str, path: str, body: bytes | None = None) -> int:
        self._connection.request(method, path, body, self._headers)
        reply = self._connection.getresponse()
        reply.read()
        return reply.status


def _beside(make: Make, rounds: int, servers: list[_Remote]) -> list[list[float]]:
    """The best of each server, asked in turns."""
    found: list[list[list[float]]] = [[] for _ in servers]
    for number in range(rounds):
        for server, own in zip(servers, found, strict=True):
            own.append(asyncio.run(_steps(make, f"o-{number}", server)))
            server.send("DELETE", f"{_PATH}/o-{number}")
    return [_best(own) for own in found]


def _measure(rounds: int, real: Server | None) -> None:
    with tempfile.TemporaryDirectory() as name, serving(Path(name), tls=True) as ours:
        servers = [ours] if real is None else [ours, real]
        for server in servers:
            with suppress(OSError):  # it may be there
                server.ask("/api/v1/namespaces", "POST", {"metadata": {"name": "bench"}})
        remotes = [_Remote(server) for server in servers]
        real_columns = f" {'real ms':>9} {'ratio':>7}" if real is not None else ""
        print(
            f"{'object':10} {'step':10} {'in process ms':>13} {'of json':>8} {'HTTPS ms':>9}"
            + real_columns
        )
        for title, make in _OBJECTS.items():
            plain = min(_json(make) for _ in range(rounds))
            inside = asyncio.run(_in_process(make, rounds))
            outside = _beside(make, rounds, remotes)
            for number, step in enumerate(_STEPS):
                own, near = outside[0][number], inside[number]
                line = f"{title:10} {step:10} {near * 1e3:13.2f} {near / plain:7.1f}x "
                line += f"{own * 1e3:9.2f}"
                if real is not None:
                    theirs = outside[1][number]
                    line += f" {theirs * 1e3:9.2f} {theirs / own:6.2f}x"
                print(line, flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real", help="address of a kube-apiserver to compare with")
    parser.add_argument("--token", default="", help="a token that may do everything there")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate there")
    options = parser.parse_args()
    real = Server(options.real, options.token, insecure=options.insecure) if options.real else None
    _measure(options.rounds, real)


if __name__ == "__main__":
    main()
