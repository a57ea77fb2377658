"""An API server behind the door, and a client that leaves bytes and headers alone."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from fakek8s.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return str(self.json["message"])


class Caller:
    """Sends requests as the admin."""

    def __init__(self, session: aiohttp.ClientSession, cluster: Cluster) -> None:
        self.session = session
        self.cluster = cluster

    def url(self, path: str) -> Any:
        from yarl import URL

        return URL(self.cluster.url + path, encoded=True)

    def headers(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        found = {
            "Authorization": f"Bearer {self.cluster.token}",
            "User-Agent": "test/1",
            "Accept": JSON,
            **(given or {}),
        }
        return {name: value for name, value in found.items() if value}

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`body`: bytes as they are, anything else as JSON. An empty header value leaves it out."""
        sent = self.headers(headers)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", JSON)
        async with self.session.request(
            method,
            self.url(path),
            data=None if body is None else io.BytesIO(body),
            headers=sent,
            allow_redirects=False,
            skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"),
        ) as response:
            return Reply(response.status, response.headers, await response.read())


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster(profile="apiserver", tls=False) as started:
        yield started


@pytest.fixture
async def call(cluster: Cluster) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield Caller(session, cluster)


CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


def configmap(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}
