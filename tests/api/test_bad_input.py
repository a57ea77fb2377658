"""What no client should send: each gets the real server's answer, and the server goes on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.api.codec.body import LIMIT

from .conftest import CONFIGMAPS, JSON, configmap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.cluster import Cluster

    from .conftest import Caller

YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): "
NO_KIND = UNRECOGNIZED + "couldn't get version/kind; json parse error: "
AS_CONFIGMAP = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: '


@pytest.fixture(autouse=True)
async def _goes_on(call: Caller) -> AsyncIterator[None]:
    """After each of these, others are served as before."""
    yield
    assert (await call("GET", "/readyz")).body == b"ok"
    assert (await call("POST", CONFIGMAPS, configmap("after"))).status == 201


async def raw(cluster: Cluster, *parts: bytes) -> bytes:
    """All that comes back for these bytes until the server closes; nothing from a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def head(cluster: Cluster, line: str, *headers: str) -> bytes:
    """A request's head with the admin's token."""
    first = (line, "Host: x", f"Authorization: Bearer {cluster.token}", *headers)
    return "\r\n".join(first).encode("latin-1") + b"\r\n\r\n"


def nested(depth: int, opening: bytes = b'{"a":', closing: bytes = b"}") -> bytes:
    return b'{"metadata":{"name":"deep"},"x":' + opening * depth + b"1" + closing * depth + b"}"


# Bodies


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"metadata":{', NO_KIND + 'unexpected end of JSON input ({"metadata":{)'),
        (
            b"hello",
            NO_KIND + "invalid character 'h' looking for beginning of value (68656c6c6f)",
        ),
        (
            b'{"metadata":{"name":"t"}} x',
            NO_KIND + "invalid character 'x' after top-level value "
            '({"metadata":{"name":"t"}} x)',
        ),
        (
            b'{"metadata":{"generation":NaN}}',
            NO_KIND + "invalid character 'N' looking for beginning of value "
            '({"metadata":{"generation":NaN} ...)',
        ),
        (
            b'{"metadata":{"name":"a\x00b"}}',
            NO_KIND + "invalid character '\\x00' in string literal "
            '({"metadata":{"name":"a\x00b"}})',
        ),
        (
            b'{"metadata":[]}',
            AS_CONFIGMAP + "json: cannot unmarshal array into Go struct field "
            "ConfigMap.metadata of type v1.ObjectMeta",
        ),
    ],
)  # fmt: skip
async def test_malformed_json_is_refused_in_the_decoders_words(
    call: Caller, body: bytes, message: str
) -> None:
    reply = await call("POST", CONFIGMAPS, body)
    assert (reply.status, reply.json["reason"]) == (400, "BadRequest")
    assert reply.message == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a: [1,\n b: {", "yaml: line 2: did not find expected node content"),
        (
            b"metadata:\n\tname: x\n",
            "yaml: line 2: found character that cannot start any token",
        ),
        (b"metadata: *nope\n", "yaml: unknown anchor 'nope' referenced"),
        (b'metadata: {name: "\xff"}\n', "yaml: invalid leading UTF-8 octet"),
    ],
)  # fmt: skip
async def test_malformed_yaml_is_refused_in_the_decoders_words(
    call: Caller, body: bytes, message: str
) -> None:
    reply = await call("POST", CONFIGMAPS, body, headers={"Content-Type": YAML})
    assert reply.status == 400
    assert reply.message.startswith(UNRECOGNIZED + message)


async def test_yaml_makes_no_python_objects(call: Caller) -> None:
    body = b"metadata: {name: c}\ndata: !!python/object/apply:os.getcwd []\n"
    reply = await call("POST", CONFIGMAPS, body, headers={"Content-Type": YAML})
    assert reply.status == 400
    assert (await call("GET", CONFIGMAPS + "/c")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s\0",
        b"k8s\0" + b"\xff" * 11,
        b"k8s\0\x0a\x20\x0a\x02v1",
        b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x02\xff\xff",
    ],
    ids=["empty", "prefix", "varint", "cut", "garbage"],
)
async def test_malformed_protobuf_is_a_bad_request(call: Caller, body: bytes) -> None:
    reply = await call("POST", CONFIGMAPS, body, headers={"Content-Type": PROTOBUF})
    assert (reply.status, reply.json["reason"]) == (400, "BadRequest")
    assert "ConfigMap" in reply.message


