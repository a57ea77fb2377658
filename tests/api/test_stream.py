"""Watches: lines, frames, tables and sockets, and how they end."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from .conftest import CONFIGMAPS, configmap

if TYPE_CHECKING:
    from .conftest import Caller

WATCH = CONFIGMAPS + "?watch=1&timeoutSeconds=30"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


async def opened(
    call: Caller, path: str, headers: dict[str, str] | None = None
) -> aiohttp.ClientResponse:
    return await call.session.get(call.url(path), headers=call.headers(headers))


async def line(response: aiohttp.ClientResponse) -> Any:
    return json.loads(await response.content.readline())


async def test_headers_come_before_the_first_event(call: Caller) -> None:
    response = await opened(call, WATCH + "&resourceVersion=0")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Transfer-Encoding"] == "chunked"
    response.close()


async def test_events_are_lines_in_upstreams_form(call: Caller) -> None:
    response = await opened(call, WATCH)
    await call("POST", CONFIGMAPS, configmap("a", x="1"))
    raw = await response.content.readline()
    assert raw.startswith(
        b'{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a",'
    )
    assert raw.endswith(b'"data":{"x":"1"}}}\n')
    await call("DELETE", CONFIGMAPS + "/a")
    assert (await line(response))["type"] == "DELETED"
    response.close()


async def test_a_watch_ends_in_order_when_its_time_is_over(call: Caller) -> None:
    response = await opened(call, CONFIGMAPS + "?watch=1&timeoutSeconds=1")
    assert await response.read() == b""


async def test_a_watch_ends_when_the_server_stops(call: Caller) -> None:
    response = await opened(call, WATCH)
    await call.cluster.stop()
    try:
        rest = await asyncio.wait_for(response.read(), 5)
    except aiohttp.ClientError:
        rest = b""
    assert rest == b""
    await call.cluster.start()


async def test_a_client_that_leaves_is_noticed(call: Caller) -> None:
    response = await opened(call, WATCH)
    metrics = (await call("GET", "/metrics")).body
    assert b'apiserver_longrunning_requests{verb="WATCH"} 1\n' in metrics
    response.close()
    while b'{verb="WATCH"} 1\n' in metrics:
        metrics = (await call("GET", "/metrics")).body
    assert b'apiserver_longrunning_requests{verb="WATCH"} 0\n' in metrics


async def test_only_the_first_table_of_a_watch_names_the_columns(call: Caller) -> None:
    response = await opened(call, WATCH, TABLE)
    for name in "ab":
        await call("POST", CONFIGMAPS, configmap(name))
    first, second = await line(response), await line(response)
    assert [c["name"] for c in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "b"
    assert second["object"]["metadata"].keys() == {"resourceVersion"}
    response.close()


async def test_partial_metadata_can_be_watched(call: Caller) -> None:
    partial = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
    response = await opened(call, WATCH, partial)
    await call("POST", CONFIGMAPS, configmap("a", x="1"))
    event = await line(response)
    assert list(event["object"]) == ["kind", "apiVersion", "metadata"]
    response.close()


async def test_protobuf_events_stand_behind_their_length(call: Caller) -> None:
    stream = "application/vnd.kubernetes.protobuf;stream=watch"
    response = await opened(call, WATCH, {"Accept": stream})
    assert response.headers["Content-Type"] == stream
    await call("POST", CONFIGMAPS, configmap("a"))
    size = int.from_bytes(await response.content.readexactly(4))
    frame = await response.content.readexactly(size)
    assert frame.startswith(b"\n\x05ADDED\x12")
    assert b"k8s\0" in frame
    response.close()


async def test_a_watch_is_not_written_as_yaml(call: Caller) -> None:
    reply = await call("GET", WATCH, headers={"Accept": "application/yaml"})
    assert reply.status == 406
    assert b"application/json;stream=watch" in reply.body
    assert reply.headers["Content-Type"] == "application/yaml"


async def test_bad_table_options_are_told_before_the_watch_begins(call: Caller) -> None:
    reply = await call("GET", WATCH + "&includeObject=All", headers=TABLE)
    assert reply.status == 400


async def test_a_websocket_gets_each_event_as_a_text(call: Caller) -> None:
    async with call.session.ws_connect(call.url(WATCH), headers=call.headers()) as socket:
        await call("POST", CONFIGMAPS, configmap("a"))
        event = json.loads(await socket.receive_str())
        assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "a")


async def test_a_websocket_is_closed_when_the_watch_is_over(call: Caller) -> None:
    path = CONFIGMAPS + "?watch=1&timeoutSeconds=1"
    async with call.session.ws_connect(call.url(path), headers=call.headers()) as socket:
        message = await socket.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_fifty_watchers_see_the_same_events(call: Caller) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        watches = [await session.get(call.url(WATCH), headers=call.headers()) for _ in range(50)]
        for name in "abc":
            await call("POST", CONFIGMAPS, configmap(name))
        seen = {b"".join([await watch.content.readline() for _ in range(3)]) for watch in watches}
        assert len(seen) == 1
        for watch in watches:
            watch.close()


async def test_a_watch_for_metadata_of_lists_ends_with_its_first_event(call: Caller) -> None:
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("GET", WATCH, headers={"Accept": accept})
    assert (reply.status, reply.body) == (200, b"")
