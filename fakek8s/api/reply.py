"""Whole answers to bytes on the wire: upstream's headers, compression, plain texts.

Sources: apiserver pkg/endpoints/handlers/responsewriters/writers.go, filters/cachecontrol.go.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from fakek8s.api import media, warnings
from fakek8s.api.codec.encode import NotMarshalable, gzip
from fakek8s.api.negotiate import allows_nothing
from fakek8s.machinery.printing import quote
from fakek8s.machinery.wire.jsontext import dump, dump_pretty
from fakek8s.machinery.wire.yamltext import to_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiohttp.abc import AbstractStreamWriter

    from fakek8s.api.codec.encode import Encoder
    from fakek8s.api.negotiate import Form, Negotiator
    from fakek8s.api.received import Received
    from fakek8s.errors import APIError

Object = dict[str, Any]
Headers = list[tuple[str, str]]

GZIP_FROM: Final = 128 * 1024
#: Where Python's phrase differs from Go's.
_REASONS: Final = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
#: Up to here copying a body behind its head is cheaper than a second write.
_COPIED: Final = 32 * 1024
_EMPTY: Final = frozenset({204, 304})


class Whole(web.StreamResponse):
    """An answer that is all there: its head and body leave at once, as they were given.

    Takes the place of web.Response, whose header map and hooks cost more than making the body.
    """

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        # The parent's map of headers is what is saved here; nobody edits a whole answer.
        self._status = status
        self._lines = headers
        self._whole = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Writes everything; raises ConnectionResetError if the client is gone."""
        self.send(request)
        if len(self._whole) > _COPIED:
            # The next request of a client that reads slowly waits until this is through.
            await request.writer.drain()
        return None

    def send(self, request: web.BaseRequest) -> None:
        """The same without waiting for those who read slowly."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("Cannot write to closing transport")
        parts = self.parts(request)
        request.writer.output_size = len(parts[0])
        transport.writelines(parts)

    def parts(self, request: web.BaseRequest) -> tuple[bytes, ...]:
        """What is to be written: head and body, in one if that is cheaper."""
        body = self._whole
        self._keep_alive = request.keep_alive
        head = self._head(request.version, request.keep_alive)
        if request.method == "HEAD" or self._status in _EMPTY:
            return (head,)
        return (head + body,) if len(body) <= _COPIED else (head, body)

    def _head(self, version: tuple[int, int], keep_alive: bool) -> bytes:
        lines = [_status_line(version, self._status)]
        lines += [f"{name}: {value}\r\n" for name, value in self._lines]
        if self._status not in _EMPTY:
            lines.append(f"Content-Length: {len(self._whole)}\r\n")
        lines.append(_date(int(time.time())))
        if not keep_alive:
            lines.append("Connection: close\r\n")
        elif version < (1, 1):
            lines.append("Connection: keep-alive\r\n")
        text = "".join(lines)
        if not text.count("\r\n") == text.count("\n") == text.count("\r") == len(lines):
            raise ValueError("a line break in a header")
        return f"{text}\r\n".encode("utf-8", "surrogateescape")

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to do."""


@lru_cache(maxsize=64)
def _status_line(version: tuple[int, int], status: int) -> str:
    reason = _REASONS.get(status) or HTTPStatus(status).phrase
    return f"HTTP/{version[0]}.{version[1]} {status} {reason}\r\n"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"


class Exchange:
    """One request and the headers that its answer will carry, whatever it is."""

    __slots__ = ("accept", "headers", "http", "pretty", "user_agent")

    def __init__(self, http: Received, audit_id: str) -> None:
        self.http = http
        self.accept: str = http.headers.get("Accept", "")
        self.user_agent: str = http.headers.get("User-Agent", "")
        self.pretty: str | None = None
        self.headers: Headers = [
            ("Audit-Id", audit_id),
            ("Cache-Control", "no-cache, private"),
        ]

    def replace_header(self, name: str, value: str) -> None:
        """Sets a header that stands already (Cache-Control)."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        self.headers.append((name, value))

    def warn(self, texts: Sequence[str]) -> None:
        """Adds the Warning headers of the answer."""
        if texts:
            self.headers += [("Warning", value) for value in warnings.headers(texts)]

    def form(self, negotiator: Negotiator, allows: object = allows_nothing) -> Form | None:
        """What the client accepts of what is allowed here."""
        return negotiator.form(self.accept, allows, pretty=self.pretty, user_agent=self.user_agent)

    def reply(
        self,
        body: bytes,
        content_type: str,
        code: int = 200,
        *,
        compress: bool = False,
        pack: Callable[[bytes], bytes] | None = None,
    ) -> web.StreamResponse:
        """A whole answer. `compress`: gzip it (by `pack`) if it is long and the client takes it."""
        headers = self.headers
        headers.append(("Content-Type", content_type))
        if compress and len(body) > GZIP_FROM and self._takes_gzip():
            body = (pack or gzip)(body)
            headers += (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return Whole(code, headers, body)

    def _takes_gzip(self) -> bool:
        accepted = self.http.headers.get("Accept-Encoding", "")
        return any(part.partition(";")[0].strip() == "gzip" for part in accepted.split(","))

    def text(self, text: str, code: int = 200) -> web.StreamResponse:
        """A plain text as Go's http.Error writes it."""
        self.headers.append(("X-Content-Type-Options", "nosniff"))
        return self.reply(text.encode(), media.TEXT, code)

    def unintelligible(self, problem: str) -> web.StreamResponse:
        """The answer to a path that makes no RequestInfo (responsewriters.InternalError)."""
        asked = self.http.raw_path
        for character, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            asked = asked.replace(character, escaped)
        why = f"failed to create RequestInfo: {problem}, {asked}"
        return self.text(f"Internal Server Error: {quote(asked)}: {why}\n", 500)

    def page_not_found(self) -> web.StreamResponse:
        """What no handler claims."""
        return self.text("404 page not found\n", 404)

    def unavailable(self) -> web.StreamResponse:
        """What another server should answer, which is not asked."""
        return self.text("service unavailable\n", 503)

    def nothing(self, code: int, headers: Mapping[str, str] | None = None) -> web.StreamResponse:
        """An answer without body and Content-Type."""
        if headers:
            self.headers += headers.items()
        return Whole(code, self.headers, b"")

    def raw_json(self, obj: Object, code: int = 200) -> web.StreamResponse:
        """responsewriters.WriteRawJSON: always JSON, always indented, no newline at the end."""
        return self.reply(dump_pretty(obj), media.JSON, code)


def object_bytes(obj: Object, form: Form, encoder: Encoder) -> bytes:
    """An object that names its own type; raises NotMarshalable."""
    if form.media == media.YAML:
        return to_yaml(obj)
    if form.media == media.PROTOBUF:
        return encoder.any_protobuf(obj)
    return dump_pretty(obj) if form.pretty else dump(obj) + b"\n"


def error_reply(
    exchange: Exchange, error: APIError, negotiator: Negotiator, encoder: Encoder
) -> web.StreamResponse:
    """responsewriters.ErrorNegotiated: a Status in the type that the client accepts, else JSON."""
    status = error.status()
    if error.retry_after:
        exchange.headers.append(("Retry-After", str(error.retry_after)))
    if error.code == 403 and error.reason == "Forbidden" and "cannot " in error.message:
        exchange.headers.append(("X-Content-Type-Options", "nosniff"))
    form = exchange.form(negotiator)
    if form is None:
        return exchange.raw_json(status, error.code)
    try:
        body = object_bytes(status, form, encoder)
    except NotMarshalable:
        return exchange.raw_json(status, error.code)
    return exchange.reply(body, form.media, error.code)
