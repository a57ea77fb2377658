"""What a request's path, method and headers lead to, whatever it asks for."""

from __future__ import annotations

import asyncio
import base64
import gzip
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakek8s.api.codec.body import LIMIT

from .conftest import CONFIGMAPS, configmap

if TYPE_CHECKING:
    from .conftest import Caller

GENERIC_404 = (
    b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server '
    b'could not find the requested resource","reason":"NotFound","details":{},"code":404}\n'
)


async def test_an_answer_has_upstreams_headers_and_no_others(call: Caller) -> None:
    reply = await call("GET", "/api/v1/namespaces/default")
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-cache, private"
    assert set(reply.headers) == {
        "Audit-Id",
        "Cache-Control",
        "Content-Type",
        "Content-Length",
        "Date",
        "X-Kubernetes-Pf-Flowschema-Uid",
        "X-Kubernetes-Pf-Prioritylevel-Uid",
    }
    assert reply.body.startswith(b'{"kind":"Namespace","apiVersion":"v1","metadata":{"name":')
    assert reply.body.endswith(b"}\n")


async def test_an_audit_id_is_given_back(call: Caller) -> None:
    reply = await call("GET", "/healthz", headers={"Audit-Id": "mine"})
    assert reply.headers["Audit-Id"] == "mine"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/configmapz",
        "/api/v2/pods",
        "/api/v2",
        "/apis/apps/v9",
        "/apis/apps/v1//deployments",
        "/api/v1/namespaces//default",
        "/api/v1/../v1/namespaces",
        "/api/v1/namespaces/default/configmaps/a%2Fb/c",
    ],
)
async def test_paths_below_known_groups_are_not_found_with_a_status(
    call: Caller, path: str
) -> None:
    reply = await call("GET", path)
    assert reply.status == 404
    assert reply.body == GENERIC_404


@pytest.mark.parametrize(
    "path", ["/nosuch", "/apis/nosuch.example.com/v1/things", "//api/v1", "/healthz/", "/logs"]
)
async def test_other_paths_are_not_found_in_plain_text(call: Caller, path: str) -> None:
    reply = await call("GET", path)
    assert reply.status == 404
    assert reply.body == b"404 page not found\n"
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE"])
async def test_resources_know_no_other_methods(call: Caller, method: str) -> None:
    assert (await call(method, "/api/v1/namespaces/default")).status == 405


async def test_a_trailing_slash_does_not_count(call: Caller) -> None:
    assert (await call("GET", "/api/v1/namespaces/default/")).status == 200
    assert (await call("GET", "/api/")).status == 200


async def test_an_escaped_name_is_a_name(call: Caller) -> None:
    reply = await call("GET", CONFIGMAPS + "/%2e%2e")
    assert reply.status == 400
    assert reply.message == "Name parameter invalid: \"..\": may not be '..'"


async def test_unknown_credentials_are_refused_before_anything_else(call: Caller) -> None:
    reply = await call("GET", "/nosuch", headers={"Authorization": "Bearer wrong"})
    assert (reply.status, reply.json["reason"]) == (401, "Unauthorized")


