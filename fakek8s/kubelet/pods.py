"""The pods of one node: what is to run runs, what is to go goes, and their status says so.

Every look at a pod (`sync`) goes from what is wanted and what is there; it never waits for
anything to happen: exits, timers and changes in the API bring the pod up again.
Source: pkg/kubelet (SyncPod, SyncTerminatingPod, computePodActions).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.client.workqueue import Workers, WorkQueue
from fakek8s.kubelet.entry import Entry
from fakek8s.kubelet.environment import Environment
from fakek8s.kubelet.phase import TERMINAL
from fakek8s.kubelet.prober import Prober
from fakek8s.kubelet.restarts import should_restart
from fakek8s.kubelet.runtime import SandboxConfig
from fakek8s.kubelet.starter import Starter, hostname
from fakek8s.kubelet.status import pod_status
from fakek8s.kubelet.statuspatch import status_patch
from fakek8s.kubelet.stopper import Stopper
from fakek8s.kubelet.volumes import MountError, Volumes
from fakek8s.machinery.timestamps import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.client.client import Client
    from fakek8s.client.events import Recorder
    from fakek8s.client.informer import Informers
    from fakek8s.clock import Clock
    from fakek8s.kubelet.addresses import PodAddresses
    from fakek8s.kubelet.containers import Container
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]

_WORKERS = 4
_RETRY = 1.0
_REMOUNT = 2.0
_DEADLINE = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
#: What a write says about a pod that is no longer there.
_GONE = ("NotFound", "Conflict")


class Pods:
    """Runs the pods of one node."""

    def __init__(
        self,
        *,
        node: str,
        host_address: str,
        allocatable: Object,
        client: Client,
        informers: Informers,
        runtime: Runtime,
        clock: Clock,
        recorder: Recorder,
        addresses: PodAddresses,
    ) -> None:
        self._node = node
        self._host_address = host_address
        self._client = client
        self._runtime = runtime
        self._clock = clock
        self._recorder = recorder
        self._addresses = addresses
        self._entries: dict[str, Entry] = {}
        self._sandboxes: dict[str, str] = {}
        self._blocked: dict[str, str] = {}
        self._volumes = Volumes(client, informers, allocatable)
        self.queue = WorkQueue(clock)
        self._starter = Starter(
            runtime,
            clock,
            recorder,
            Environment(informers),
            allocatable,
            self.queue.add_after,
        )
        self._stopper = Stopper(runtime, clock, recorder)
        self._prober = Prober(runtime, clock, recorder, self.queue.add)
        self._workers = Workers(f"kubelet {node}", self.queue, self.sync, _WORKERS)
        runtime.on_exit(self._exited)

    def start(self) -> None:
        """Starts to look after pods."""
        self._workers.start()

    async def stop(self) -> None:
        """Leaves the pods as they are."""
        await self._workers.stop()
        await self._stopper.close()
        await self._prober.close()

    def changed(self, old: Object | None, new: Object | None) -> None:
        """Hears of every change of a pod of this node."""
        if old is not None and (new is None or new["metadata"]["uid"] != old["metadata"]["uid"]):
            entry = self._entries.get(old["metadata"]["uid"])
            if entry is not None:
                entry.gone = True
                self.queue.add(entry.uid)
        if new is None:
            return
        uid = new["metadata"]["uid"]
        entry = self._entries.get(uid)
        if entry is None:
            self._entries[uid] = Entry(new)
        elif not entry.accept(new):
            return
        self.queue.add(uid)

    def source_changed(self, namespace: str) -> None:
        """Hears of changes of ConfigMaps and Secrets: pods may wait for them."""
        for uid in [uid for uid, place in self._blocked.items() if place == namespace]:
            self.queue.add(uid)

    def _exited(self, sandbox: str) -> None:
        uid = self._sandboxes.get(sandbox)
        if uid is not None:
            self.queue.add(uid)

    async def sync(self, uid: str) -> None:
        """Does for one pod what can be done now. Raises APIError."""
        entry = self._entries.get(uid)
        if entry is None:
            return
        if entry.gone:
            await self._forget(entry)
            return
        entry.refresh(self._runtime)
        phase = (entry.pod.get("status") or {}).get("phase")
        if entry.deleting:
            await self._terminate(entry)
        elif entry.failure is not None or phase in TERMINAL:
            await self._wind_up(entry)
        else:
            await self._run(entry)

    async def _forget(self, entry: Entry) -> None:
        self._prober.leave(entry)
        self._entries.pop(entry.uid, None)
        self._blocked.pop(entry.uid, None)
        await self._remove_sandbox(entry)

    async def _remove_sandbox(self, entry: Entry) -> None:
        self._sandboxes.pop(entry.sandbox, None)
        self._release(entry)
        await self._runtime.remove_sandbox(entry.sandbox)

    def _release(self, entry: Entry) -> None:
        if entry.address and not entry.released and not entry.host_network:
            self._addresses.give_back(entry.address)
        entry.released = True

    async def _run(self, entry: Entry) -> None:
        now = self._clock.now()
        if self._over_deadline(entry, now):
            entry.failure = _DEADLINE
            await self._recorder.event(entry.pod, "Normal", _DEADLINE[0], _DEADLINE[1])
            await self._wind_up(entry)
            return
        await self._write(entry)
        entry.problem = ""
        if not entry.sandbox and not await self._prepare(entry):
            self._note_problem(entry)
            return
        await self._stop_unhealthy(entry)
        await self._advance(entry)
        self._prober.follow(entry)
        self._note_problem(entry)
        await self._write(entry)
        if (entry.pod.get("status") or {}).get("phase") in TERMINAL:
            await self._wind_up(entry)
        self._await_probes(entry)

    def _note_problem(self, entry: Entry) -> None:
        if entry.problem:
            self._blocked[entry.uid] = entry.pod["metadata"]["namespace"]
        else:
            self._blocked.pop(entry.uid, None)

    def _over_deadline(self, entry: Entry, now: datetime) -> bool:
        seconds = entry.spec.get("activeDeadlineSeconds")
        started = (entry.pod.get("status") or {}).get("startTime")
        if seconds is None:
            return False
        if not started:
            self.queue.add_after(entry.uid, seconds)
            return False
        left = (parse_time(started) + timedelta(seconds=seconds) - now).total_seconds()
        if left > 0:
            self.queue.add_after(entry.uid, left)
        return left <= 0

    async def _prepare(self, entry: Entry) -> bool:
        """Volumes, address and sandbox; False if something is missing."""
        if entry.volumes is None:
            try:
                entry.volumes = await self._volumes.of(entry.pod)
            except MountError as error:
                if str(error) != entry.reported:
                    await self._recorder.event(entry.pod, "Warning", "FailedMount", str(error))
                entry.problem = entry.reported = str(error)
                now = self._clock.now()
                if entry.remount_at is None or entry.remount_at <= now:
                    entry.remount_at = now + timedelta(seconds=_REMOUNT)
                    self.queue.add_after(entry.uid, _REMOUNT, housekeeping=True)
                return False
        address = self._host_address if entry.host_network else self._addresses.take()
        if not address:
            text = "Failed to create pod sandbox: no IP addresses available in range set"
            await self._recorder.event(entry.pod, "Warning", "FailedCreatePodSandBox", text)
            self.queue.add_after(entry.uid, _RETRY)
            return False
        metadata = entry.pod["metadata"]
        config = SandboxConfig(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            hostname=self._node if entry.host_network else hostname(entry.pod),
            node=self._node,
        )
        entry.address = address
        entry.sandbox = self._runtime.run_sandbox(config, address)
        self._sandboxes[entry.sandbox] = entry.uid
        return True

    async def _advance(self, entry: Entry) -> None:
        """Starts what is due (computePodActions)."""
        initialized = await self._initialize(entry)
        main = entry.having("main")
        if initialized is None or all(self._over(entry, c) for c in main):
            self._stopper.stop(entry, entry.having("sidecar"), _grace(entry.spec))
            return
        if not initialized:
            return
        for container in main:
            if not container.running and not self._over(entry, container):
                await self._starter.start(entry, container)
        for container in entry.having("ephemeral"):
            if container.current is None:
                await self._starter.start(entry, container)

    async def _initialize(self, entry: Entry) -> bool | None:
        """Starts the next init container; True if all is done, None if it never will be."""
        started = any(c.current is not None for c in entry.having("main"))
        for container in entry.having("init", "sidecar"):
            if container.role == "sidecar":
                if not container.running:
                    await self._starter.start(entry, container)
                started_at = container.started_at()
                if not started and (started_at is None or started_at > self._clock.now()):
                    return False
            elif started or container.succeeded:
                continue
            elif container.running:
                return False
            elif self._over(entry, container):
                return None
            else:
                await self._starter.start(entry, container)
                return False
        return True

    def _over(self, entry: Entry, container: Container) -> bool:
        """Whether a container has ended and stays so."""
        current = container.current
        if current is None or current.state != "exited":
            return False
        return not should_restart(container.spec, entry.spec, current.exit_code)

    def _await_probes(self, entry: Entry) -> None:
        now = self._clock.now()
        for container in entry.running:
            for moment in (container.started_at(), container.ready_at()):
                if moment is not None and moment > now:
                    self.queue.add_after(entry.uid, (moment - now).total_seconds())

    async def _stop_unhealthy(self, entry: Entry) -> None:
        """Stops containers whose liveness or startup probes failed: they are started again."""
        for container in entry.running:
            for kind, name in (("livenessProbe", "liveness"), ("startupProbe", "startup")):
                current = container.current
                if container.results.get(kind) is not False or current is None:
                    continue
                if current.id in entry.stopping:
                    continue
                text = f"Container {container.name} failed {name} probe, will be restarted"
                await self._recorder.event(
                    entry.pod, "Normal", "Killing", text, container.field_path
                )
                self._stopper.stop(entry, [container], _grace(entry.spec))

    async def _wind_up(self, entry: Entry) -> None:
        """Ends what still runs of a pod that is over; its containers and logs stay."""
        self._prober.leave(entry)
        if await self._stopper.stop_all(entry, _grace(entry.spec)):
            self._release(entry)
            await self._write(entry, ended=True)
        else:
            await self._write(entry)

    async def _terminate(self, entry: Entry) -> None:
        """Ends a pod that is being deleted, then lets it go."""
        if entry.deleted:
            return
        self._prober.leave(entry)
        grace = float(entry.pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        if entry.grace is None or grace < entry.grace:
            entry.grace = grace
            entry.stopping.clear()
        if not await self._stopper.stop_all(entry, grace):
            await self._write(entry)
            return
        self._release(entry)
        await self._write(entry, ended=True)
        metadata = entry.pod["metadata"]
        try:
            await self._client.delete(
                "pods", metadata["namespace"], metadata["name"], grace_seconds=0, uid=entry.uid
            )
        except errors.APIError as error:
            if error.reason not in _GONE:
                raise
        entry.deleted = True

    async def _write(self, entry: Entry, *, ended: bool = False) -> None:
        """Writes the pod's status if it is not so already."""
        wanted = pod_status(
            entry.pod,
            list(entry.containers.values()),
            self._clock.now(),
            sandbox=bool(entry.sandbox) and not ended,
            address=entry.address,
            host_address=self._host_address,
            ended=ended,
            failure=entry.failure,
        )
        patch = status_patch(entry.pod.get("status") or {}, wanted)
        if not patch:
            return
        metadata = entry.pod["metadata"]
        body = {"metadata": {"uid": entry.uid}, "status": patch}
        try:
            updated = await self._client.patch(
                "pods",
                metadata["namespace"],
                metadata["name"],
                body,
                form="strategic",
                subresource="status",
            )
        except errors.APIError as error:
            if error.reason not in _GONE:
                raise
        else:
            entry.accept(updated)


def _grace(spec: Object) -> float:
    return float(spec.get("terminationGracePeriodSeconds", 30))