async def test_bytes_that_are_no_utf8_are_replaced_as_gos_decoder_does(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, b'{"metadata":{"name":"u"},"data":{"k":"\xff\xfe"}}')
    assert reply.status == 201
    assert reply.json["data"] == {"k": "\ufffd\ufffd"}
    assert (await call("GET", CONFIGMAPS + "/u")).json["data"] == {"k": "\ufffd\ufffd"}


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]")])
async def test_ten_thousand_levels_are_too_deep(
    call: Caller, opening: bytes, closing: bytes
) -> None:
    reply = await call("POST", CONFIGMAPS, nested(10_000, opening, closing))
    assert reply.status == 400
    assert f"invalid character '{opening[:1].decode()}' exceeded max depth" in reply.message


async def test_an_unknown_field_may_be_deep_and_is_dropped(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, nested(5_000))
    assert reply.status == 201
    assert "x" not in reply.json


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (YAML, nested(12_000, b"[", b"]")),
        (MERGE, nested(10_001)),
        (STRATEGIC, nested(10_001)),
        (JSON_PATCH, b'[{"op":"add","path":"/data","value":' + b"[" * 10_001 + b"]" * 10_001),
        (APPLY, b'{"apiVersion":"v1","kind":"ConfigMap",' + nested(12_000)[1:]),
    ],
)
async def test_depth_is_refused_whatever_the_type(
    call: Caller, content_type: str, body: bytes
) -> None:
    await call("POST", CONFIGMAPS, configmap("deep"))
    path, method = CONFIGMAPS, "POST"
    if content_type != YAML:
        path, method = CONFIGMAPS + "/deep?fieldManager=m", "PATCH"
    reply = await call(method, path, body, headers={"Content-Type": content_type})
    assert (reply.status, reply.json["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("method", "content_type"),
    [("POST", JSON), ("PUT", JSON), ("PATCH", MERGE), ("DELETE", JSON)],
)
async def test_bodies_over_the_limit_are_refused_by_every_verb(
    call: Caller, method: str, content_type: str
) -> None:
    await call("POST", CONFIGMAPS, configmap("held"))
    path = CONFIGMAPS if method == "POST" else CONFIGMAPS + "/held"
    body = b'{"metadata":{"name":"held"},"x":"' + b"x" * LIMIT + b'"}'
    reply = await call(method, path, body, headers={"Content-Type": content_type})
    assert (reply.status, reply.json["reason"]) == (413, "RequestEntityTooLarge")
    assert reply.message == f"Request entity too large: limit is {LIMIT}"
    assert (await call("GET", CONFIGMAPS + "/held")).json["metadata"]["resourceVersion"]


async def test_a_long_body_within_the_limit_is_judged_by_the_kind(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("big", k="x" * (LIMIT - 1024)))
    assert reply.status == 422
    assert reply.message == (
        'ConfigMap "big" is invalid: []: Too long: may not be more than 1048576 bytes'
    )


@pytest.mark.parametrize("said", [";;;", "text/xml", "application/json+x", "json"])
async def test_content_types_that_nobody_reads_are_unsupported(call: Caller, said: str) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("c"), headers={"Content-Type": said})
    assert (reply.status, reply.json["reason"]) == (415, "UnsupportedMediaType")
    assert (await call("GET", CONFIGMAPS + "/c")).status == 404


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (JSON_PATCH, b"{}", "json: cannot unmarshal object into Go value of type"),
        (
            JSON_PATCH,
            b'[{"op":"frob","path":"/data"}]',
            "the server rejected our request",
        ),
        (MERGE, b"{", "invalid JSON patch"),
        (STRATEGIC, b"zzz", "invalid JSON patch"),
        (APPLY, b"- a", "cannot unmarshal"),
    ],
)
async def test_patches_that_are_none_change_nothing(
    call: Caller, content_type: str, body: bytes, message: str
) -> None:
    made = await call("POST", CONFIGMAPS, configmap("c", a="b"))
    reply = await call(
        "PATCH", CONFIGMAPS + "/c?fieldManager=m", body, headers={"Content-Type": content_type}
    )
    assert reply.status in (400, 422)
    assert message in reply.message
    assert (await call("GET", CONFIGMAPS + "/c")).json == made.json