async def test_nobody_may_read_resources_but_ask_for_health(call: Caller) -> None:
    nobody = {"Authorization": ""}
    assert (await call("GET", "/healthz", headers=nobody)).status == 200
    reply = await call("GET", "/api/v1/namespaces", headers=nobody)
    assert reply.status == 403
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_type_that_no_route_produces_is_refused_after_authorization(call: Caller) -> None:
    text = {"Accept": "text/plain"}
    reply = await call("GET", CONFIGMAPS + "/missing", headers=text)
    assert reply.status == 406
    assert reply.body.startswith(b'{\n  "kind": "Status",\n')
    assert reply.message == (
        "406: Not Acceptable\n\nAvailable representations: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )
    assert (await call("GET", "/api/v1/nosuch", headers=text)).status == 404
    refused = await call("GET", CONFIGMAPS, headers={**text, "Authorization": ""})
    assert refused.status == 403


async def test_a_refused_answer_keeps_a_write_from_happening(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("a"), headers={"Accept": "text/plain"})
    assert reply.status == 406
    assert (await call("GET", CONFIGMAPS + "/a")).status == 404


async def test_errors_are_written_in_the_type_that_was_asked_for(call: Caller) -> None:
    reply = await call("GET", CONFIGMAPS + "/a", headers={"Accept": "application/yaml"})
    assert reply.headers["Content-Type"] == "application/yaml"
    assert reply.body.startswith(b"apiVersion: v1\ncode: 404\n")
    reply = await call(
        "GET", CONFIGMAPS + "/a", headers={"Accept": "application/vnd.kubernetes.protobuf"}
    )
    assert reply.body.startswith(b"k8s\0")


async def test_a_body_over_the_limit_is_refused_in_words(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("big", k="x" * LIMIT))
    assert reply.status == 413
    assert reply.message == "Request entity too large: limit is 3145728"
    assert (await call("GET", "/healthz")).status == 200


async def test_a_patch_of_no_patch_type_is_refused_by_the_route(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("PATCH", CONFIGMAPS + "/a", {}, headers={"Content-Type": "application/json"})
    assert reply.status == 415
    assert reply.json["details"] == {}
    assert reply.message == "415: Unsupported Media Type"


async def test_long_answers_are_compressed_for_those_who_take_it(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("long", k="x" * 200_000))
    reply = await call("GET", CONFIGMAPS + "/long", headers={"Accept-Encoding": "gzip, br"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert b'"data":{"k":"xxx' in gzip.decompress(reply.body)
    plain = await call("GET", "/api/v1/namespaces/default", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers


async def test_people_get_indented_json_without_a_newline_at_the_end(call: Caller) -> None:
    reply = await call("GET", "/api/v1/namespaces/default", headers={"User-Agent": "curl/8.0"})
    assert reply.body.startswith(b'{\n  "kind": "Namespace",')
    assert reply.body.endswith(b"\n}")
    compact = await call(
        "GET", "/api/v1/namespaces/default?pretty=false", headers={"User-Agent": "curl/8.0"}
    )
    assert compact.body.startswith(b'{"kind":"Namespace",')


async def test_warnings_become_headers(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, {**configmap("w"), "bogus": 1})
    assert reply.headers["Warning"] == '299 - "unknown field \\"bogus\\""'


async def test_an_announced_body_is_asked_for(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("e"), headers={"Expect": "100-continue"})
    assert reply.status == 201


async def test_a_malformed_target_is_a_bad_request(call: Caller) -> None:
    reply = await call("GET", "/api/%zz")
    assert reply.status == 400


async def test_a_connection_is_kept_for_many_requests(call: Caller) -> None:
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(3):
            async with session.get(call.url("/healthz")) as response:
                assert await response.read() == b"ok"
                assert "close" not in response.headers.get("Connection", "")


async def test_connections_that_come_before_the_server_is_ready_wait_for_it() -> None:
    from fakek8s.api.app import HTTPDoor

    door = HTTPDoor()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(door.protocol, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    waiting = asyncio.create_task(reader.read(12))
    await asyncio.sleep(0)
    assert not waiting.done()
    listener.close()
    await door.close()
    assert await waiting == b""
    writer.close()


async def test_a_websockets_token_may_stand_among_its_protocols(call: Caller) -> None:
    encoded = base64.urlsafe_b64encode(call.cluster.token.encode()).decode().rstrip("=")
    reply = await call(
        "GET",
        "/api/v1/namespaces/default",
        headers={
            "Authorization": "",
            "Sec-WebSocket-Protocol": f"base64url.bearer.authorization.k8s.io.{encoded}, base64",
        },
    )
    assert reply.status == 200


async def test_a_subresource_that_is_not_there_is_not_found_by_any_method(call: Caller) -> None:
    for method in ("GET", "OPTIONS", "PUT"):
        assert (await call(method, CONFIGMAPS + "/a/status")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/api/v1/namespaces//pods/x", "Namespace parameter required."),
        ("GET", "/api/v1/namespaces//pods/x/log", "Namespace parameter required."),
        ("GET", "/api/v1/namespaces/default/pods//log", "name must be provided"),
        ("PUT", "/api/v1/nodes//status", "name must be provided"),
        ("GET", "/apis/apps/v1/namespaces/default/deployments//scale", "name must be provided"),
    ],
)
async def test_a_route_with_an_empty_namespace_or_name_says_what_it_lacks(
    call: Caller, method: str, path: str, said: str
) -> None:
    reply = await call(method, path)
    assert (reply.status, reply.message) == (400, said)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/namespaces//finalize"), ("POST", "/api/v1/nodes//status")]
)
async def test_a_route_that_a_method_does_not_have_asks_for_no_name(
    call: Caller, method: str, path: str
) -> None:
    assert (await call(method, path)).status == 405


async def test_what_is_created_in_an_empty_namespace_lacks_one(call: Caller) -> None:
    reply = await call("POST", "/api/v1/namespaces//configmaps", configmap("a"))
    assert reply.status == 422
    assert reply.message == 'ConfigMap "a" is invalid: metadata.namespace: Required value'
    assert (await call("POST", "/api/v1/configmaps", configmap("a"))).status == 405


async def test_an_empty_namespace_is_all_of_them(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("GET", "/api/v1/namespaces//configmaps")
    assert "a" in [item["metadata"]["name"] for item in reply.json["items"]]
    selected = "/api/v1/namespaces//configmaps?fieldSelector=metadata.name%3D"
    assert (await call("DELETE", f"{selected}none")).json["items"] == []
    refused = await call("DELETE", f"{selected}a")
    assert (refused.status, refused.message) == (400, "Namespace parameter required.")
    assert (await call("GET", f"{CONFIGMAPS}/a")).status == 200


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("", 404, 'pods "none" not found'),
    ],
)
async def test_log_options_are_read_before_the_pod_is_looked_for(
    call: Caller, query: str, code: int, said: str
) -> None:
    reply = await call("GET", f"/api/v1/namespaces/default/pods/none/log?{query}")
    assert reply.status == code
    assert said in reply.message


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/watch/configmaps/a", 404),
        ("/apis/apps/v1/watch/namespaces/default/deployments/d/status", 404),
        ("/api/v1/watch/componentstatuses", 404),
        ("/api/v1/componentstatuses?watch=1", 405),
    ],
)
async def test_watches_of_the_old_form_have_routes_of_their_own(
    call: Caller, path: str, status: int
) -> None:
    reply = await call("GET", path)
    assert reply.status == status
    assert (reply.json["details"] == {}) == (status == 404)


async def test_what_has_no_route_is_not_warned_of(call: Caller) -> None:
    assert "Warning" in (await call("GET", "/api/v1/componentstatuses")).headers
    path = "/api/v1/namespaces/default/componentstatuses"
    assert "Warning" not in (await call("GET", path)).headers


async def test_what_is_only_created_has_no_name_in_any_type(call: Caller) -> None:
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews/x"
    assert (await call("GET", path, headers={"Accept": "text/x"})).status == 404
