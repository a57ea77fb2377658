"""Container logs: what was written and when, and which of it somebody wants to read."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from fakek8s import errors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from datetime import datetime

    from fakek8s.clock import Clock
    from fakek8s.kubelet.fleet import Fleet

Object = dict[str, Any]
Stream = Literal["stdout", "stderr"]

#: Lines kept of one container; the oldest go first (containerLogMaxSize is 10Mi upstream).
_KEPT = 100_000


class Options(Protocol):
    """What of a log is wanted (PodLogOptions)."""

    @property
    def follow(self) -> bool: ...
    @property
    def previous(self) -> bool: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def since_seconds(self) -> int | None: ...
    @property
    def timestamps(self) -> bool: ...
    @property
    def tail_lines(self) -> int | None: ...
    @property
    def limit_bytes(self) -> int | None: ...
    @property
    def stream(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its newline, or what was written of one when the writer ended."""

    at: datetime
    stream: Stream
    text: bytes


class LogBuffer:
    """The lines of one container, and who waits for more."""

    def __init__(self, clock: Clock) -> None:
        self.closed = False
        self._clock = clock
        self._lines: list[Line] = []
        self._dropped = 0
        self._partial: dict[Stream, bytes] = {}
        self._news = asyncio.Event()

    def write(self, data: bytes, stream: Stream = "stdout") -> None:
        """Adds what a program wrote; a line is there once its newline is."""
        *lines, rest = (self._partial.pop(stream, b"") + data).split(b"\n")
        if rest:
            self._partial[stream] = rest
        if lines:
            now = self._clock.now()
            self._append([Line(now, stream, line + b"\n") for line in lines])

    def close(self) -> None:
        """Nothing more will be written."""
        now = self._clock.now()
        self._append([Line(now, stream, rest) for stream, rest in self._partial.items()])
        self._partial.clear()
        self.closed = True
        self._news.set()

    def _append(self, lines: list[Line]) -> None:
        self._lines += lines
        if len(self._lines) > 2 * _KEPT:
            self._dropped += len(self._lines) - _KEPT
            del self._lines[:-_KEPT]
        self._news.set()

    @property
    def end(self) -> int:
        """The position after the last line."""
        return self._dropped + len(self._lines)

    def slice(self, start: int, end: int) -> list[Line]:
        """The lines of these positions that are still there."""
        first = max(0, start - self._dropped)
        return self._lines[first : max(0, end - self._dropped)]

    async def more(self, position: int) -> bool:
        """Waits for lines after a position; False if there will be none."""
        while self.end <= position and not self.closed:
            self._news.clear()
            await self._news.wait()
        return self.end > position

    async def read(self, options: Options) -> AsyncGenerator[bytes, None]:
        """The wanted lines, whole, as bytes."""
        since = options.since
        if options.since_seconds is not None:
            since = self._clock.now() - timedelta(seconds=options.since_seconds)
        left = options.limit_bytes
        position, end = 0, self.end
        if options.tail_lines is not None:
            position = max(0, end - options.tail_lines)
        while True:
            for line in self.slice(position, end):
                if not _wanted(line, options.stream, since):
                    continue
                text = _shown(line, options.timestamps)
                if left is not None and len(text) >= left:
                    yield text[:left]
                    return
                yield text
                if left is not None:
                    left -= len(text)
            position = end
            if not options.follow or not await self.more(position):
                return
            end = self.end


def _wanted(line: Line, stream: str, since: datetime | None) -> bool:
    if since is not None and line.at < since:
        return False
    return stream == "All" or line.stream == stream.lower()


def _shown(line: Line, timestamps: bool) -> bytes:
    if not timestamps:
        return line.text
    # kubelet's RFC3339NanoFixed; our clock has microseconds.
    return line.at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode() + line.text


class LogSource:
    """The logs of all containers on the nodes of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def logs(self, pod: Object, container: str, options: Options) -> AsyncIterator[bytes]:
        """The wanted lines as they come. Raises APIError 400 or 500 before the first one."""
        node = pod["spec"].get("nodeName", "")
        kubelet = self._fleet.kubelets.get(node)
        if kubelet is None:
            raise errors.internal(f"node {node} is not an emulated one")
        identity = container_id(pod, container, previous=options.previous)
        try:
            buffer = kubelet.runtime.log(identity)
        except KeyError:
            message = f"unable to retrieve container logs for containerd://{identity}"
            raise errors.bad_request(message) from None
        async with aclosing(buffer.read(options)) as lines:
            async for line in lines:
                yield line


def container_id(pod: Object, container: str, *, previous: bool) -> str:
    """The runtime's id of the container whose log is meant (validateContainerLogStatus).

    Raises APIError 400, with the kubelet's words.
    """
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    subject = f'container "{container}" in pod "{name}"'
    found: Object = next(
        (
            entry
            for field in _STATUSES
            for entry in status.get(field) or ()
            if entry.get("name") == container
        ),
        {},
    )
    if not found:
        raise errors.bad_request(f"{subject} is not available")
    state, last = found.get("state") or {}, _ended(found.get("lastState"))
    if previous:
        if not last:
            raise errors.bad_request(f"previous terminated {subject} not found")
        return last
    if "running" in state:
        return str(found["containerID"]).partition("://")[2]
    if ended := _ended(state) or last:
        return ended
    if "terminated" in state:
        raise errors.bad_request(f"{subject} is terminated")
    reason = (state.get("waiting") or {}).get("reason", "")
    raise errors.bad_request(f"{subject} is waiting to start: {_WAITING.get(reason, reason)}")


_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_WAITING = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


def _ended(state: Object | None) -> str:
    """The id of the container that a state says has ended; "" if it says none."""
    identity: str = ((state or {}).get("terminated") or {}).get("containerID", "")
    return identity.partition("://")[2]
