"""Connections that answer plain reads at once, in the very call that brings them.

aiohttp wakes a task for each connection that has a request, and makes another one for the
request, which costs as much as reading an object does. What waits for nothing needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp.http_parser import RawRequestMessage
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD

from fakek8s.api.received import Connection, Received

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

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


class SwiftConnection(Connection):
    """A connection that first asks `now` for the answer to a request without a body."""

    __slots__ = ("_now",)

    def __init__(
        self,
        server: web.Server,
        loop: asyncio.AbstractEventLoop,
        wires: set[asyncio.Transport],
        now: Callable[[Received], Whole | None],
    ) -> None:
        super().__init__(server, loop, wires)
        self._now = now

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
        finally:
            self._waiter = waiter
        if self._messages and not waiter.done() and not self._answered():
            waiter.set_result(None)

    def _answered(self) -> bool:
        message, payload = self._messages[0]
        if (
            len(self._messages) != 1
            or message.__class__ is not RawRequestMessage
            or payload is not EMPTY_PAYLOAD
            or message.upgrade
            or message.should_close
            or self._paused
            or self._force_close
        ):
            return False
        task = self._task_handler
        assert task is not None
        writer = StreamWriter(self, self._loop)
        request = Received(message, payload, self, writer, task, self._loop)
        answer = self._now(request)
        if answer is None:
            return False
        del self._messages[0]
        # Newer versions of the parser count what it has handed out.
        consumed = getattr(self._parser, "message_consumed", None)
        if consumed is not None:
            consumed()
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self.transport is not None and not self.transport.is_closing():
            answer.send(request)
        return True
