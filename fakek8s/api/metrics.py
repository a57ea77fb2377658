"""Counts of what the door did, in Prometheus' text format."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.server.request import RequestInfo

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"


class Metrics:
    """Requests by what they asked for and how they were answered; watches open now."""

    __slots__ = ("_requests", "_watches")

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str, str, str, int], int] = {}
        self._watches = 0

    def count(self, info: RequestInfo, code: int) -> None:
        """Notes one answered request."""
        key = (info.verb, info.group, info.version, info.resource, info.subresource, code)
        self._requests[key] = self._requests.get(key, 0) + 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notes a watch for as long as it is open."""
        self._watches += 1
        try:
            yield
        finally:
            self._watches -= 1

    def text(self) -> str:
        """The exposition."""
        lines = [
            "# HELP apiserver_request_total Requests answered, by verb, resource and code.",
            "# TYPE apiserver_request_total counter",
        ]
        for (verb, group, version, resource, sub, code), number in sorted(self._requests.items()):
            labels = (
                f'code="{code}",group="{group}",resource="{resource}",subresource="{sub}",'
                f'verb="{verb.upper()}",version="{version}"'
            )
            lines.append(f"apiserver_request_total{{{labels}}} {number}")
        lines += [
            "# HELP apiserver_longrunning_requests Watches that are open.",
            "# TYPE apiserver_longrunning_requests gauge",
            f'apiserver_longrunning_requests{{verb="WATCH"}} {self._watches}',
        ]
        return "\n".join(lines) + "\n"
