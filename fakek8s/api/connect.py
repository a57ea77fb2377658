"""Connect subresources: logs here, everything that needs a channel both ways not yet.

What runs in pods is behind `LogSource`, which whoever emulates nodes provides as
`server.connectors["log"]`. Source: pkg/registry/core/pod/strategy.go (LogLocation),
pkg/registry/core/pod/rest/log.go, core validation (ValidatePodLogOptions).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from fakek8s import errors
from fakek8s.machinery.causes import FieldError, forbidden, invalid
from fakek8s.machinery.timestamps import TimestampError, parse_time
from fakek8s.server.request import truth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from datetime import datetime

    from fakek8s.api.reply import Exchange
    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Query, Request

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """PodLogOptions: which lines of a container's log are wanted."""

    container: str
    follow: bool = False
    previous: bool = False
    since: datetime | None = None
    since_seconds: int | None = None
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    stream: str = "All"


class LogSource(Protocol):
    """Where container logs come from."""

    def logs(self, pod: Object, container: str, options: LogOptions) -> AsyncIterator[bytes]:
        """Whole lines (with their newlines) as they come, all options applied.

        Raises APIError before the first one: 400 `container "c" in pod "p" is waiting to start:
        ContainerCreating`, `previous terminated container "c" in pod "p" not found` ...
        """


class Connectors:
    """Serves the answers that are connections."""

    __slots__ = ("_known",)

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known

    async def serve(
        self, exchange: Exchange, request: Request, answer: Answer
    ) -> web.StreamResponse:
        """Connects; raises APIError 400 or 501."""
        assert answer.object is not None
        if answer.connect_check is not None:
            answer.connect_check()
        connector = self._known.get(answer.connector)
        if connector is None:
            raise errors.not_implemented(f"{request.info.resource}/{request.info.subresource}")
        response: web.StreamResponse = await connector.serve(exchange, request, answer)
        return response

    async def log(
        self, exchange: Exchange, answer: Answer, options: LogOptions
    ) -> web.StreamResponse:
        """Writes a container's log; raises APIError 400 or 501."""
        pod = answer.object
        assert pod is not None
        if answer.connect_check is not None:
            answer.connect_check()
        if not pod.get("spec", {}).get("nodeName"):
            return exchange.nothing(204)
        source: LogSource | None = self._known.get("log")
        if source is None:
            raise errors.not_implemented("pods/log without emulated nodes")
        container = options.container or pod["spec"]["containers"][0]["name"]
        lines = source.logs(pod, container, replace(options, container=container))
        first = await anext(aiter(lines), None)
        exchange.headers.append(("Content-Type", "text/plain"))
        response = web.StreamResponse(headers=exchange.headers)
        try:
            await response.prepare(exchange.http)
            if first is not None:
                await response.write(first)
                async for line in lines:
                    await response.write(line)
            await response.write_eof()
        except ConnectionError:
            pass
        finally:
            close = getattr(lines, "aclose", None)
            if close is not None:
                await close()
        return response


def log_options(query: Query, name: str) -> LogOptions:
    """PodLogOptions of a query for the pod `name`; raises APIError 400 or 422."""

    def first(name: str) -> str:
        values = query.get(name)
        return values[0] if values else ""

    since = None
    if first("sinceTime"):
        try:
            since = parse_time(first("sinceTime"))
        except TimestampError as error:
            raise errors.bad_request(str(error)) from None
    options = LogOptions(
        container=first("container"),
        follow=truth(query, "follow"),
        previous=truth(query, "previous"),
        since=since,
        since_seconds=_number(first("sinceSeconds")),
        timestamps=truth(query, "timestamps"),
        tail_lines=_number(first("tailLines")),
        limit_bytes=_number(first("limitBytes")),
    )
    found = list(_rules(options))
    if "stream" in query:  # upstream's PodLogsQuerySplitStreams, off by default
        found.append(forbidden("stream", "may not be specified"))
    if found:
        raise errors.invalid("PodLogOptions", "", name, found)
    return options


def _number(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _rules(options: LogOptions) -> Iterator[FieldError]:
    """ValidatePodLogOptions."""
    if options.tail_lines is not None and options.tail_lines < 0:
        yield invalid("tailLines", options.tail_lines, "must be greater than or equal to 0")
    if options.limit_bytes is not None and options.limit_bytes < 1:
        yield invalid("limitBytes", options.limit_bytes, "must be greater than 0")
    if options.since_seconds is not None and options.since is not None:
        yield forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified")
    elif options.since_seconds is not None and options.since_seconds < 1:
        yield invalid("sinceSeconds", options.since_seconds, "must be greater than 0")
