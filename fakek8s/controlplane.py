"""The control plane: what runs beside the API server in a whole cluster, started and stopped.

Controllers, the scheduler and the emulated nodes are clients under the users they have
upstream; only their informers read with the server's own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fakek8s.auth.user import AUTHENTICATED, SYSTEM_MASTERS, User
from fakek8s.client.client import Client
from fakek8s.client.informer import Informers
from fakek8s.controllers.controller import Context, Runner
from fakek8s.controllers.namespace import NamespaceController
from fakek8s.controllers.nodelifecycle import NodeLifecycle
from fakek8s.controllers.rootca import RootCA
from fakek8s.controllers.serviceaccounts import ServiceAccounts
from fakek8s.controllers.tainteviction import TaintEviction
from fakek8s.controllers.ttl import TTL
from fakek8s.kubelet.fleet import Fleet
from fakek8s.kubelet.logs import LogSource
from fakek8s.kubelet.programs import Programs
from fakek8s.scheduler.scheduler import DefaultScheduler

if TYPE_CHECKING:
    from fakek8s.clock import Clock
    from fakek8s.controllers.controller import Sync
    from fakek8s.scheduler.framework import Scheduler
    from fakek8s.server.server import Server
    from fakek8s.settings import Settings

Object = dict[str, Any]

_NOT_READY = "node.kubernetes.io/not-ready"
_SYSTEM = ("system:serviceaccounts", "system:serviceaccounts:kube-system", AUTHENTICATED)
# system:masters stands in for the bootstrap roles of these users where RBAC is not complete yet.
SCHEDULER = User("system:kube-scheduler", groups=(AUTHENTICATED, SYSTEM_MASTERS))


def controller_user(name: str) -> User:
    """The user of a controller: a service account of its own name in kube-system."""
    user = f"system:serviceaccount:kube-system:{name}"
    return User(user, groups=(*_SYSTEM, SYSTEM_MASTERS))


def controllers(ca_certificate: bytes) -> list[Sync]:
    """All controllers."""
    return [
        NamespaceController(),
        ServiceAccounts(),
        RootCA(ca_certificate),
        NodeLifecycle(),
        TaintEviction(),
        TTL(),
    ]


class ControlPlane:
    """Everything of a cluster but its API server.

    `programs` is what runs in containers: `programs.register(image, coroutine function)`.
    """

    def __init__(
        self,
        server: Server,
        clock: Clock,
        settings: Settings,
        ca_certificate: bytes,
        programs: Programs | None = None,
    ) -> None:
        """`programs` may be handed in, for those that are registered before there is a cluster."""
        client, ids = Client(server), server.registry.ids
        version = server.facts.version["gitVersion"]
        self.programs = programs or Programs()
        self.informers = Informers(client, clock)
        self._runners = [
            Runner(
                controller,
                Context(
                    client.as_user(
                        controller_user(controller.name), f"kube-controller-manager/{version}"
                    ),
                    self.informers,
                    clock,
                    ids,
                ),
            )
            for controller in controllers(ca_certificate)
        ]
        self.scheduler: Scheduler = DefaultScheduler(
            client.as_user(SCHEDULER, f"kube-scheduler/{version}"), self.informers, clock, ids
        )
        self.fleet = Fleet(
            nodes=settings.nodes,
            pod_cidr=settings.pod_cidr,
            version=version,
            client=client,
            informers=self.informers,
            programs=self.programs,
            clock=clock,
            ids=ids,
        )
        self._nodes = self.informers.of("nodes")
        self._accounts = self.informers.of("serviceaccounts")
        self._namespaces = self.informers.of("namespaces")
        self._news = asyncio.Event()
        for informer in (self._nodes, self._accounts, self._namespaces):
            informer.on_change(self._changed)
        if settings.nodes:
            server.connectors["log"] = LogSource(self.fleet)

    def _changed(self, old: Object | None, new: Object | None) -> None:
        self._news.set()

    @property
    def idle(self) -> bool:
        """True when no component has work left that it could do now."""
        return (
            self.scheduler.idle
            and self.fleet.idle
            and all(runner.queue.idle for runner in self._runners)
        )

    async def start(self) -> None:
        """Returns when all nodes are ready and every namespace has its default account."""
        await self.informers.start()
        for runner in self._runners:
            runner.start()
        self.scheduler.start()
        await self.fleet.start()
        while not self._ready():
            self._news.clear()
            await self._news.wait()

    def _ready(self) -> bool:
        nodes = [self._nodes.get("", name) for name in self.fleet.kubelets]
        return all(node is not None and _is_ready(node) for node in nodes) and all(
            self._accounts.get(namespace["metadata"]["name"], "default") is not None
            for namespace in self._namespaces.list()
        )

    async def stop(self) -> None:
        """Ends everything, programs included."""
        await self.scheduler.stop()
        for runner in self._runners:
            await runner.stop()
        await self.fleet.stop()
        await self.informers.stop()


def _is_ready(node: Object) -> bool:
    taints = (node.get("spec") or {}).get("taints") or ()
    conditions = (node.get("status") or {}).get("conditions") or ()
    return not any(taint["key"] == _NOT_READY for taint in taints) and any(
        c["type"] == "Ready" and c["status"] == "True" for c in conditions
    )
