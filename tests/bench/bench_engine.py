"""What the engine takes for each verb, without HTTP: microseconds, the best of several rounds.

python tests/bench/bench_engine.py [--rounds N] [--objects N]

Requests enter where the HTTP door hands them on, with the body as bytes, and end as answers.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from typing import TYPE_CHECKING, Any, cast

import orjson

from fakek8s.api.codec.body import WireBody
from fakek8s.api.codec.encode import Encoder
from fakek8s.auth.user import LOOPBACK
from fakek8s.cluster import Cluster
from fakek8s.server.request import Request, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Body

_NAMESPACE = ["api", "v1", "namespaces", "bench"]
_STRATEGIC = "application/strategic-merge-patch+json"
_APPLY = "application/apply-patch+yaml"


def _pod(number: int) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "nginx:1.27",
        "ports": [{"containerPort": 80}],
        "env": [{"name": "A", "value": "b"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p-{number}", "labels": {"app": f"a{number % 10}", "tier": "web"}},
        "spec": {"schedulerName": "none", "containers": [container]},
    }


class _Engine:
    """One server and what a door needs to ask it."""

    def __init__(self, cluster: Cluster) -> None:
        self._server = cluster.server
        self._encoder = Encoder(cluster.server.types)
        self._kinds = {
            plural: self._server.catalogue.find("", "v1", plural)
            for plural in ("pods", "configmaps")
        }

    async def __call__(
        self,
        method: str,
        plural: str,
        name: str = "",
        body: Any = None,
        content_type: str = "application/json",
        query: dict[str, list[str]] | None = None,
    ) -> Answer:
        parts = [*_NAMESPACE, plural, *([name] if name else [])]
        wire = None
        if body is not None:
            raw = orjson.dumps(body)
            wire = WireBody(raw, content_type, self._server.types, kind=self._kinds[plural])
        info = parse(method, parts, "/" + "/".join(parts), query or {})
        return await self._server.handle(
            Request(
                info=info,
                user=LOOPBACK,
                query=query or {},
                user_agent="bench/1",
                body=cast("Body", wire),
            )
        )

    def encode(self, answer: Answer) -> None:
        """What a door writes."""
        if answer.kind is None:
            return
        if answer.page is not None:
            self._encoder.list_json(answer.kind, answer.page.metadata, answer.page.entries)
        elif answer.entry is not None:
            self._encoder.object_json(answer.kind, answer.entry)


async def _timed(count: int, rounds: int, call: Callable[[int], Awaitable[object]]) -> float:
    """Microseconds of a call; calls are numbered through all rounds."""
    best = float("inf")
    for number in range(rounds):
        gc.collect()
        begun = time.perf_counter()
        for i in range(number * count, (number + 1) * count):
            await call(i)
        best = min(best, time.perf_counter() - begun)
    return best / count * 1e6


async def _measure(objects: int, rounds: int) -> None:
    async with Cluster(profile="apiserver", tls=False) as cluster:
        await cluster.client.create("namespaces", "", {"metadata": {"name": "bench"}})
        await cluster.client.create("serviceaccounts", "bench", {"metadata": {"name": "default"}})
        ask = _Engine(cluster)

        async def create(i: int) -> None:
            ask.encode(await ask("POST", "pods", body=_pod(i)))

        async def get(i: int) -> None:
            ask.encode(await ask("GET", "pods", f"p-{i % objects}"))

        async def everything(_: int) -> None:
            ask.encode(await ask("GET", "pods"))

        async def update(i: int) -> None:
            answer = await ask("GET", "pods", f"p-{i % objects}")
            assert answer.object is not None
            metadata = {**answer.object["metadata"], "annotations": {"x": str(i)}}
            changed = {**answer.object, "metadata": metadata}
            ask.encode(await ask("PUT", "pods", f"p-{i % objects}", changed))

        async def patch(i: int) -> None:
            change = {"metadata": {"annotations": {"y": str(i)}}}
            ask.encode(await ask("PATCH", "pods", f"p-{i % objects}", change, _STRATEGIC))

        async def apply(i: int) -> None:
            name, query = f"a-{i % 100}", {"fieldManager": ["bench"], "force": ["true"]}
            wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
            body = {**wanted, "data": {"k": str(i)}}
            ask.encode(await ask("PATCH", "configmaps", name, body, _APPLY, query))

        async def delete(i: int) -> None:
            await ask("DELETE", "pods", f"p-{i}", query={"gracePeriodSeconds": ["0"]})

        for name, call, count in (
            ("create", create, objects),
            ("get", get, objects),
            ("list", everything, 100),
            ("update", update, objects),
            ("patch", patch, objects),
            ("apply", apply, objects),
            ("delete", delete, objects),
        ):
            print(f"{name:8} {await _timed(count, rounds, call):9.1f} us", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--objects", type=int, default=500)
    options = parser.parse_args()
    asyncio.run(_measure(options.objects, options.rounds))


if __name__ == "__main__":
    main()
