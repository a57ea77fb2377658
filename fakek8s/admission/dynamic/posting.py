"""Where a clientConfig leads: a URL, or a service and its endpoints.

Upstream: apiserver pkg/util/webhook/client.go.
"""

from __future__ import annotations

import posixpath
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fakek8s.admission.caller import Call, CallError
from fakek8s.admission.dynamic.services import resolve
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.admission.caller import Caller, Reply
    from fakek8s.kind import Reader

Object = dict[str, Any]


async def post(config: Object, body: bytes, seconds: int, reader: Reader, caller: Caller) -> Reply:
    """The reply to a POST of JSON, whatever its code; `seconds` is how long it may take.

    Raises CallError in the words of Go's HTTP client.
    """
    service = config.get("service")
    if service is not None:
        host = f"{service.get('name', '')}.{service.get('namespace', '')}.svc"
        port, path = service.get("port") or 443, service.get("path") or "/"
        shown = f"{host}:{port}"
    else:
        url = urlsplit(config.get("url", ""))
        host, port, path = url.hostname or "", url.port or 443, url.path
        shown = url.netloc
    path = f"{posixpath.normpath(f'/{path}'.replace('//', '/'))}?timeout={seconds}s"
    try:
        address = None
        if service is not None:
            name, namespace = service.get("name", ""), service.get("namespace", "")
            address = resolve(reader, namespace, name, port)
        return await caller(
            Call(
                host=host,
                port=port,
                path=path,
                body=body,
                timeout=float(seconds),
                ca_bundle=b64decode(config.get("caBundle") or ""),
                address=address,
            )
        )
    except CallError as error:
        raise CallError(f"Post {quote(f'https://{shown}{path}')}: {error}") from None
