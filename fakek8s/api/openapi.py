"""OpenAPI documents: /openapi/v2 and /openapi/v3, made when first asked for.

Source: kube-openapi pkg/handler and pkg/handler3.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.api import media
from fakek8s.api.customopenapi import document_of
from fakek8s.api.descriptions import Descriptions
from fakek8s.api.gnostic import encode_v2, encode_v3
from fakek8s.api.negotiate import parse_accept

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiohttp import web

    from fakek8s.api.reply import Exchange
    from fakek8s.clock import Clock
    from fakek8s.facts import Facts
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.server.request import Query

Object = dict[str, Any]

_YEAR: Final = timedelta(days=365)


class Document:
    """A document's bytes and their hash; the protobuf form when first asked for."""

    __slots__ = ("_content", "_encode", "_protobuf", "body", "etag")

    def __init__(self, content: Object, encode: Callable[[Object], bytes]) -> None:
        self._content = content
        self._encode = encode
        self._protobuf: bytes | None = None
        self.body = orjson.dumps(content)
        self.etag = hashlib.sha512(self.body).hexdigest().upper()

    def protobuf(self) -> bytes:
        """The document as gnostic's message."""
        if self._protobuf is None:
            self._protobuf = self._encode(self._content)
        return self._protobuf


class OpenAPI:
    """The OpenAPI documents of one server."""

    def __init__(self, catalogue: Catalogue, facts: Facts, clock: Clock, started: datetime) -> None:
        """`started`: since when the documents are what they are."""
        self._catalogue = catalogue
        self._facts = facts
        self._clock = clock
        self._descriptions = Descriptions(facts.minor)
        self._started = started
        self._made_at = catalogue.generation
        self._built_in: dict[str, Document] = {}
        self._custom: dict[str, Document] = {}
        self._index: bytes | None = None
        self._v2: Document | None = None

    def _refresh(self) -> None:
        if self._made_at != self._catalogue.generation:
            self._made_at = self._catalogue.generation
            self._custom.clear()
            self._index = None

    def _custom_paths(self) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for kind in self._catalogue.kinds():
            if kind.custom:
                path = f"apis/{kind.group}/{kind.version}"
                found.setdefault(path, (kind.group, kind.version))
        return found

    def _document(self, path: str) -> Document | None:
        """The v3 document of a path (`apis/apps/v1`); None if there is none."""
        self._refresh()
        known = self._built_in.get(path) or self._custom.get(path)
        if known is not None:
            return known
        content = self._facts.openapi_v3.get(path)
        if content is not None:
            known = self._built_in[path] = Document(self._descriptions.complete(content), encode_v3)
            return known
        place = self._custom_paths().get(path)
        if place is None:
            return None
        kinds = [
            kind
            for kind in self._catalogue.kinds()
            if kind.custom and (kind.group, kind.version) == place
        ]
        content = document_of(kinds, self._facts.version["gitVersion"])
        known = self._custom[path] = Document(self._descriptions.complete(content), encode_v3)
        return known

    def index(self, exchange: Exchange) -> web.StreamResponse:
        """GET /openapi/v3."""
        self._refresh()
        if self._index is None:
            paths = sorted({*self._facts.openapi_v3, *self._custom_paths()})
            found: Object = {}
            for path in paths:
                document = self._document(path)
                assert document is not None
                found[path] = {"serverRelativeURL": _url(path, document.etag)}
            self._index = orjson.dumps({"paths": found})
        self._dated(exchange)
        return exchange.reply(self._index, media.TEXT, compress=True)

    def v3(self, exchange: Exchange, path: str, query: Query) -> web.StreamResponse:
        """GET /openapi/v3/PATH."""
        document = self._document(path)
        if document is None:
            return exchange.nothing(404)
        if exchange.accept and not parse_accept(exchange.accept):
            return exchange.nothing(200)
        content_type = _accepted(exchange.accept, "3")
        if content_type is None:
            return exchange.nothing(406, {"Vary": "Accept"})
        exchange.headers += [("Vary", "Accept"), ("Etag", f'"{document.etag}"')]
        wanted = query.get("hash", [""])[0]
        if wanted and wanted != document.etag:
            location = _url(path, document.etag)
            return exchange.nothing(301, {"Content-Type": content_type, "Location": location})
        if wanted:
            exchange.replace_header("Cache-Control", "public, immutable")
            exchange.headers.append(("Expires", _stamp(self._clock.now() + _YEAR)))
        return self._content(exchange, document, content_type)

    def v2(self, exchange: Exchange) -> web.StreamResponse:
        """GET /openapi/v2."""
        content_type = _accepted(exchange.accept, "2")
        if content_type is None:
            return exchange.nothing(406, {"Vary": "Accept"})
        if self._v2 is None:
            self._v2 = Document(self._descriptions.complete(self._facts.openapi_v2), encode_v2)
        exchange.headers += [("Vary", "Accept"), ("Etag", f'"{self._v2.etag}"')]
        return self._content(exchange, self._v2, content_type)

    def _content(
        self, exchange: Exchange, document: Document, content_type: str
    ) -> web.StreamResponse:
        known = exchange.http.headers.get("If-None-Match", "")
        if known and f'"{document.etag}"' in known:
            return exchange.nothing(304)
        self._dated(exchange)
        body = document.body if content_type == media.JSON else document.protobuf()
        return exchange.reply(body, content_type, compress=True)

    def _dated(self, exchange: Exchange) -> None:
        exchange.headers.append(("Last-Modified", _stamp(self._started)))


def _stamp(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _url(path: str, etag: str) -> str:
    return f"/openapi/v3/{path}?hash={etag}"


def _accepted(accept: str, major: str) -> str | None:
    """The Content-Type to write for an Accept header; None if nothing fits."""
    if not accept:
        return media.JSON
    name = f"com.github.proto-openapi.spec.v{major}"
    written = f"application/{name}.v1.0+protobuf"
    forms = {
        "json": media.JSON,
        "*": media.JSON,
        f"{name}@v1.0+protobuf": written,
        f"{name}.v1.0+protobuf": written,
    }
    for clause in parse_accept(accept):
        if clause.type in ("application", "*") and clause.subtype in forms:
            return forms[clause.subtype]
    return None
