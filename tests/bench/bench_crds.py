"""CustomResourceDefinitions: installing large ones, and creating objects that CEL rules judge.

python tests/bench/bench_crds.py [--rounds N] [--real https://HOST:PORT --token TOKEN]

With the address of a real kube-apiserver both do the same in turns, and the second figure is the
ratio to it. Of each measure the best round counts. What is made there is deleted again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]
#: (method, path, body)
Request = tuple[str, str, bytes | None]

_TOKEN = "bench-token"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_GROUP = "bench.example.com"
_LARGE = 100
_OBJECTS = 1500
_CLIENTS = 4
#: Rules -> how many times as fast as the real server the project wants to be.
_WANTED = {3: 2.0, 20: 1.0}


class Server:
    """One server under test; a connection for each thread that asks."""

    def __init__(self, url: str, token: str) -> None:
        self._place = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pool = ThreadPoolExecutor(_CLIENTS)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "http":
            return http.client.HTTPConnection(host, port)
        return http.client.HTTPSConnection(host, port, context=ssl._create_unverified_context())

    def all(self, requests: list[Request], wanted: int) -> float:
        """Seconds that requests take, dealt out to the clients; each must get the wanted code."""

        def some(share: list[Request]) -> None:
            connection = self._connect()
            for method, path, body in share:
                connection.request(method, path, body, self._headers)
                reply = connection.getresponse()
                text = reply.read()
                if reply.status != wanted:
                    raise SystemExit(f"{method} {path}: {reply.status} {text.decode()}")
            connection.close()

        start = time.perf_counter()
        list(self._pool.map(some, [requests[at::_CLIENTS] for at in range(_CLIENTS)]))
        return time.perf_counter() - start

    def get(self, path: str) -> tuple[int, Any]:
        """(code, body)"""
        connection = self._connect()
        connection.request("GET", path, headers=self._headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        return reply.status, json.loads(text) if text.startswith(b"{") else None


def _definition(plural: str, schema: Object) -> bytes:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": plural, "kind": plural.capitalize()}
    spec = {"group": _GROUP, "scope": "Namespaced", "names": names, "versions": [version]}
    made = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{_GROUP}"},
        "spec": spec,
    }
    return json.dumps(made).encode()


def _large() -> Object:
    """A schema of some 1,100 fields, about as large as that of a pod template."""
    leaf = {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9.-]*$", "description": "a" * 60}
    inner = {"type": "object", "properties": {f"field{n}": leaf for n in range(12)}}
    listed = {"type": "array", "maxItems": 16, "items": inner}
    outer = {"type": "object", "properties": {f"part{n}": listed for n in range(9)}}
    spec = {"type": "object", "properties": {f"section{n}": outer for n in range(10)}}
    return {"type": "object", "properties": {"spec": spec}}


def _ruled(count: int) -> Object:
    """A schema whose objects `count` rules judge."""
    rules = [
        "self.low <= self.high",
        "self.name.startsWith('a') || self.low > 3",
        "self.tags.all(t, t.size() < 10)",
        "has(self.name) && self.name.matches('^[a-z]+$')",
        "self.tags.exists_one(t, t == 'a')",
    ]
    every = [
        {"rule": f"({rules[n % len(rules)]}) || self.high == {n}", "message": f"rule {n}"}
        for n in range(count)
    ]
    tags = {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 20}}
    spec = {
        "type": "object",
        "required": ["low", "high", "name", "tags"],
        "properties": {
            "low": {"type": "integer"},
            "high": {"type": "integer"},
            "name": {"type": "string", "maxLength": 30},
            "tags": tags,
        },
        "x-kubernetes-validations": every,
    }
    return {"type": "object", "properties": {"spec": spec}}


def install(server: Server) -> float:
    """Seconds from the first POST until the last of the large definitions is served."""
    body = [(f"larges{n:03}", _large()) for n in range(_LARGE)]
    requests: list[Request] = [("POST", _CRDS, _definition(*one)) for one in body]
    start = time.perf_counter()
    server.all(requests, 201)
    _served(server, [plural for plural, _ in body])
    taken = time.perf_counter() - start
    server.all([("DELETE", f"{_CRDS}/{plural}.{_GROUP}", None) for plural, _ in body], 200)
    _gone(server, [plural for plural, _ in body])
    return taken


def create(server: Server, count: int) -> float:
    """Objects per second under that many rules."""
    plural = f"ruled{count}"
    server.all([("POST", _CRDS, _definition(plural, _ruled(count)))], 201)
    _served(server, [plural])
    path = f"/apis/{_GROUP}/v1/namespaces/default/{plural}"
    spec = {"low": 1, "high": 9, "name": "abc", "tags": ["a", "b", "c"]}
    requests: list[Request] = []
    for number in range(_OBJECTS):
        made = {
            "apiVersion": f"{_GROUP}/v1",
            "kind": plural.capitalize(),
            "metadata": {"name": f"o{number}"},
            "spec": spec,
        }
        requests.append(("POST", path, json.dumps(made).encode()))
    taken = server.all(requests, 201)
    server.all([("DELETE", f"{_CRDS}/{plural}.{_GROUP}", None)], 200)
    _gone(server, [plural])
    return _OBJECTS / taken


def _served(server: Server, plurals: list[str]) -> None:
    for plural in plurals:
        while server.get(f"/apis/{_GROUP}/v1/namespaces/default/{plural}")[0] != 200:
            time.sleep(0.01)


def _gone(server: Server, plurals: list[str]) -> None:
    for plural in plurals:
        while server.get(f"{_CRDS}/{plural}.{_GROUP}")[0] != 404:
            time.sleep(0.05)


@contextmanager
def _fakek8s() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        tokens = Path(name) / "tokens.csv"
        tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "fakek8s", "serve", "--profile=apiserver", "--plain-http"]
        command += [f"--port={port}", f"--token-auth-file={tokens}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            server = Server(f"http://127.0.0.1:{port}", _TOKEN)
            for _ in range(200):
                try:
                    server.get("/readyz")
                    break
                except OSError:
                    time.sleep(0.05)
            yield server
        finally:
            process.terminate()
            process.wait()


def _measure(rounds: int, real: Server | None) -> None:
    with _fakek8s() as ours:
        seconds = min(install(ours) for _ in range(rounds))
        size = len(_definition("larges000", _large())) // 1000
        beside = ""
        if real is not None:
            theirs = min(install(real) for _ in range(rounds))
            beside = f", {theirs / seconds:.1f} times as fast as the real server ({theirs:.2f} s)"
        print(f"install {_LARGE} definitions of {size} kB: {seconds:.2f} s (wanted 2){beside}")
        for count, wanted in _WANTED.items():
            rate = max(create(ours, count) for _ in range(rounds))
            beside = ""
            if real is not None:
                other = max(create(real, count) for _ in range(rounds))
                beside = f", {rate / other:.2f} times the real server's {other:.0f}/s"
            print(f"create with {count} rules: {rate:.0f}/s{beside} (wanted {wanted} times)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--real", help="address of a kube-apiserver to compare with")
    parser.add_argument("--token", default="", help="a token that may do everything there")
    options = parser.parse_args()
    real = Server(options.real, options.token) if options.real else None
    _measure(options.rounds, real)


if __name__ == "__main__":
    main()
