"""Webhooks over HTTPS, with aiohttp's client; the words of failures are Go's.

A session per call: webhooks are called from whichever loop a cluster runs in, and nothing is
left open.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from fakek8s.admission.caller import CallError, Reply

if TYPE_CHECKING:
    from fakek8s.admission.caller import Call

_AGENT = "kube-apiserver-admission"


class _Fixed(AbstractResolver):
    """One address for whatever name."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=self._host, port=self._port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


def context_for(ca_bundle: bytes) -> ssl.SSLContext:
    """Trusts the bundle, or the system if there is none. Raises CallError."""
    if not ca_bundle:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=ca_bundle.decode("ascii", "replace"))
    except ssl.SSLError:
        raise CallError(
            "unable to load root certificates: unable to parse bytes as PEM block"
        ) from None
    return context


async def call(what: Call, /) -> Reply:
    """`Caller` over the network."""
    resolver = None if what.address is None else _Fixed(*what.address)
    connector = aiohttp.TCPConnector(
        ssl=context_for(what.ca_bundle), resolver=resolver, force_close=True
    )
    port = what.port if what.address is None else what.address[1]
    url = f"https://{what.host}:{port}{what.path}"
    headers = {"Content-Type": "application/json", "Accept": "application/json, */*"}
    headers["User-Agent"] = _AGENT
    if what.address is not None:
        headers["Host"] = f"{what.host}:{what.port}"
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(
                url,
                data=what.body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=what.timeout),
                allow_redirects=False,
            ) as response,
        ):
            return Reply(
                code=response.status,
                content_type=response.headers.get("Content-Type", ""),
                body=await response.read(),
            )
    except TimeoutError:
        raise CallError("context deadline exceeded") from None
    except (aiohttp.ClientError, OSError) as error:
        raise CallError(_words(error, what)) from None


def _words(error: Exception, what: Call) -> str:
    """The failure as Go's net/http and crypto/tls say it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"tls: failed to verify certificate: x509: {_certificate(error, what)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"dial tcp: lookup {what.host}: no such host"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
            return "http: server gave HTTP response to HTTPS client"
        return f"remote error: tls: {error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        host, port = what.address or (what.host, what.port)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if isinstance(error.os_error, ConnectionRefusedError):
            return f"dial tcp {where}: connect: connection refused"
        if not error.os_error.strerror:
            return "EOF"
        return f"dial tcp {where}: connect: {error.os_error.strerror.lower()}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "EOF"
    return str(error)


def _certificate(error: aiohttp.ClientConnectorCertificateError, what: Call) -> str:
    cause = error.certificate_error
    message = getattr(cause, "verify_message", "") or str(cause)
    if "Hostname mismatch" in message:
        return f"certificate is not valid for any names, but wanted to match {what.host}"
    if "IP address mismatch" in message:
        return f"cannot validate certificate for {what.host} because it doesn't contain any IP SANs"
    if "expired" in message:
        return "certificate has expired or is not yet valid"
    return "certificate signed by unknown authority"
