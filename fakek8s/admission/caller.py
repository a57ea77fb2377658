"""How webhooks are called: the seam between admission and the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class CallError(Exception):
    """There was no answer; the message is that of Go's HTTP client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One POST of JSON. host: for TLS and the Host header; address: where it really goes."""

    host: str
    port: int
    path: str
    body: bytes
    timeout: float
    ca_bundle: bytes = b""
    address: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    code: int
    content_type: str
    body: bytes


class Caller(Protocol):
    """Calls webhooks."""

    async def __call__(self, call: Call, /) -> Reply:
        """The reply, whatever its code. Raises CallError."""
