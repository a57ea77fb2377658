"""Connections that answer requests at once, in the very call that brings them.

aiohttp wakes a task for each connection that has a request, and makes another one for the
request, which costs as much as reading an object does. What waits for nothing needs neither.
A read that has to wait after all is begun anew; a write goes on from where it waits.
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http import HttpVersion11
from aiohttp.http_parser import RawRequestMessage
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD

from fakek8s.api.received import Connection, Received
from fakek8s.api.reply import Whole

if TYPE_CHECKING:
    from collections.abc import Callable

    Responding = Coroutine[Any, Any, web.StreamResponse]

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


class Begun(Coroutine[Any, Any, web.StreamResponse]):
    """A coroutine whose first step has been taken, for a task that takes the others.

    The task is there during the first step already, as the current one: what is cancelled or
    timed out later is what was begun. (Eager tasks are this, from Python 3.12 on.)
    """

    __slots__ = ("_error", "_inner", "_waits", "answer", "task")

    def __init__(self, inner: Responding, loop: asyncio.AbstractEventLoop) -> None:
        """Takes the first step. `answer` is the result if there is one already."""
        self._inner = inner
        self._waits: Any = None
        self._error: BaseException | None = None
        self.answer: web.StreamResponse | None = None
        context = copy_context()
        # Its own first step comes in a later turn of the loop.
        self.task = asyncio.Task(self, loop=loop, context=context)
        _enter_task(loop, self.task)
        try:
            self._waits = context.run(inner.send, None)
        except StopIteration as done:
            self.answer = done.value
        except BaseException as error:  # the task's to raise
            self._error = error
        finally:
            _leave_task(loop, self.task)

    def send(self, value: Any) -> Any:
        """The task's next step; its first one waits for what the first step here waits for."""
        if self.answer is not None:
            raise StopIteration(self.answer)
        if self._error is not None:
            raise self._error
        inner = self._inner
        self.send = inner.send  # type: ignore[method-assign]
        return self._waits

    def throw(self, *raised: Any) -> Any:
        """Ends the wait with an exception."""
        return self._inner.throw(*raised)

    def close(self) -> None:
        """Gives up."""
        self._inner.close()

    def __await__(self) -> Any:
        raise TypeError("a task's alone")


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
