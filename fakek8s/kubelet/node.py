"""The Node object of an emulated node, its registration and its signs of life.

Source: pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go,
k8s.io/component-helpers apimachinery/lease.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.timestamps import format_micro_time, format_time

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.client.events import Recorder
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids

Object = dict[str, Any]

LEASE_NAMESPACE = "kube-node-lease"
_LEASE_SECONDS = 40
_RENEW = 10.0  # a quarter of the lease's duration
_REPORT = 300.0  # nodeStatusReportFrequency

RESOURCES = {
    "cpu": "8",
    "ephemeral-storage": "100Gi",
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    "memory": "32Gi",
    "pods": "110",
}

_CONDITIONS = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """What one emulated node is: its name, its address, its pods' addresses, its versions."""

    name: str
    address: str
    pod_block: str
    version: str
    runtime_version: str


def node_object(config: NodeConfig, ids: Ids, now: str) -> Object:
    """The Node as it registers itself."""
    machine = ids.uid()
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": config.name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": config.name,
                "kubernetes.io/os": "linux",
            },
            "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        },
        "spec": {"podCIDR": config.pod_block, "podCIDRs": [config.pod_block]},
        "status": {
            "capacity": dict(RESOURCES),
            "allocatable": dict(RESOURCES),
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "lastHeartbeatTime": now,
                    "lastTransitionTime": now,
                    "reason": reason,
                    "message": message,
                }
                for kind, status, reason, message in _CONDITIONS
            ],
            "addresses": [
                {"type": "InternalIP", "address": config.address},
                {"type": "Hostname", "address": config.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": machine.replace("-", ""),
                "systemUUID": machine,
                "bootID": ids.uid(),
                "kernelVersion": "6.1.0-fakek8s",
                "osImage": "fakek8s",
                "containerRuntimeVersion": config.runtime_version,
                "kubeletVersion": config.version,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


class Node:
    """Registers one node and keeps its lease and its heartbeats fresh."""

    def __init__(
        self, config: NodeConfig, client: Client, clock: Clock, ids: Ids, recorder: Recorder
    ) -> None:
        self._config = config
        self._client = client
        self._clock = clock
        self._ids = ids
        self._recorder = recorder
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when the node is registered; raises APIError if it can't be."""
        now = format_time(self._clock.now())
        wanted = node_object(self._config, self._ids, now)
        try:
            node = await self._client.create("nodes", "", wanted)
        except errors.APIError as error:
            if error.reason != "AlreadyExists":
                raise
            status = {"status": wanted["status"]}
            node = await self._client.patch(
                "nodes", "", self._config.name, status, form="strategic", subresource="status"
            )
        await self._renew(node)
        await self._recorder.event(node, "Normal", "Starting", "Starting kubelet.")
        text = f"Node {self._config.name} status is now: NodeReady"
        await self._recorder.event(node, "Normal", "NodeReady", text)
        for repeat, period in ((self._renew, _RENEW), (self._report, _REPORT)):
            self._tasks.append(
                asyncio.create_task(self._repeat(repeat, period, node), name="node heartbeat")
            )

    async def stop(self) -> None:
        """Ends the signs of life."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _repeat(self, action: Any, period: float, node: Object) -> None:
        while True:
            await self._clock.sleep(period, housekeeping=True)
            try:
                await action(node)
            except errors.APIError:
                continue  # the next one may get through, as upstream

    async def _renew(self, node: Object) -> None:
        now = format_micro_time(self._clock.now())
        name = self._config.name
        try:
            await self._client.patch(
                "leases.coordination.k8s.io", LEASE_NAMESPACE, name, {"spec": {"renewTime": now}}
            )
        except errors.APIError as error:
            if error.code != 404:
                raise
            lease = {
                "metadata": {
                    "name": name,
                    "namespace": LEASE_NAMESPACE,
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "kind": "Node",
                            "name": name,
                            "uid": node["metadata"]["uid"],
                        }
                    ],
                },
                "spec": {
                    "holderIdentity": name,
                    "leaseDurationSeconds": _LEASE_SECONDS,
                    "renewTime": now,
                },
            }
            await self._client.create("leases.coordination.k8s.io", LEASE_NAMESPACE, lease)

    async def _report(self, node: Object) -> None:
        """A heartbeat in the conditions; what they say, tests may have changed: it stays."""
        now = format_time(self._clock.now())
        beats = [{"type": kind, "lastHeartbeatTime": now} for kind, *_ in _CONDITIONS]
        await self._client.patch(
            "nodes",
            "",
            self._config.name,
            {"status": {"conditions": beats}},
            form="strategic",
            subresource="status",
        )
