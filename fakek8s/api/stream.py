"""Watches on the wire: JSON lines, protobuf frames, tables, and the same over a WebSocket.

An event is encoded once for all watchers (the entry keeps it). A batch is one write; a slow
client is waited for, not buffered for. The watch ends with its iterator: time over, store closed,
or, by cancellation, the client gone.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from fakek8s.api import media
from fakek8s.api.codec import table
from fakek8s.machinery.wire import protobuf
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.registry.convert import shown_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fakek8s.api.codec.encode import Encoder
    from fakek8s.api.negotiate import Form
    from fakek8s.api.reply import Exchange
    from fakek8s.clock import Clock
    from fakek8s.kind import Kind
    from fakek8s.server.answer import WatchEvent
    from fakek8s.server.request import Query

Object = dict[str, Any]


class Line(Protocol):
    """Writes one event."""

    def __call__(self, event: WatchEvent) -> bytes: ...


def line_writer(kind: Kind, form: Form, query: Query, encoder: Encoder, clock: Clock) -> Line:
    """The writer of events in a form; raises APIError 400 for bad table options."""
    if form.convert is not None and form.convert.kind in _TRANSFORMS:
        change = _TRANSFORMS[form.convert.kind](kind, form, query, clock)
        return _Changed(kind, form, encoder, change)
    if form.media == media.PROTOBUF:
        return _Frames(kind, encoder)
    return _Lines(kind, encoder)


class _Lines:
    """JSON, one event a line."""

    __slots__ = ("_encoder", "_kind")

    def __init__(self, kind: Kind, encoder: Encoder) -> None:
        self._kind = kind
        self._encoder = encoder

    def __call__(self, event: WatchEvent) -> bytes:
        if event.entry is not None:
            return self._encoder.event_json(self._kind, event.type, event.entry)
        return json_line(event.type, event.object)


def json_line(type: str, obj: Object | None) -> bytes:
    """An event about an object that is no stored entry."""
    return b'{"type":"%b","object":%b}\n' % (type.encode(), dump(obj))


class _Frames:
    """Protobuf, each event behind its length."""

    __slots__ = ("_encoder", "_kind")

    def __init__(self, kind: Kind, encoder: Encoder) -> None:
        self._kind = kind
        self._encoder = encoder

    def __call__(self, event: WatchEvent) -> bytes:
        if event.entry is not None:
            body = self._encoder.object_protobuf(self._kind, event.entry)
        else:
            assert event.object is not None
            body = self._encoder.any_protobuf(event.object)
        return protobuf.watch_frame(event.type, body)


class _Changed:
    """Tables and partial metadata; a Status stays what it is."""

    __slots__ = ("_change", "_encoder", "_kind", "_protobuf")

    def __init__(
        self, kind: Kind, form: Form, encoder: Encoder, change: Callable[[Object], Object]
    ) -> None:
        self._kind = kind
        self._encoder = encoder
        self._change = change
        self._protobuf = form.media == media.PROTOBUF

    def __call__(self, event: WatchEvent) -> bytes:
        obj = event.object
        if event.entry is not None:
            obj = shown_entry(self._kind, event.entry)
        assert obj is not None
        if event.type != "ERROR":
            obj = self._change(obj)
        if self._protobuf:
            return protobuf.watch_frame(event.type, self._encoder.any_protobuf(obj))
        return json_line(event.type, obj)


class _Tables:
    """Each event as a table of one row; only the first names the columns."""

    __slots__ = ("_clock", "_include", "_kind", "_seen", "_version")

    def __init__(self, kind: Kind, form: Form, query: Query, clock: Clock) -> None:
        assert form.convert is not None
        self._kind = kind
        self._version = form.convert.api_version
        self._include = table.check_include(query.get("includeObject"))
        self._clock = clock
        self._seen = False

    def __call__(self, obj: Object) -> Object:
        headers, self._seen = not self._seen, True
        include = self._include
        if include == "None" and _ends_initial_events(obj):
            include = "Metadata"
        return table.table(
            self._kind,
            [obj],
            table.object_metadata(obj),
            self._clock.now(),
            api_version=self._version,
            include=include,
            headers=headers,
        )


def _ends_initial_events(obj: Object) -> bool:
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return annotations.get("k8s.io/initial-events-end") == "true"


def _partials(kind: Kind, form: Form, query: Query, clock: Clock) -> Callable[[Object], Object]:
    assert form.convert is not None
    api_version = form.convert.api_version
    return lambda obj: table.partial(kind, obj, api_version)


class NoEventForm(Exception):
    """Events can't be written in the form that was asked for."""


def _no_lists(kind: Kind, form: Form, query: Query, clock: Clock) -> Callable[[Object], Object]:
    def refuse(obj: Object) -> Object:
        raise NoEventForm

    return refuse


_TRANSFORMS: dict[str, Callable[..., Callable[[Object], Object]]] = {
    "Table": _Tables,
    "PartialObjectMetadata": _partials,
    "PartialObjectMetadataList": _no_lists,
}


def content_type(form: Form) -> str:
    """The Content-Type of a watch."""
    return media.JSON if form.media == media.JSON else f"{form.media};stream=watch"


async def stream(
    exchange: Exchange,
    events: AsyncIterator[list[WatchEvent]],
    line: Line,
    form: Form,
) -> web.StreamResponse:
    """Writes a watch until it ends or the client goes."""
    if _is_websocket(exchange.http):
        return await _websocket(exchange, events, line, form)
    exchange.headers.append(("Content-Type", content_type(form)))
    response = web.StreamResponse(headers=exchange.headers)
    try:
        # The headers go at once: clients take them as the sign that the watch has begun.
        await response.prepare(exchange.http)
        async for batch in events:
            if batch:
                await response.write(b"".join([line(event) for event in batch]))
        await response.write_eof()
    except NoEventForm:
        await response.write_eof()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        await _close(events)
    return response


def _is_websocket(http: web.BaseRequest) -> bool:
    headers = http.headers
    return (
        headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in headers.get("Connection", "").lower()
    )


async def _websocket(
    exchange: Exchange,
    events: AsyncIterator[list[WatchEvent]],
    line: Line,
    form: Form,
) -> web.StreamResponse:
    """One frame for each event: text for JSON, binary for protobuf."""
    socket = web.WebSocketResponse(compress=False)
    for name, value in exchange.headers:
        socket.headers.add(name, value)
    as_text = form.media == media.JSON
    listener: asyncio.Task[None] | None = None
    try:
        await socket.prepare(exchange.http)
        owner = asyncio.current_task()
        assert owner is not None
        listener = asyncio.create_task(_until_closed(socket, owner))
        async for batch in events:
            for event in batch:
                if as_text:
                    await socket.send_str(line(event).decode())
                else:
                    await socket.send_bytes(line(event)[4:])
        listener.cancel()
        await socket.close()
    except NoEventForm:
        await socket.close()
    except ConnectionError:
        pass
    except asyncio.CancelledError:
        # Either the client closed its side, which ends the watch in order, or the server stops.
        if listener is None or not listener.done():
            raise
    finally:
        if listener is not None and not listener.done():
            listener.cancel()
        await _close(events)
    return socket


async def _until_closed(socket: web.WebSocketResponse, owner: asyncio.Task[Any]) -> None:
    """Reads what the client sends, which is of no interest, until it closes; then ends `owner`."""
    async for _ in socket:
        pass
    owner.cancel()


async def _close(events: AsyncIterator[list[WatchEvent]]) -> None:
    close = getattr(events, "aclose", None)
    if close is not None:
        with suppress(RuntimeError):
            await close()