# Queries and headers


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("labelSelector=a%20in%20(", "unable to parse requirement: found '', expected:"),
        ("labelSelector=a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("labelSelector=-a-", "name part must consist of alphanumeric characters"),
        ("labelSelector=a%3Eb", "for 'Gt', 'Lt' operators, the value must be an integer"),
        ("fieldSelector=nope=1", '"nope" is not a known field selector'),
        ("fieldSelector=metadata.name", "invalid selector: 'metadata.name'"),
        ("limit=x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("limit=99999999999999999999", "value out of range"),
        ("limit=1&continue=e30", "continue key is not valid"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_selector_that_cannot_be_read_never_means_all(
    call: Caller, method: str, query: str, message: str
) -> None:
    await call("POST", CONFIGMAPS, configmap("kept", a="b"))
    reply = await call(method, f"{CONFIGMAPS}?{query}")
    assert (reply.status, reply.json["reason"]) == (400, "BadRequest")
    assert message in reply.message
    assert (await call("GET", CONFIGMAPS + "/kept")).status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("watch=1&labelSelector=a%20in%20(", 400),
        ("watch=1&fieldSelector=nope=1", 400),
        ("watch=1&resourceVersion=abc", 500),  # upstream's own choice
        ("watch=1&timeoutSeconds=x", 400),
        ("watch=1&sendInitialEvents=true", 422),
        ("resourceVersion=99999999999999999999999", 400),
        ("resourceVersion=1&resourceVersionMatch=Foo", 422),
    ],
)
async def test_a_watch_or_list_that_cannot_be_meant_does_not_begin(
    call: Caller, query: str, status: int
) -> None:
    reply = await call("GET", f"{CONFIGMAPS}?{query}")
    assert reply.status == status
    assert reply.json["kind"] == "Status"


@pytest.mark.parametrize(
    "accept", ["image/png", ";;,,/", "application/json;as=Foo;v=v1;g=meta.k8s.io"]
)
async def test_what_cannot_be_written_is_not_acceptable(call: Caller, accept: str) -> None:
    reply = await call("GET", CONFIGMAPS, headers={"Accept": accept})
    assert (reply.status, json.loads(reply.body)["reason"]) == (406, "NotAcceptable")


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ("Bearer " + "x" * 60_000, 401),
        ("Bearer \xc3\xa4", 401),
        ("Bearer", 403),
        ("Basic YTpi", 403),
        ("\xff\xfe", 403),
    ],
)
async def test_credentials_that_are_none_are_nobodys(
    cluster: Cluster, credentials: str, status: int
) -> None:
    lines = f"GET {CONFIGMAPS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
    answer = await raw(cluster, (lines + credentials + "\r\n\r\n").encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"kind":"Status"' in answer


# Connections

NO_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Connection: close\r\n\r\n400 Bad Request"
)


TOO_LONG = NO_REQUEST.replace(b"400 Bad Request", b"431 Request Header Fields Too Large")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET api HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
    ids=["bytes", "path", "space", "colon", "nul", "hosts", "length", "lengths"],
)
async def test_what_is_no_http_is_a_bad_request_to_the_byte(cluster: Cluster, sent: bytes) -> None:
    assert await raw(cluster, sent) == NO_REQUEST


async def test_a_head_may_be_long_but_not_endless(cluster: Cluster) -> None:
    def padded(size: int) -> bytes:
        return head(cluster, "GET /healthz HTTP/1.1", "Connection: close", "X-A: " + "a" * size)

    assert (await raw(cluster, padded(200_000))).endswith(b"\r\n\r\nok")
    # Who still sends when the connection is closed may see that instead of the answer.
    refused = await raw(cluster, padded(2_000_000))
    assert refused in (b"", TOO_LONG)
    path = await raw(
        cluster, head(cluster, f"GET /api/{'a' * 100_000} HTTP/1.1", "Connection: close")
    )
    assert path.startswith(b"HTTP/1.1 404 ")


