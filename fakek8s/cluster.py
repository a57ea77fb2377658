"""The cluster: an API server with its doors and everything that lives behind them.

async with Cluster() as cluster:
    cluster.kubeconfig      # path of a kubeconfig for kubectl and any client
    cluster.client          # the API without HTTP, for the test itself
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import ssl
import tempfile
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakek8s.api.app import HTTPDoor
from fakek8s.assembly import Prepared, assemble
from fakek8s.auth.certs import Authority
from fakek8s.client.client import Client
from fakek8s.clock import SystemClock
from fakek8s.poststart import PostStart
from fakek8s.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from fakek8s.clock import Clock
    from fakek8s.server.server import Server


@lru_cache(maxsize=1)
def _authority() -> Authority:
    """One CA for all clusters of a process: keys are the slow part of a start."""
    return Authority()


@lru_cache(maxsize=1)
def _prepared() -> Prepared:
    return Prepared()


class Cluster:
    """One cluster, started and stopped as an async context manager.

    `settings` or its fields as keywords: `Cluster(nodes=3)`, `Cluster(profile="apiserver")`.
    """

    def __init__(
        self, settings: Settings | None = None, *, clock: Clock | None = None, **overrides: Any
    ) -> None:
        if settings is None:
            settings = Settings(**overrides)
        elif overrides:
            raise TypeError("give either settings or keywords, not both")
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.token = secrets.token_urlsafe(24)
        self.server: Server
        self.client: Client
        self._files: tempfile.TemporaryDirectory[str]
        #: What `stop` undoes, the latest first.
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Cluster:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Starts serving; returns when the cluster is ready. Raises OSError, ValueError."""
        async with AsyncExitStack() as opened:
            await self._start(opened)
            self._opened = opened.pop_all()

    async def _start(self, opened: AsyncExitStack) -> None:
        settings = self.settings
        snapshot = await _prepared().snapshot(settings)
        self._files = tempfile.TemporaryDirectory(prefix="fakek8s-", ignore_cleanup_errors=True)
        opened.callback(self._files.cleanup)
        door = HTTPDoor()
        opened.push_async_callback(door.close)
        context = self._tls() if settings.tls else None
        sockets = await asyncio.get_running_loop().create_server(
            door.protocol, settings.host, settings.port, ssl=context, backlog=512
        )
        opened.callback(sockets.close)
        self.port = int(sockets.sockets[0].getsockname()[1])
        self.server = await assemble(
            settings,
            self.clock,
            snapshot,
            address=_advertised(settings.host),
            port=self.port,
            token=self.token,
        )
        following = asyncio.create_task(self.server.definitions.run())
        opened.push_async_callback(asyncio.wait, [following])
        opened.callback(self.server.registry.store.close)
        self.client = Client(self.server)
        hooks = PostStart(self.server, self.clock)
        await hooks.start()
        opened.push_async_callback(hooks.stop)
        if settings.controllers:
            from fakek8s.controlplane import ControlPlane

            parts = ControlPlane(self.server, self.clock, settings, _authority().certificate)
            await parts.start()
            opened.push_async_callback(parts.stop)
        door.open(self.server, f"{_advertised(settings.host)}:{self.port}")
        opened.callback(self._remove_kubeconfig)
        self.kubeconfig = self._write_kubeconfig()

    async def stop(self) -> None:
        """Ends all watches and components; takes milliseconds."""
        await self._opened.aclose()

    @property
    def url(self) -> str:
        """Where the API is: `https://127.0.0.1:PORT`."""
        scheme = "https" if self.settings.tls else "http"
        return f"{scheme}://{self.settings.host}:{self.port}"

    def _tls(self) -> ssl.SSLContext:
        authority = _authority()
        names = ("127.0.0.1", "::1", "localhost", self.settings.host, *_SERVICE_NAMES)
        first = str(_first_service_address(self.settings.service_cidr))
        pair = authority.issue("kube-apiserver", names=dict.fromkeys((*names, first)), server=True)
        folder = Path(self._files.name)
        (folder / "apiserver.crt").write_bytes(pair.certificate)
        (folder / "apiserver.key").write_bytes(pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(folder / "apiserver.crt", folder / "apiserver.key")
        context.load_verify_locations(cadata=authority.certificate.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _write_kubeconfig(self) -> str:
        """Writes the admin's kubeconfig; renamed into place, so whoever sees it can use it."""
        path = Path(self.settings.kubeconfig or Path(self._files.name) / "kubeconfig")
        path = path.absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(self.kubeconfig_text())
        draft.replace(path)
        return str(path)

    def _remove_kubeconfig(self) -> None:
        if self.settings.kubeconfig:
            Path(self.settings.kubeconfig).unlink(missing_ok=True)

    def kubeconfig_text(self) -> str:
        """A kubeconfig (YAML) for `admin`: token, and over TLS a client certificate and the CA."""
        cluster, user = [f"server: {self.url}"], [f"token: {self.token}"]
        if self.settings.tls:
            authority = _authority()
            pair = authority.issue("admin", ("system:masters",))
            cluster.append(f"certificate-authority-data: {_base64(authority.certificate)}")
            user.append(f"client-certificate-data: {_base64(pair.certificate)}")
            user.append(f"client-key-data: {_base64(pair.key)}")
        return _KUBECONFIG.format(cluster="\n    ".join(cluster), user="\n    ".join(user))


_SERVICE_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: fakek8s
clusters:
- name: fakek8s
  cluster:
    {cluster}
users:
- name: admin
  user:
    {user}
contexts:
- name: fakek8s
  context:
    cluster: fakek8s
    user: admin
"""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _advertised(host: str) -> str:
    """The address that clients are told of."""
    return "127.0.0.1" if host in ("0.0.0.0", "", "localhost") else host


def _first_service_address(cidr: str) -> Any:
    import ipaddress

    return ipaddress.ip_network(cidr)[1]
