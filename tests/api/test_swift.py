"""Requests on one connection: those that are answered at once, and those that are not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from fakek8s.admission.caller import Call, Reply
from fakek8s.api.swift import Outbox

from .conftest import CONFIGMAPS, configmap

if TYPE_CHECKING:
    from .conftest import Caller

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"

PATH = f"{CONFIGMAPS}/a"


class Raw:
    """A connection that bytes are sent through as they are."""

    def __init__(
        self, call: Caller, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.call = call
        self.reader = reader
        self.writer = writer

    def head(self, method: str, path: str, version: str = "1.1", *lines: str) -> bytes:
        fields = [f"{method} {path} HTTP/{version}", "Host: x", *lines]
        fields.append(f"Authorization: Bearer {self.call.cluster.token}")
        return ("\r\n".join(fields) + "\r\n\r\n").encode()

    async def answer(self, *, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body) of the next answer."""
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        content = await self.reader.readexactly(int(headers["content-length"])) if body else b""
        return int(status.split()[1]), headers, content


async def connected(call: Caller) -> Raw:
    reader, writer = await asyncio.open_connection("127.0.0.1", call.cluster.port)
    return Raw(call, reader, writer)


async def test_requests_that_come_together_are_answered_in_order(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a", k="v"))
    raw = await connected(call)
    update = b'{"metadata":{"name":"a"},"data":{"k":"new"}}'
    length, json = f"Content-Length: {len(update)}", "Content-Type: application/json"
    raw.writer.write(
        raw.head("GET", PATH)
        + raw.head("PUT", PATH, "1.1", length, json)
        + update
        + raw.head("GET", PATH)
    )
    bodies = [(await raw.answer())[2] for _ in range(3)]
    assert [b'"k":"new"' in body for body in bodies] == [False, True, True]
    raw.writer.close()


async def test_reads_and_writes_take_turns_on_a_connection(call: Caller) -> None:
    raw = await connected(call)
    for number in range(3):
        body = b'{"metadata":{"name":"n-%d"}}' % number
        length = f"Content-Length: {len(body)}"
        raw.writer.write(raw.head("POST", CONFIGMAPS, "1.1", length) + body)
        assert (await raw.answer())[0] == 201
        raw.writer.write(raw.head("GET", f"{CONFIGMAPS}/n-{number}"))
        assert (await raw.answer())[0] == 200
    raw.writer.close()


async def test_a_request_may_come_in_pieces(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    raw = await connected(call)
    for piece in (raw.head("GET", PATH)[:30], raw.head("GET", PATH)[30:]):
        raw.writer.write(piece)
        await raw.writer.drain()
        await asyncio.sleep(0)
    assert (await raw.answer())[0] == 200
    raw.writer.close()


async def test_a_client_that_wants_no_more_answers_is_told_so(call: Caller) -> None:
    raw = await connected(call)
    raw.writer.write(raw.head("GET", CONFIGMAPS, "1.1", "Connection: close"))
    _, headers, body = await raw.answer()
    assert headers["connection"] == "close"
    assert body.endswith(b"}\n")
    assert await raw.reader.read() == b""
    raw.writer.close()


async def test_old_clients_are_answered_in_their_version(call: Caller) -> None:
    raw = await connected(call)
    raw.writer.write(raw.head("GET", CONFIGMAPS, "1.0", "Connection: keep-alive"))
    status, headers, _ = await raw.answer()
    assert (status, headers["connection"]) == (200, "keep-alive")
    raw.writer.write(raw.head("GET", CONFIGMAPS, "1.0"))
    await raw.answer()
    assert await raw.reader.read() == b""
    raw.writer.close()


async def test_a_head_request_gets_no_body(call: Caller) -> None:
    raw = await connected(call)
    raw.writer.write(raw.head("HEAD", "/healthz") + raw.head("GET", "/healthz"))
    _, headers, _ = await raw.answer(body=False)
    assert headers["content-length"] == "2"
    assert (await raw.answer())[2] == b"ok"
    raw.writer.close()


async def test_a_watch_begins_after_reads_on_its_connection(call: Caller) -> None:
    raw = await connected(call)
    raw.writer.write(raw.head("GET", CONFIGMAPS))
    await raw.answer()
    raw.writer.write(raw.head("GET", f"{CONFIGMAPS}?watch=1&resourceVersion=0"))
    await raw.reader.readuntil(b"\r\n\r\n")
    await call("POST", CONFIGMAPS, configmap("seen"))
    await raw.reader.readuntil(b'"name":"seen"')
    raw.writer.close()


async def test_a_write_goes_on_when_its_client_leaves(call: Caller) -> None:
    raw = await connected(call)
    body = b'{"metadata":{"name":"left"}}'
    raw.writer.write(raw.head("POST", CONFIGMAPS, "1.1", f"Content-Length: {len(body)}") + body)
    await raw.writer.drain()
    raw.writer.transport.abort()
    for _ in range(100):
        if (await call("GET", f"{CONFIGMAPS}/left")).status == 200:
            return
    raise AssertionError("the write was given up")


async def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_nothing(
    call: Caller, caplog: object
) -> None:
    raw = await connected(call)
    raw.writer.write(raw.head("POST", CONFIGMAPS, "1.1", "Content-Length: 100") + b'{"metadata":')
    await raw.writer.drain()
    await call("GET", CONFIGMAPS)
    raw.writer.transport.abort()
    assert (await call("GET", CONFIGMAPS)).status == 200
    assert getattr(caplog, "records", []) == []


async def test_a_list_is_read_anew_once_something_changed(call: Caller) -> None:
    for number in range(3):
        await call("POST", CONFIGMAPS, configmap(f"long-{number}", k="x" * 50_000))
    first = await call("GET", CONFIGMAPS)
    packed = await call("GET", CONFIGMAPS, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (await call("GET", CONFIGMAPS)).body == first.body
    await call("PUT", f"{CONFIGMAPS}/long-1", configmap("long-1", k="short"))
    again = await call("GET", CONFIGMAPS)
    shown = {item["metadata"]["name"]: item["data"]["k"] for item in again.json["items"]}
    assert shown["long-1"] == "short"
    assert len(shown["long-2"]) == 50_000
    other = await call("GET", CONFIGMAPS, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in other.headers


class Line:
    """A transport that notes what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.written.append(b"".join(parts))


async def test_answers_leave_together_in_order_and_only_to_those_who_are_there() -> None:
    loop = asyncio.get_running_loop()
    outbox = Outbox(loop)
    here, gone = Line(), Line()
    for line, parts in ((here, (b"1",)), (gone, (b"2",)), (here, (b"head", b"body"))):
        outbox.put(line, parts)  # type: ignore[arg-type]
    seen: list[list[bytes]] = []
    loop.call_soon(lambda: seen.append([*here.written]))
    assert here.written == []
    gone.closing = True
    await asyncio.sleep(0)
    assert seen == [here.written] == [[b"1", b"headbody"]]
    assert gone.written == []
    outbox.put(here, (b"3",))  # type: ignore[arg-type]
    outbox.flush()
    await asyncio.sleep(0)
    assert here.written[2:] == [b"3"]


async def test_long_bodies_are_read_whole_and_what_follows_them_too(call: Caller) -> None:
    raw = await connected(call)
    for size in (10, 40_000, 300_000):
        body = json.dumps(configmap(f"size-{size}", k="x" * size)).encode()
        length = f"Content-Length: {len(body)}"
        raw.writer.write(raw.head("POST", CONFIGMAPS, "1.1", length) + body)
        raw.writer.write(raw.head("GET", f"{CONFIGMAPS}/size-{size}"))
        await raw.writer.drain()
        assert (await raw.answer())[0] == 201
        status, _, found = await raw.answer()
        assert (status, len(json.loads(found)["data"]["k"])) == (200, size)
    raw.writer.close()


class Slow:
    """A webhook that allows everything, once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, call: Call, /) -> Reply:
        self.asked += 1
        self.called.set()
        async with asyncio.timeout(10):  # which only tasks have
            await self.go_on.wait()
        review = json.loads(call.body)
        allowed = {"uid": review["request"]["uid"], "allowed": True}
        answer = {key: review[key] for key in ("apiVersion", "kind")} | {"response": allowed}
        return Reply(code=200, content_type="application/json", body=json.dumps(answer).encode())


async def test_a_write_that_has_to_wait_happens_once_and_in_its_turn(call: Caller) -> None:
    slow = Slow()
    call.cluster.server.registry.settings["webhook_caller"] = slow  # type: ignore[index]
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    webhook = {
        "name": "slow.example.com",
        "rules": [{**rule, "operations": ["CREATE"]}],
        "clientConfig": {"url": "https://slow.example.com/"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    made = await call("POST", WEBHOOKS, {"metadata": {"name": "slow"}, "webhooks": [webhook]})
    assert made.status == 201
    raw = await connected(call)
    body = b'{"metadata":{"name":"a"}}'
    raw.writer.write(raw.head("POST", CONFIGMAPS, "1.1", f"Content-Length: {len(body)}") + body)
    await slow.called.wait()
    raw.writer.write(raw.head("GET", PATH))
    assert (await call("GET", PATH)).status == 404
    slow.go_on.set()
    assert [(await raw.answer())[0] for _ in range(2)] == [201, 200]
    assert slow.asked == 1
    raw.writer.close()


async def test_a_write_is_done_before_what_was_sent_behind_it_is_read(call: Caller) -> None:
    raw = await connected(call)
    head = raw.head("POST", CONFIGMAPS, "1.1", "Content-Length: 27")
    sent = b"".join(head + b'{"metadata":{"name":"%d"}}' % (100 + number) for number in range(40))
    raw.writer.write(sent + raw.head("GET", CONFIGMAPS))
    for number in range(40):
        status, _, body = await raw.answer()
        assert (status, json.loads(body)["metadata"]["name"]) == (201, str(100 + number))
    listed = json.loads((await raw.answer())[2])
    assert len([item for item in listed["items"] if item["metadata"]["name"][0] == "1"]) == 40
    raw.writer.close()