async def test_a_thousand_headers_are_read(cluster: Cluster) -> None:
    many = [f"X-{number}: a" for number in range(1000)]
    answer = await raw(cluster, head(cluster, "GET /healthz HTTP/1.1", "Connection: close", *many))
    assert answer.endswith(b"\r\n\r\nok")


async def test_a_client_that_leaves_within_its_body_wrote_nothing(
    call: Caller, cluster: Cluster
) -> None:
    whole = json.dumps(configmap("half")).encode()
    line = f"POST {CONFIGMAPS} HTTP/1.1"
    start = head(cluster, line, f"Content-Type: {JSON}", f"Content-Length: {len(whole) + 1}")
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", cluster.port)
        writer.write(start + whole)  # one byte less than announced
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await call("GET", CONFIGMAPS + "/half")).status == 404


async def test_a_body_in_broken_chunks_wrote_nothing(call: Caller, cluster: Cluster) -> None:
    start = head(
        cluster,
        f"POST {CONFIGMAPS} HTTP/1.1",
        f"Content-Type: {JSON}",
        "Transfer-Encoding: chunked",
    )
    answer = await raw(cluster, start + b"zz\r\n" + json.dumps(configmap("c")).encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert (await call("GET", CONFIGMAPS + "/c")).status == 404


async def test_a_client_that_is_reset_within_a_watch_leaves_nothing_behind(
    call: Caller, cluster: Cluster
) -> None:
    for _ in range(10):
        _, writer = await asyncio.open_connection("127.0.0.1", cluster.port)
        writer.write(head(cluster, f"GET {CONFIGMAPS}?watch=1&timeoutSeconds=60 HTTP/1.1"))
        await writer.drain()
        writer.transport.abort()
    await call("POST", CONFIGMAPS, configmap("woken"))
    metrics = (await call("GET", "/metrics")).body
    while b'apiserver_longrunning_requests{verb="WATCH"} 0\n' not in metrics:
        metrics = (await call("GET", "/metrics")).body


# Slow readers


async def _slow_watch(call: Caller, cluster: Cluster) -> tuple[Any, Any, int]:
    """A watch by a client that reads nothing yet, and the number of changes that it missed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.port, limit=1 << 12)
    # HTTP/1.0 gets its events without the lengths of chunks.
    writer.write(head(cluster, f"GET {CONFIGMAPS}?watch=1&timeoutSeconds=40 HTTP/1.0"))
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await call("POST", CONFIGMAPS, configmap("c", k="0"))
    missed = 60
    for number in range(1, missed + 1):
        reply = await call("PUT", CONFIGMAPS + "/c", configmap("c", k=str(number) + "x" * 250_000))
        assert reply.status == 200
    return reader, writer, missed


async def _events(reader: Any) -> AsyncIterator[Any]:
    pending = b""
    while chunk := await asyncio.wait_for(reader.read(1 << 20), 20):
        *lines, pending = (pending + chunk).split(b"\n")
        for found in lines:
            yield json.loads(found)


async def test_a_slow_reader_delays_nobody_and_misses_nothing(
    call: Caller, cluster: Cluster
) -> None:
    reader, writer, missed = await _slow_watch(call, cluster)
    writer.transport.resume_reading()
    seen = []
    async for event in _events(reader):
        seen.append((event["type"], event["object"]["data"]["k"].rstrip("x")))
        if len(seen) > missed:
            break
    writer.close()
    changes = [("MODIFIED", str(number)) for number in range(1, missed + 1)]
    assert seen == [("ADDED", "0"), *changes]


async def test_a_reader_slower_than_history_is_told_that_it_is_gone(
    call: Caller, cluster: Cluster
) -> None:
    reader, writer, missed = await _slow_watch(call, cluster)
    store = cluster.server.registry.store
    store.compact(store.revision)
    writer.transport.resume_reading()
    events = [event async for event in _events(reader)]
    writer.close()
    assert len(events) < missed
    assert events[-1]["type"] == "ERROR"
    assert (events[-1]["object"]["code"], events[-1]["object"]["reason"]) == (410, "Expired")
