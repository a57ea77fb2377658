"""What a request brings along: its body, its credentials, whom it wants to act as."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from fakek8s import errors
from fakek8s.api.codec.body import LIMIT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

#: An oversized body is read to its end, so that its sender gets to read the refusal; up to here.
_DRAINED: Final = 64 * 1024 * 1024
#: Upstream's limit of a request's head (net/http.DefaultMaxHeaderBytes), here of each line.
_HEAD: Final = 1 << 20
_CONNECTION: Final[dict[str, Any]] = {
    "access_log": None,
    "auto_decompress": False,
    "max_line_size": _HEAD,
    "max_field_size": _HEAD,
    "max_headers": _HEAD,
    "tcp_keepalive": True,
}
#: Upstream's --request-timeout, for the arrival of a body.
_BODY_SECONDS: Final = 60.0
#: Bodies up to here have not stopped the connection from reading on. To take them out of aiohttp's
#: buffer would start it again, which takes longer than all else that is done to read them.
_SMALL: Final = 32 * 1024
_SHOWS_BUFFER: Final = hasattr(StreamReader, "_buffer")
_BEARER_PROTOCOL: Final = "base64url.bearer.authorization.k8s.io."


class Connection(RequestHandler):
    """A connection, which ends in net/http's words when what comes is no HTTP."""

    __slots__ = ("_open", "_wire")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, wires: set[asyncio.Transport]
    ) -> None:
        """`wires` holds the transports of all connections that are not lost yet."""
        super().__init__(server, loop=loop, **_CONNECTION)
        self._open = wires

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.Transport", transport)  # uvloop's are none by name
        self._open.add(self._wire)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._open.discard(self._wire)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status != 400:
            return super().handle_error(request, status, exc, message)
        return _Unreadable(isinstance(exc, LineTooLong))


class _Unreadable(web.StreamResponse):
    """The answer to what is no request, to the byte (net/http, conn.serve)."""

    def __init__(self, too_long: bool) -> None:
        super().__init__(status=431 if too_long else 400)
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        said = "431 Request Header Fields Too Large" if self.status == 431 else "400 Bad Request"
        if request.transport is not None:
            request.transport.write(
                f"HTTP/1.1 {said}\r\nContent-Type: text/plain; charset=utf-8\r\n"
                f"Connection: close\r\n\r\n{said}".encode()
            )

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to do."""


class Received(web.BaseRequest):
    """A request whose answer says nothing about the software that gave it.

    `streaming` is set while an answer is written piece by piece: it ends when the client goes.
    Everything else goes on to its end, writes above all. `begun`: the rest of its answer, if that
    was begun before the connection's task got to it.
    """

    streaming: asyncio.Task[Any] | None = None
    begun: Awaitable[web.StreamResponse] | None = None

    def _cancel(self, exc: BaseException) -> None:
        super()._cancel(exc)
        if self.streaming is not None:
            self.streaming.cancel()

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        response.headers.pop("Server", None)


def certificate(http: web.BaseRequest) -> Mapping[str, Any] | None:
    """The verified client certificate as `getpeercert` gives it; None without one."""
    transport = http.transport
    return (transport.get_extra_info("peercert") or None) if transport is not None else None


def authorization(http: web.BaseRequest) -> str | None:
    """The Authorization header, or what stands for it among a WebSocket's subprotocols."""
    found = http.headers.get("Authorization")
    if found is None and "Sec-WebSocket-Protocol" in http.headers:
        return _websocket_token(http.headers["Sec-WebSocket-Protocol"])
    return found


def _websocket_token(protocols: str) -> str | None:
    """An Authorization header out of a WebSocket's subprotocols (authn/request/websocket)."""
    import base64
    import binascii

    for protocol in protocols.split(","):
        encoded = protocol.strip().removeprefix(_BEARER_PROTOCOL)
        if encoded != protocol.strip():
            try:
                padded = encoded + "=" * (-len(encoded) % 4)
                return f"Bearer {base64.urlsafe_b64decode(padded).decode()}"
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None


def impersonation(http: web.BaseRequest) -> dict[str, list[str]]:
    """The Impersonate-* headers by name in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in http.headers.items():
        if name[0] in "Ii" and name[:12].lower() == "impersonate-":
            found.setdefault(name.lower(), []).append(value)
    return found


async def read_body(http: web.BaseRequest) -> tuple[bytes, bool]:
    """(body, False), or what was read of one beyond the limit and True.

    Raises APIError 504 for a body that does not come.
    """
    if not http.can_read_body:
        return b"", False
    if http.headers.get("Expect", "").lower() == "100-continue":
        await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        http.writer.output_size = 0
    content = http.content
    if content.is_eof() and content.exception() is None:
        # It came with its head, as most do.
        if _SHOWS_BUFFER and content.total_bytes < _SMALL:
            return b"".join(content._buffer), False
        raw = content.read_nowait()
        return raw, len(raw) > LIMIT
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                chunk = await content.readany()
                if not chunk:
                    break
                size += len(chunk)
                if size <= LIMIT:
                    chunks.append(chunk)
                elif size > _DRAINED:
                    break
    except TimeoutError:
        raise errors.timeout("request body did not arrive in time") from None
    except web.RequestPayloadError:
        raise errors.bad_request("unexpected EOF") from None
    return b"".join(chunks), size > LIMIT
