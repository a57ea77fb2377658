"""Whole answers as aiohttp responses: upstream's headers, compression, plain texts.

Sources: apiserver pkg/endpoints/handlers/responsewriters/writers.go, filters/cachecontrol.go.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from fakek8s.api import media, warnings
from fakek8s.api.codec.encode import NotMarshalable
from fakek8s.api.negotiate import allows_nothing
from fakek8s.machinery.wire.jsontext import dump, dump_pretty
from fakek8s.machinery.wire.yamltext import to_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.api.codec.encode import Encoder
    from fakek8s.api.negotiate import Form, Negotiator
    from fakek8s.errors import APIError

Object = dict[str, Any]

GZIP_FROM: Final = 128 * 1024
#: Where Python's phrase differs from Go's.
_REASONS: Final = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
_GZIP: Final = 16 + zlib.MAX_WBITS


class Exchange:
    """One request and the headers that its answer will carry, whatever it is."""

    __slots__ = ("accept", "deprecation", "headers", "http", "pretty", "user_agent")

    def __init__(self, http: web.BaseRequest, audit_id: str) -> None:
        self.http = http
        self.accept: str = http.headers.get("Accept", "")
        self.user_agent: str = http.headers.get("User-Agent", "")
        self.pretty: str | None = None
        #: What clients of a deprecated kind are told, whatever they ask ("" = nothing).
        self.deprecation = ""
        self.headers: list[tuple[str, str]] = [
            ("Audit-Id", audit_id),
            ("Cache-Control", "no-cache, private"),
        ]

    def replace_header(self, name: str, value: str) -> None:
        """Sets a header that stands already (Cache-Control)."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        self.headers.append((name, value))

    def warn(self, texts: Sequence[str]) -> None:
        """Adds the Warning headers of the answer."""
        if self.deprecation:
            texts = [self.deprecation, *texts]
        if texts:
            self.headers += [("Warning", value) for value in warnings.headers(texts)]

    def form(self, negotiator: Negotiator, allows: object = allows_nothing) -> Form | None:
        """What the client accepts of what is allowed here."""
        return negotiator.form(self.accept, allows, pretty=self.pretty, user_agent=self.user_agent)

    def reply(
        self, body: bytes, content_type: str, code: int = 200, *, compress: bool = False
    ) -> web.Response:
        """A whole answer. `compress`: gzip it if it is long and the client takes it."""
        headers = self.headers
        headers.append(("Content-Type", content_type))
        if compress and len(body) > GZIP_FROM and self._takes_gzip():
            body = gzip(body)
            headers += (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return web.Response(
            body=body,
            status=code,
            reason=_REASONS.get(code),
            headers=headers,
        )

    def _takes_gzip(self) -> bool:
        accepted = self.http.headers.get("Accept-Encoding", "")
        return any(part.partition(";")[0].strip() == "gzip" for part in accepted.split(","))

    def text(self, text: str, code: int = 200) -> web.Response:
        """A plain text as Go's http.Error writes it."""
        self.headers.append(("X-Content-Type-Options", "nosniff"))
        return self.reply(text.encode(), media.TEXT, code)

    def page_not_found(self) -> web.Response:
        """What no handler claims."""
        return self.text("404 page not found\n", 404)

    def nothing(self, code: int, headers: Mapping[str, str] | None = None) -> web.Response:
        """An answer without body and Content-Type."""
        if headers:
            self.headers += headers.items()
        return web.Response(status=code, headers=self.headers)

    def raw_json(self, obj: Object, code: int = 200) -> web.Response:
        """responsewriters.WriteRawJSON: always JSON, always indented, no newline at the end."""
        return self.reply(dump_pretty(obj), media.JSON, code)


def gzip(body: bytes) -> bytes:
    """A gzip stream of the fastest kind."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


def object_bytes(obj: Object, form: Form, encoder: Encoder) -> bytes:
    """An object that names its own type; raises NotMarshalable."""
    if form.media == media.YAML:
        return to_yaml(obj)
    if form.media == media.PROTOBUF:
        return encoder.any_protobuf(obj)
    return dump_pretty(obj) if form.pretty else dump(obj) + b"\n"


def error_reply(
    exchange: Exchange, error: APIError, negotiator: Negotiator, encoder: Encoder
) -> web.Response:
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
