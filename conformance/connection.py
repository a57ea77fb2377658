"""One HTTP request to a server under test, by the standard library alone.

Plain and blocking on purpose: no client library's retries, headers or decoding come between
a recording and the server.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The recordings were taken by a client of this name: managedFields hold it.
USER_AGENT = "replay/1"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and the bearer token to use (empty: anonymous)."""

    url: str
    token: str = ""

    @contextmanager
    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float = 15,
    ) -> Iterator[http.client.HTTPResponse]:
        """Sends a request on a connection of its own and gives the answer, body unread.

        `headers` win over the player's own; an empty value leaves the header out. Raises
        OSError and http.client.HTTPException.
        """
        parts = urllib.parse.urlsplit(self.url)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            # Certificates are made for the occasion; who the server is, is not in question.
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(
                parts.hostname or "", parts.port, timeout=timeout
            )
        sent = {"User-Agent": USER_AGENT}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= headers
        try:
            wanted = {name: value for name, value in sent.items() if value.strip()}
            connection.request(method, path, body=body, headers=wanted)
            yield connection.getresponse()
        finally:
            connection.close()


def read_events(response: http.client.HTTPResponse, count: int | None, seconds: float) -> list[Any]:
    """The events of a watch: until there are `count` of them, or for so many seconds."""
    events: list[Any] = []
    deadline, rest = time.monotonic() + seconds, b""
    while (count is None or len(events) < count) and (left := deadline - time.monotonic()) > 0:
        _bound(response, left)
        try:
            chunk = response.read1(65536)
        except OSError:
            break
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        events += [json.loads(line) for line in lines if line.strip()]
    return events[:count]


def _bound(response: http.client.HTTPResponse, seconds: float) -> None:
    """Lets the next read of the answer take so long at most."""
    # The response's buffered reader is over a SocketIO, which alone still knows the socket when
    # the connection has given it up (Connection: close).
    sock = getattr(getattr(response.fp, "raw", None), "_sock", None)
    if sock is not None:
        sock.settimeout(seconds)
