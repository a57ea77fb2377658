"""The door itself: sockets to requests, the chain's answers to bytes; one handler for all paths.

HTTPDoor.protocol is a protocol factory for `loop.create_server`; connections may come before
`open` is called and wait for it. `close` ends all watches and is done in milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from fakek8s import errors
from fakek8s.api import media
from fakek8s.api.codec.body import WireBody
from fakek8s.api.codec.encode import Encoder
from fakek8s.api.connect import Connectors, log_options
from fakek8s.api.flow import Classifier
from fakek8s.api.metrics import Metrics
from fakek8s.api.negotiate import (
    PLAIN,
    Form,
    Negotiator,
    allows_custom,
    allows_objects,
    allows_untabled,
    routable,
    unacceptable,
    unroutable,
)
from fakek8s.api.pages import Pages
from fakek8s.api.received import (
    Connection,
    Received,
    authorization,
    certificate,
    impersonation,
    read_body,
)
from fakek8s.api.reply import Exchange, Whole, error_reply
from fakek8s.api.respond import body_of
from fakek8s.api.route import check_scope, check_timeout, is_misplaced, leads_nowhere, resolve
from fakek8s.api.stream import line_writer, stream
from fakek8s.api.swift import Begun, Outbox, SwiftConnection, can_be_swift
from fakek8s.api.target import BadTarget
from fakek8s.auth.authn import ignored
from fakek8s.auth.user import NOBODY
from fakek8s.ids import Ids
from fakek8s.kind import Connect
from fakek8s.registry.patch import BUILTIN_TYPES
from fakek8s.server.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.web_protocol import RequestHandler

    from fakek8s.api.target import Target
    from fakek8s.auth.user import User
    from fakek8s.clock import Clock
    from fakek8s.facts import Facts
    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import WireTypes
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.registry.context import Registry
    from fakek8s.registry.definitions import Definitions
    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Body, RequestInfo

_LOG = logging.getLogger("fakek8s.api")
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READS_AND_WRITES: Final = _WRITES | {"GET"}
_FAREWELL_SECONDS: Final = 0.05
#: What was written last leaves in this time.
_FLUSH_SECONDS: Final = 0.005
#: Turns of the event loop within which an aborted connection is lost.
_LOSING_TURNS: Final = 10
#: nginx's number for a client that left; it is counted, never sent.
_CLIENT_CLOSED: Final = 499
#: The verbs of requests that seldom wait for anything.
_SWIFT: Final = frozenset({"get", "list", "create", "update", "patch", "delete"})
#: Subresources that upstream's storages convert to tables.
_TABLED: Final = frozenset({"status", "scale"})
_PRODUCES: Final = media.ALL
_PRODUCES_LIST: Final = (*media.ALL, *media.STREAM)
_PRODUCES_LOG: Final = ("text/plain", *media.ALL)


class Behind(Protocol):
    """What stands behind the door (fakek8s.server.server.Server)."""

    facts: Facts
    types: WireTypes
    registry: Registry
    definitions: Definitions
    #: By the connector's name: "log", "exec" ... (see fakek8s.api.connect).
    connectors: dict[str, Any]

    @property
    def catalogue(self) -> Catalogue:
        """The kinds that are served."""

    @property
    def clock(self) -> Clock:
        """The cluster's clock."""

    async def handle(self, request: Request) -> Answer:
        """Answers a resource request; raises APIError."""

    def admit(self, request: Request) -> User:
        """Authorizes a request for a non-resource path; raises APIError 401 or 403."""

    def authenticate(
        self, authorization: str | None, certificate: Mapping[str, Any] | None
    ) -> User | None:
        """The user of a request's credentials; None if nobody accepts them."""


