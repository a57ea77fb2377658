"""Connections that answer what waits for nothing at once, in the very call that brings it.

aiohttp wakes a task for each connection that has a request, and makes another one for the
request, which costs as much as reading an object does. Reads and most writes need neither. What
turns out to wait goes on in those tasks; until then there is none, and so no `asyncio.timeout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp.http_parser import RawRequestMessage
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from fakek8s.api.received import Connection, Received

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Generator

    from aiohttp import web

    from fakek8s.api.reply import Whole


#: What a swift connection needs of aiohttp's, which promises none of it.
_INNARDS: Final = (
    "_force_close",
    "_keepalive_timeout",
    "_loop",
    "_messages",
    "_next_keepalive_close_time",
    "_paused",
    "_task_handler",
    "_waiter",
)


def can_be_swift() -> bool:
    """Whether the installed aiohttp is as this module knows it; else ordinary ones do."""
    return all(hasattr(Connection, name) for name in _INNARDS)


class Outbox:
    """Answers that leave together, as soon as all that has come by now is answered.

    To send wakes a client that waits, which on some machines takes as long as to read an object;
    those that wait together are awake after the first.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.Transport, tuple[bytes, ...]]] = []

    def put(self, transport: asyncio.Transport, parts: tuple[bytes, ...]) -> None:
        """Has them sent in the loop's next turn, before anything that is put off from now on."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((transport, parts))

    def flush(self) -> None:
        """Sends what waits to those who are still there."""
        waiting, self._waiting = self._waiting, []
        for transport, parts in waiting:
            if not transport.is_closing():
                transport.writelines(parts)


class SwiftConnection(Connection):
    """A connection that first asks `now` for the answer to a request that is all there."""

    __slots__ = ("_now", "_outbox", "begun")

    def __init__(
        self,
        server: web.Server,
        loop: asyncio.AbstractEventLoop,
        wires: set[asyncio.Transport],
        now: Callable[[Received], Whole | None],
        outbox: Outbox,
    ) -> None:
        """`now` gives the answer, or None and perhaps has begun with it (`Received.begun`).
        outbox: that of all connections of a door."""
        super().__init__(server, loop, wires)
        self._now = now
        self._outbox = outbox
        #: The request that aiohttp will ask for next, if it has begun already.
        self.begun: Received | None = None

    def data_received(self, data: bytes) -> None:
        """Parses; answers a lone request if that can be done now, else wakes the task."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            super().data_received(data)
            return
        # The task sleeps until its waiter is set, which is not to happen before this is tried.
        self._waiter = None
        try:
            super().data_received(data)
            if self._messages and not waiter.done():
                self._answer()
        finally:
            self._waiter = waiter
        if self._messages and not waiter.done():
            waiter.set_result(None)

    def _answer(self) -> None:
        """Answers the first request if it is the only one and waits for nothing."""
        message, payload = self._messages[0]
        if (
            len(self._messages) != 1
            or message.__class__ is not RawRequestMessage
            or not _is_here(payload)
            or message.upgrade
            or message.should_close
            or self._paused
            or self._force_close
        ):
            return
        task = self._task_handler
        assert task is not None
        writer = StreamWriter(self, self._loop)
        request = Received(message, payload, self, writer, task, self._loop)
        # To read a body may parse what came behind it.
        del self._messages[0]
        answer = self._now(request)
        if answer is None:
            self._messages.appendleft((message, payload))
            self.begun = request if request.begun is not None else None
            return
        # Newer versions of the parser count what it has handed out.
        consumed = getattr(self._parser, "message_consumed", None)
        if consumed is not None:
            consumed()
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self.transport is not None:
            self._outbox.put(self.transport, answer.parts(request))


def _is_here(payload: StreamReader) -> bool:
    """Whether all of a body has come."""
    return payload is EMPTY_PAYLOAD or (payload.is_eof() and payload.exception() is None)


class Begun:
    """A coroutine that ran up to where it waits, to be awaited for the rest."""

    __slots__ = ("_running", "_waits_for")

    def __init__(self, running: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        self._running = running
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    got = yield waits_for
                except BaseException as problem:
                    waits_for = self._running.throw(problem)
                else:
                    waits_for = self._running.send(got)
        except StopIteration as done:
            return done.value
