"""OpenAPI documents: /openapi/v2 and /openapi/v3, made when first asked for.

Source: kube-openapi pkg/handler and pkg/handler3.
"""

from __future__ import annotations

import hashlib
import operator
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.api import media
from fakek8s.api.customopenapi import CustomDocuments
from fakek8s.api.descriptions import Descriptions
from fakek8s.api.gnostic import encode_v2, encode_v3
from fakek8s.api.negotiate import parse_accept
from fakek8s.machinery.wire.encode import number_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiohttp import web

    from fakek8s.api.reply import Exchange
    from fakek8s.clock import Clock
    from fakek8s.facts import Facts
    from fakek8s.kind import Kind
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.server.request import Query

Object = dict[str, Any]

_YEAR: Final = timedelta(days=365)


class Document:
    """A document's bytes and their hash; the protobuf form when first asked for."""

    __slots__ = ("_encode", "_protobuf", "body", "content", "etag")

    def __init__(self, content: Object, encode: Callable[[Object], bytes]) -> None:
        self.content = content
        self._encode = encode
        self._protobuf: bytes | None = None
        self.body = orjson.dumps(content, number_text)
        self.etag = hashlib.sha512(self.body).hexdigest().upper()

    def protobuf(self) -> bytes:
        """The document as gnostic's message."""
        if self._protobuf is None:
            self._protobuf = self._encode(self.content)
        return self._protobuf


class Extended(Document):
    """A document with further paths and definitions.

    Its message is that of the first one and those of the others in a row, which every reader of
    protobuf takes for one message; so the first one, which is large, is encoded once.
    """

    __slots__ = ("_base", "_parts")

    def __init__(self, base: Document, parts: list[Document]) -> None:
        self._base = base
        self._parts = parts
        content = dict(base.content)
        for name in ("paths", "definitions"):
            content[name] = dict(content[name])
            for part in parts:
                content[name] |= part.content[name]
            content[name] = dict(sorted(content[name].items()))
        super().__init__(content, encode_v2)

    def protobuf(self) -> bytes:
        """The document as gnostic's message."""
        return b"".join(document.protobuf() for document in (self._base, *self._parts))


class OpenAPI:
    """The OpenAPI documents of one server."""

    def __init__(self, catalogue: Catalogue, facts: Facts, clock: Clock, started: datetime) -> None:
        """`started`: since when the documents are what they are."""
        self._catalogue = catalogue
        self._facts = facts
        self._clock = clock
        self._descriptions = Descriptions(facts.minor)
        self._started = started
        self._making = CustomDocuments(facts)
        self._made_at = -1
        self._built_in: dict[str, Document] = {}
        #: The custom kinds of each path, and the documents made of such kinds so far.
        self._custom: dict[str, tuple[Kind, ...]] = {}
        self._made: dict[str, tuple[tuple[Kind, ...], Document]] = {}
        self._index: bytes | None = None
        self._v2: Document | None = None
        self._v2_parts: dict[str, tuple[Kind, Document]] = {}

    def _refresh(self) -> None:
        """Looks anew at what kinds there are, if they changed."""
        if self._made_at == self._catalogue.generation:
            return
        self._made_at = self._catalogue.generation
        found: dict[str, tuple[Kind, ...]] = {}
        for kind in self._catalogue.kinds():
            if kind.custom:
                path = f"apis/{kind.api_version}"
                found[path] = (*found.get(path, ()), kind)
        self._custom = found
        self._made = {path: held for path, held in self._made.items() if path in found}
        self._index = None
        self._v2 = None

    def _document(self, path: str) -> Document | None:
        """The v3 document of a path (`apis/apps/v1`); None if there is none."""
        self._refresh()
        kinds = self._custom.get(path)
        if kinds is None:
            return self._of_release(path)
        made = self._made.get(path)
        if made is None or not _identical(made[0], kinds):
            content = self._descriptions.complete(self._making.v3(kinds))
            made = self._made[path] = (kinds, Document(content, encode_v3))
        return made[1]

    def _of_release(self, path: str) -> Document | None:
        known = self._built_in.get(path)
        content = self._facts.openapi_v3.get(path)
        if known is None and content is not None:
            known = self._built_in[path] = Document(self._descriptions.complete(content), encode_v3)
        return known

    def _swagger(self) -> Document:
        """The one document of v2."""
        self._refresh()
        base = self._built_in.get("v2")
        if base is None:
            content = self._descriptions.complete(self._facts.openapi_v2)
            base = self._built_in["v2"] = Document(content, encode_v2)
        if self._v2 is None:
            parts: dict[str, tuple[Kind, Document]] = {}
            for kind in (kind for kinds in self._custom.values() for kind in kinds):
                key = f"{kind.api_version} {kind.plural}"
                held = self._v2_parts.get(key)
                if held is None or held[0] is not kind:
                    content = self._descriptions.complete(self._making.v2(kind))
                    held = (kind, Document(content, encode_v2))
                parts[key] = held
            self._v2_parts = parts
            self._v2 = Extended(base, [part for _, part in parts.values()]) if parts else base
        return self._v2

    def index(self, exchange: Exchange) -> web.StreamResponse:
        """GET /openapi/v3."""
        self._refresh()
        if self._index is None:
            paths = sorted({*self._facts.openapi_v3, *self._custom})
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
        document = self._swagger()
        exchange.headers += [("Vary", "Accept"), ("Etag", f'"{document.etag}"')]
        return self._content(exchange, document, content_type)

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


def _identical(one: tuple[Kind, ...], other: tuple[Kind, ...]) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))


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