class HTTPDoor:
    """The HTTP door of one server."""

    def __init__(self) -> None:
        self._server: Behind
        self._encoder: Encoder
        self._pages: Pages
        self._connectors: Connectors
        self._classifier: Classifier
        self._outbox: Outbox
        self._negotiator = Negotiator()
        self.metrics = Metrics()
        self._opened: asyncio.Future[None] | None = None
        self._web: web.Server | None = None
        self._streams: set[asyncio.Task[Any]] = set()
        self._wires: set[asyncio.Transport] = set()
        #: Apart from the cluster's, whose sequence may be seeded.
        self._audit_ids = Ids().series()

    def protocol(self) -> RequestHandler:
        """A new connection's protocol, for `loop.create_server`."""
        loop = asyncio.get_running_loop()
        if self._web is None:
            self._opened = self._opened or loop.create_future()
            self._web = web.Server(self._respond, request_factory=self._receive)
            self._outbox = Outbox(loop)
        if not can_be_swift():
            return Connection(self._web, loop, self._wires)
        return SwiftConnection(self._web, loop, self._wires, self._respond_now, self._outbox)

    def open(self, server: Behind, address: str) -> None:
        """Begins to serve; `address` is the `host:port` that discovery tells clients."""
        self._server = server
        self._encoder = Encoder(server.types)
        self._connectors = Connectors(server.connectors)
        self._classifier = Classifier(server.registry.store)
        self._pages = Pages(server, address, self._negotiator, self._encoder, self.metrics)
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
        if not self._opened.done():
            self._opened.set_result(None)

    async def close(self) -> None:
        """Ends watches and connections."""
        if self._streams:
            # Those that end by themselves do so in order.
            await asyncio.wait(self._streams, timeout=_FAREWELL_SECONDS)
        streams = list(self._streams)
        for task in streams:
            task.cancel()
        if streams:
            await asyncio.wait(streams, timeout=1.0)
        if self._web is not None:
            self._outbox.flush()
            self._web.pre_shutdown()
            transports = [connection.transport for connection in self._web.connections]
            await self._web.shutdown(timeout=0.2)
            if any(transports):
                # TLS would wait for the other side's farewell long after the loop has ended.
                await asyncio.sleep(_FLUSH_SECONDS)
            for transport in filter(None, transports):
                transport.abort()
        # A TLS connection waits for the client's farewell, which may never come, and a loop that
        # ends before it is lost cannot be closed.
        for wire in list(self._wires):
            wire.abort()
        for _ in range(_LOSING_TURNS):
            if not self._wires:
                break
            await asyncio.sleep(0)
        if self._opened is not None and not self._opened.done():
            self._opened.cancel()

    @staticmethod
    def _receive(
        message: Any, payload: Any, protocol: Any, writer: Any, task: Any
    ) -> web.BaseRequest:
        begun: Received | None = getattr(protocol, "begun", None)
        if begun is not None:
            protocol.begun = None
            return begun
        return Received(message, payload, protocol, writer, task, asyncio.get_running_loop())

    # One request

    def _respond_now(self, http: Received) -> Whole | None:
        """The answer to a read or write of objects that waits for nothing; None for all else."""
        if self._opened is None or not self._opened.done() or self._server.definitions.stale:
            return None
        try:
            _, info = resolve(http.method, http.raw_path)
        except BadTarget:
            return None
        if info.verb not in _SWIFT or not info.is_resource or info.subresource:
            return None
        responding = self._respond(http)
        try:
            waits_for = responding.send(None)
        except StopIteration as done:
            return cast("Whole", done.value)  # as all answers about objects are
        except (ConnectionError, HttpProcessingError) as problem:
            failed: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
            failed.set_exception(problem)
            http.begun = failed
        else:
            http.begun = Begun(responding, waits_for)
        return None

    async def _respond(self, http: web.BaseRequest) -> web.StreamResponse:
        assert self._opened is not None
        assert isinstance(http, Received)
        if http.begun is not None:
            return await http.begun
        if not self._opened.done():
            await asyncio.shield(self._opened)
        exchange = Exchange(http, http.headers.get("Audit-Id") or next(self._audit_ids))
        try:
            target, info = resolve(http.method, http.raw_path)
        except BadTarget:
            return web.Response(text="400 Bad Request", status=400, headers={"Connection": "close"})
        if "pretty" in target.query:
            exchange.pretty = target.query["pretty"][0]
        try:
            response = await self._serve(exchange, target, info)
        except errors.APIError as error:
            # What was warned of before the refusal stays said.
            exchange.warn(error.warnings)
            response = error_reply(exchange, error, self._negotiator, self._encoder)
        except HttpProcessingError:
            raise
        except ConnectionError:
            if http.transport is not None:
                raise
            # Nobody is left to read an answer, which is found out when it is to be written.
            return Whole(_CLIENT_CLOSED, [], b"")
        except RecursionError:
            # Upstream goes 10,000 levels deep; some part of this server did not get that far.
            refusal = errors.bad_request("exceeded max depth")
            response = error_reply(exchange, refusal, self._negotiator, self._encoder)
        except Exception as problem:
            # Whatever is wrong with one request must not end the connection without a word.
            _LOG.exception("%s %s", http.method, target.path)
            failure = errors.internal(f"{type(problem).__name__}: {problem}")
            response = error_reply(exchange, failure, self._negotiator, self._encoder)
        self.metrics.count(info, response.status)
        return response

    async def _serve(
        self, exchange: Exchange, target: Target, info: RequestInfo
    ) -> web.StreamResponse:
        server, http = self._server, exchange.http
        if info.problem:
            return exchange.unintelligible(info.problem)
        if "timeout" in target.query:
            check_timeout(info, target.query["timeout"][0])
        if server.definitions.stale:
            await server.definitions.current()
        credentials = authorization(http)
        user = server.authenticate(credentials, certificate(http))
        if user is None:
            raise errors.unauthorized()
        if user is NOBODY and credentials and (text := ignored(credentials)):
            exchange.warn((text,))
        request = Request(
            info=info,
            user=user,
            query=target.query,
            impersonate=impersonation(http),
            user_agent=exchange.user_agent,
            connection=exchange,
        )
        acting = server.admit(request) if request.impersonate else user
        exchange.headers += self._classifier.headers(acting, info)
        if not info.is_resource or leads_nowhere(target, info):
            server.admit(request)
            return await self._pages.serve(exchange, target)
        catalogue = server.catalogue
        kind = catalogue.find(info.group, info.version, info.resource)
        if kind is None or info.verb == "proxy" or is_misplaced(kind, info):
            server.admit(request)
            if self._pages.registration.is_remote(info.group, info.version):
                return exchange.unavailable()
            if self._pages.is_built_in(info.group):
                raise errors.generic(404)
            return exchange.page_not_found()
        if target.empty:
            server.admit(request)
            check_scope(info, kind)
        declared = kind.behaviour.subresources.get(info.subresource)
        if isinstance(declared, Connect) and (
            len(info.parts) <= 3 or declared.connector == "proxy"
        ):
            return await self._connect(exchange, request, declared)
        if info.subresource and (
            info.subresource not in kind.subresources
            # Custom resources are routed by hand, which does not look that far.
            or (len(info.parts) > 3 and not kind.custom)
        ):
            server.admit(request)
            if kind.custom:
                unknown = errors.not_found(kind.plural, kind.group, info.name)
                unknown.warnings = [w for w in (kind.behaviour.deprecation,) if w]
                raise unknown
            raise errors.generic(404)
        if http.method not in _READS_AND_WRITES and not (kind.custom and http.method == "HEAD"):
            server.admit(request)
            raise errors.generic(405)
        return await self._resource(exchange, request, kind)

    async def _connect(
        self, exchange: Exchange, request: Request, declared: Connect
    ) -> web.StreamResponse:
        """A subresource that writes its own answer; only its errors are negotiated."""
        if declared.connector == "log":
            return await self._log(exchange, request)
        answer = await self._server.handle(request)
        return await self._tracked(exchange, self._connectors.serve(exchange, request, answer))

    async def _log(self, exchange: Exchange, request: Request) -> web.StreamResponse:
        """A container's log, whose options are read before its pod is looked for."""
        self._server.admit(request)
        if not routable(exchange.accept, _PRODUCES_LOG):
            raise unroutable(_PRODUCES_LOG)
        options = log_options(request.query, request.info.name)
        answer = await self._server.handle(request)
        return await self._tracked(exchange, self._connectors.log(exchange, answer, options))

    async def _resource(
        self, exchange: Exchange, request: Request, kind: Kind
    ) -> web.StreamResponse:
        """A request for a resource that exists."""
        server, info = self._server, request.info
        form, refusal = self._form(exchange, info, kind)
        if exchange.http.method in _WRITES:
            answer = await self._write(exchange, request, kind, refusal)
        else:
            if refusal is not None:
                server.admit(request)
                raise refusal
            answer = await server.handle(request)
        exchange.warn(answer.warnings)
        if answer.watch is not None:
            assert answer.kind is not None
            return await self._watch(exchange, request, answer, form)
        body = body_of(answer, form, request.query, self._encoder, server.clock.now())
        return exchange.reply(body, form.media, answer.code, compress=True, pack=self._encoder.gzip)

    async def _watch(
        self, exchange: Exchange, request: Request, answer: Answer, form: Form
    ) -> web.StreamResponse:
        assert answer.watch is not None
        assert answer.kind is not None
        server = self._server
        line = line_writer(answer.kind, form, request.query, self._encoder, server.clock)
        with self.metrics.watching():
            return await self._tracked(exchange, stream(exchange, answer.watch, line, form))

    async def _tracked(self, exchange: Exchange, serving: Any) -> web.StreamResponse:
        """Awaits what may take long; `close` cancels it, and so does the client by leaving."""
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        exchange.http.streaming = task
        try:
            response: web.StreamResponse = await serving
        finally:
            exchange.http.streaming = None
            self._streams.discard(task)
        return response

    def _form(
        self, exchange: Exchange, info: RequestInfo, kind: Kind
    ) -> tuple[Form, errors.APIError | None]:
        """How to write the answer, and what to refuse with if the client takes nothing."""
        if not exchange.accept and exchange.pretty is None:
            found = self._negotiator.form("", user_agent=exchange.user_agent)
            return found or PLAIN, None
        watching = info.verb == "watch"
        if not kind.custom:
            produces = _PRODUCES_LIST if info.verb in ("list", "watch") else _PRODUCES
            if not routable(exchange.accept, produces):
                if len(info.parts) > 1 and kind.verbs <= {"create"}:
                    return PLAIN, None  # nothing has a name here, which comes first
                return PLAIN, unroutable(produces)
        allows = allows_objects if _has_table(kind, info.subresource) else allows_untabled
        form = exchange.form(self._negotiator, allows_custom if kind.custom else allows)
        if form is None:
            return PLAIN, unacceptable()
        if watching and form.media == media.YAML:
            return PLAIN, unacceptable(media.STREAM)
        return form, None

    async def _write(
        self,
        exchange: Exchange,
        request: Request,
        kind: Kind,
        refusal: errors.APIError | None,
    ) -> Answer:
        """A write, which goes on to its end even if the client leaves (see Received)."""
        http = exchange.http
        content_type = http.headers.get("Content-Type", "")
        if http.method == "PATCH" and not kind.custom and not _is_patch(content_type):
            # go-restful looks at this before it looks at Accept.
            refusal = errors.unsupported_media_type("415: Unsupported Media Type", {})
        raw, oversized = await read_body(http)
        body = WireBody(
            raw,
            content_type,
            self._server.types,
            kind=kind if not request.info.subresource or kind.custom else None,
            refusal=refusal,
            oversized=oversized,
        )
        request.body = cast("Body", body)
        return await self._server.handle(request)


def _has_table(kind: Kind, subresource: str) -> bool:
    """Whether a built-in's storage converts to tables, which those that only take in do not."""
    if subresource == "status":
        return kind.behaviour.status_tables
    return subresource in _TABLED if subresource else "get" in kind.verbs


def _is_patch(content_type: str) -> bool:
    """Whether one of the types that are named is a patch type (go-restful, matchesContentType)."""
    named = (part.partition(";")[0].strip(" ") for part in content_type.split(","))
    return any(name in BUILTIN_TYPES for name in named)
