"""Calls of webhooks over HTTPS: certificates, names, time, and the words of failures."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from fakek8s.admission.caller import Call, CallError
from fakek8s.admission.webhook import call
from fakek8s.auth.certs import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Server:
    """Where the webhook listens, who vouches for it, and what it was asked."""

    def __init__(self) -> None:
        self.authority = Authority("hooks")
        self.port = 0
        self.seen: list[tuple[str, str, str]] = []
        self.delay: asyncio.Event | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append((request.host, request.path_qs, request.content_type))
        if self.delay is not None:
            await self.delay.wait()
        return web.json_response({"got": await request.json()}, status=202)

    def call(self, host: str = "127.0.0.1", *, timeout: float = 30, trusted: bool = True) -> Call:
        return Call(
            host=host,
            port=self.port,
            path="/v?timeout=10s",
            body=b'{"a":1}',
            timeout=timeout,
            ca_bundle=(self.authority if trusted else Authority("others")).certificate,
            address=None if host == "127.0.0.1" else ("127.0.0.1", self.port),
        )


@pytest.fixture
async def hook(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server()
    pair = server.authority.issue("hook", names=["127.0.0.1", "s.ns.svc"], server=True)
    (tmp_path / "tls.crt").write_bytes(pair.certificate)
    (tmp_path / "tls.key").write_bytes(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    app = web.Application()
    app.router.add_post("/v", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    assert site._server is not None
    server.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield server
    await runner.cleanup()


async def test_a_call_is_a_post_of_json(hook: Server) -> None:
    reply = await call(hook.call())
    assert (reply.code, reply.body) == (202, b'{"got": {"a": 1}}')
    assert hook.seen == [(f"127.0.0.1:{hook.port}", "/v?timeout=10s", "application/json")]


async def test_a_service_is_called_by_its_name_wherever_it_is(hook: Server) -> None:
    reply = await call(hook.call("s.ns.svc"))
    assert reply.code == 202
    assert hook.seen[0][0] == f"s.ns.svc:{hook.port}"


async def test_a_certificate_of_somebody_else_is_not_trusted(hook: Server) -> None:
    with pytest.raises(CallError) as failed:
        await call(hook.call(trusted=False))
    assert str(failed.value) == (
        "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    )


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(CallError) as failed:
        await call(Call(host="127.0.0.1", port=unused_tcp_port, path="/", body=b"", timeout=5))
    text = f"dial tcp 127.0.0.1:{unused_tcp_port}: connect: connection refused"
    assert str(failed.value) == text


async def test_who_takes_too_long_is_not_waited_for(hook: Server) -> None:
    hook.delay = asyncio.Event()
    with pytest.raises(CallError) as failed:
        await call(hook.call(timeout=0.2))
    hook.delay.set()
    assert str(failed.value) == "context deadline exceeded"


async def test_a_bundle_that_is_none(hook: Server) -> None:
    bad = Call(host="127.0.0.1", port=1, path="/", body=b"", timeout=5, ca_bundle=b"nonsense")
    with pytest.raises(CallError, match="unable to parse bytes as PEM block"):
        await call(bad)
