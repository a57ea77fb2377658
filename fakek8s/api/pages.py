"""The paths that are no resources: discovery, OpenAPI, health, version, metrics, the index.

Everything else is "404 page not found", except below groups that the server itself serves.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fakek8s import errors
from fakek8s.api import health, media
from fakek8s.api.discovery import Discovery
from fakek8s.api.metrics import CONTENT_TYPE
from fakek8s.api.negotiate import allows_aggregated, routable, unacceptable, unroutable
from fakek8s.api.registration import Registration
from fakek8s.api.reply import object_bytes
from fakek8s.machinery.wire.jsontext import dump_pretty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from fakek8s.api.app import Behind
    from fakek8s.api.codec.encode import Encoder
    from fakek8s.api.metrics import Metrics
    from fakek8s.api.negotiate import Negotiator
    from fakek8s.api.openapi import OpenAPI
    from fakek8s.api.reply import Exchange
    from fakek8s.api.target import Target

Object = dict[str, Any]

#: /version's order, which is Go's.
_VERSION: Final = (
    "major",
    "minor",
    "emulationMajor",
    "emulationMinor",
    "minCompatibilityMajor",
    "minCompatibilityMinor",
    "gitVersion",
    "gitCommit",
    "gitTreeState",
    "buildDate",
    "goVersion",
    "compiler",
    "platform",
)
_OTHERS: Final = (
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/openapi/v3/",
    "/version",
)


class Pages:
    """Serves authorized requests for non-resource paths."""

    def __init__(
        self,
        server: Behind,
        address: str,
        negotiator: Negotiator,
        encoder: Encoder,
        metrics: Metrics,
    ) -> None:
        self._server = server
        self._negotiator = negotiator
        self._encoder = encoder
        self._metrics = metrics
        self.registration = Registration(server.registry.store)
        self._discovery = Discovery(
            server.catalogue, self.registration, server.facts, server.types, address
        )
        self._started = server.clock.now()

    @cached_property
    def _openapi(self) -> OpenAPI:
        # Its tables are of no use to most runs, and start-up does not wait for them.
        from fakek8s.api.openapi import OpenAPI

        return OpenAPI(
            self._server.catalogue, self._server.facts, self._server.clock, self._started
        )

    def is_built_in(self, group: str) -> bool:
        """Whether a group is of the server itself."""
        return self._discovery.is_built_in(group)

    async def serve(self, exchange: Exchange, target: Target) -> web.StreamResponse:
        """The answer; raises APIError."""
        parts, path = target.parts, target.path
        first = parts[0] if parts else ""
        if first in ("api", "apis"):
            return self._discover(exchange, target)
        if first in health.CHECKS:
            return health.serve(exchange, path, target.query) or exchange.page_not_found()
        if first == "openapi":
            return self._open(exchange, target)
        if first == "version" and len(parts) == 1:
            return self._version(exchange)
        if path == "/metrics":
            return exchange.reply(self._metrics.text().encode(), CONTENT_TYPE)
        if path == "/metrics/slis":
            return exchange.reply(health.indicators().encode(), CONTENT_TYPE)
        if path in ("/", "/index.html"):
            return exchange.raw_json({"paths": self._paths()})
        if path in _IDENTITY:
            _check_route(exchange, (_IDENTITY[path],))
            return await self._identity(exchange, path)
        return exchange.page_not_found()

    def _discover(self, exchange: Exchange, target: Target) -> web.StreamResponse:
        parts = target.parts
        if len(parts) == 3 and self.registration.is_remote(*parts[1:]):
            return exchange.unavailable()
        if parts[0] == "apis" and len(parts) > 1 and not (parts[1] and self.is_built_in(parts[1])):
            document = self._discovery.document("/" + "/".join(parts)) if len(parts) < 4 else None
            if target.empty or document is None:
                return exchange.page_not_found()
            return self._document(exchange, document)
        if target.empty or len(parts) > (2 if parts[0] == "api" else 3):
            raise errors.generic(404)
        path = "/" + "/".join(parts)
        exact = target.path in (path, path + "/")
        plain = parts[0] == "apis" and len(parts) < 3 and exact
        if path == "/apis" and not exact:
            return exchange.page_not_found()
        if path == "/apis":
            if target.path != path and exchange.accept and exchange.form(self._negotiator) is None:
                raise unacceptable()
            return self._root(exchange, path)
        found = self._discovery.document(path) if path != "/api" else None
        if path != "/api" and found is None:
            raise errors.generic(404)
        # The aggregator answers for groups, and asks neither method nor types.
        if not plain:
            _check_route(exchange, media.ALL)
        if found is None:
            return self._root(exchange, path)
        return self._document(exchange, found)

    def _root(self, exchange: Exchange, path: str) -> web.StreamResponse:
        """/api or /apis: aggregated for those who ask for it first."""
        aggregated = exchange.form(self._negotiator, allows_aggregated) if exchange.accept else None
        convert = aggregated.convert if aggregated is not None else None
        if aggregated is not None and convert is not None:
            if self._discovery.speaks(convert.version):
                return self._aggregated(exchange, path, convert.version, aggregated.media)
            if exchange.form(self._negotiator) is None:
                raise unacceptable()
        document = self._discovery.document(path)
        assert document is not None
        return self._document(exchange, document)

    def _aggregated(
        self, exchange: Exchange, path: str, version: str, media_type: str
    ) -> web.StreamResponse:
        document, digest = self._discovery.aggregated(path, version)
        form = exchange.form(self._negotiator, allows_aggregated)
        assert form is not None
        etag = f'"{digest}"'
        exchange.replace_header("Cache-Control", "public")
        exchange.headers += [("ETag", etag), ("Vary", "Accept")]
        if exchange.http.headers.get("If-None-Match") == etag:
            return exchange.nothing(304)
        if media_type == media.PROTOBUF:
            # The recorded types hold no messages of this group: JSON is what all clients take.
            raise unacceptable((media.JSON, media.YAML))
        body = object_bytes(document, form, self._encoder)
        content = f"{media_type};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
        return exchange.reply(body, content, compress=True)

    def _document(self, exchange: Exchange, document: Object) -> web.StreamResponse:
        form = exchange.form(self._negotiator)
        if form is None:
            raise unacceptable()
        body = object_bytes(document, form, self._encoder)
        return exchange.reply(body, form.media, compress=True)

    def _open(self, exchange: Exchange, target: Target) -> web.StreamResponse:
        path = target.path
        if path == "/openapi/v2":
            return self._openapi.v2(exchange)
        if path == "/openapi/v3":
            return self._openapi.index(exchange)
        if path.startswith("/openapi/v3/"):
            return self._openapi.v3(exchange, path.removeprefix("/openapi/v3/"), target.query)
        return exchange.page_not_found()

    def _version(self, exchange: Exchange) -> web.StreamResponse:
        _check_route(exchange, (media.JSON,))
        known = self._server.facts.version
        found = {name: known[name] for name in _VERSION if name in known}
        return exchange.reply(dump_pretty(found), media.JSON)

    async def _identity(self, exchange: Exchange, path: str) -> web.StreamResponse:
        """What a cluster with service account tokens publishes about their issuer."""
        issuer = getattr(self._server, "issuer", None)
        if issuer is None:
            return exchange.page_not_found()
        exchange.replace_header("Cache-Control", "public, max-age=3600")
        configuration = path == "/.well-known/openid-configuration"
        body: bytes = issuer.configuration() if configuration else issuer.keys()
        return exchange.reply(body, _IDENTITY[path])

    def _paths(self) -> list[str]:
        """All paths that are served, in order (routes.IndexLister)."""
        found = {"/api", "/api/v1", "/apis", "/apis/", *health.paths(), *_OTHERS}
        for groups in (self._server.catalogue.groups(), self.registration.groups()):
            for group, versions in groups.items():
                if group:
                    found.add(f"/apis/{group}")
                    found.update(f"/apis/{group}/{version}" for version in versions)
        if getattr(self._server, "issuer", None) is not None:
            found.update(_IDENTITY)
        return sorted(found)


#: Served when the server has an `issuer` with `configuration()` and `keys()`, both bytes of JSON.
_IDENTITY: Final = {
    "/.well-known/openid-configuration": media.JSON,
    "/openid/v1/jwks": "application/jwk-set+json",
}


def _check_route(exchange: Exchange, produces: Sequence[str]) -> None:
    """What go-restful checks before a document is served; raises APIError 405, 406 or 415."""
    if exchange.http.method != "GET":
        raise errors.generic(405)
    sent = exchange.http.headers.get("Content-Type", "").partition(";")[0].strip()
    if sent and sent not in produces:
        raise errors.unsupported_media_type("415: Unsupported Media Type", {})
    if not routable(exchange.accept, produces):
        raise unroutable(produces)
