"""Server-side apply told as stories; `teller` says how they are written.

Any server can be asked for them, a real kube-apiserver too: FAKEK8S_STORIES_SERVER is its URL,
FAKEK8S_STORIES_TOKEN a token that may do everything. Its certificate is not checked, and the
objects are made in its namespace `stories`.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import orjson
import pytest
import yaml

from fakek8s.api.codec.body import WireBody
from fakek8s.auth.user import LOOPBACK
from fakek8s.errors import APIError
from fakek8s.server.request import Request, parse
from tests.stories.teller import Teller, notation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fakek8s.clock import VirtualClock
    from fakek8s.server.request import Body
    from fakek8s.server.server import Server

Object = dict[str, Any]

FOLDER = Path(__file__).parent
NAMESPACE = "stories"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def told() -> Iterator[Any]:
    """The stories of all files, with their places as names."""
    for path in sorted((FOLDER / "apply").glob("*.yaml")):
        for story in yaml.safe_load(path.read_text()):
            yield pytest.param(story, id=f"{path.stem}: {story['story']}")


class InProcess:
    """`teller.Server`: ours, without HTTP and on its own time."""

    def __init__(self, server: Server, clock: VirtualClock) -> None:
        self._server = server
        self._clock = clock

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = "",
    ) -> tuple[int, Object]:
        if self._server.definitions.stale:
            await self._server.definitions.current()
        wide = {name: [value] for name, value in query.items()}
        info = parse(method, path.strip("/").split("/"), path, wide)
        wire = None
        if body is not None:
            kind = self._server.catalogue.find(info.group, info.version, info.resource)
            wire = WireBody(orjson.dumps(body), content_type, self._server.types, kind=kind)
        request = Request(
            info=info, user=LOOPBACK, query=wide, user_agent="stories", body=cast("Body", wire)
        )
        try:
            answer = await self._server.handle(request)
        except APIError as error:
            return error.code, error.status()
        return answer.code, answer.object or {}

    async def wait(self, seconds: float) -> None:
        await self._clock.advance(seconds)


class Remote:
    """`teller.Server`: any, by HTTPS."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._context = ssl._create_unverified_context()

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = "",
    ) -> tuple[int, Object]:
        url = f"{self._url}{path}?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, headers, method=method)
        return await asyncio.to_thread(self._sent, request)

    def _sent(self, request: urllib.request.Request) -> tuple[int, Object]:
        try:
            answer = urllib.request.urlopen(request, context=self._context)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read()
        # What is not served yet is told in plain text.
        return answer.status, json.loads(text) if text.startswith(b"{") else {}

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@pytest.fixture
async def subject(server: Server, clock: VirtualClock) -> InProcess | Remote:
    """The server that the stories are told to, with namespace and definitions."""
    url = os.environ.get("FAKEK8S_STORIES_SERVER")
    token = os.environ.get("FAKEK8S_STORIES_TOKEN", "")
    found = Remote(url, token) if url else InProcess(server, clock)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    await found.send("POST", "/api/v1/namespaces", {}, namespace, "application/json")
    for definition in yaml.safe_load_all((FOLDER / "definitions.yaml").read_text()):
        await found.send("POST", CRDS, {}, definition, "application/json")
        spec = definition["spec"]
        version = spec["versions"][-1]["name"]
        path = f"/apis/{spec['group']}/{version}/namespaces/{NAMESPACE}/{spec['names']['plural']}"
        for _ in range(100):
            if (await found.send("GET", path, {}))[0] == 200:
                break
            await found.wait(0.2)
    return found


@pytest.mark.parametrize("story", list(told()))
async def test_story(story: Object, subject: InProcess | Remote) -> None:
    teller = Teller(subject, story, NAMESPACE)
    await teller.end()  # left over from a run that was broken off
    try:
        await teller.tell()
    finally:
        await teller.end()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"f:data": {"f:a": {}}}, "data.a"),
        ({"f:data": {".": {}, "f:a": {}, "f:b": {}}}, "data{. a b}"),
        ({"f:a": {}, "f:b": {"f:c": {"f:d": {}}}}, "a b.c.d"),
        (
            {"f:ports": {'k:{"port":80}': {".": {}, "f:port": {}}, 'k:{"port":81}': {}}},
            "ports{[port=80]{. port} [port=81]}",
        ),
        ({"f:tags": {'v:"x"': {}}}, 'tags[="x"]'),
    ],
)
def test_sets_of_fields_are_short_texts(fields: Object, text: str) -> None:
    assert notation(fields) == text
