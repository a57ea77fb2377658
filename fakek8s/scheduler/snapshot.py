"""Nodes with the pods on them, as of now: kept up by every change, asked by the plugins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fakek8s.scheduler.requests import Amounts, amounts, nonzero, pod_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]
#: (address, protocol, port)
HostPort = tuple[str, str, int]

_EVERYWHERE = "0.0.0.0"  # how Kubernetes writes "all addresses"


@dataclass(frozen=True, slots=True)
class PodInfo:
    """A pod and what is asked of it again and again."""

    pod: Object
    requests: Amounts
    nonzero: Amounts
    ports: frozenset[HostPort]

    @classmethod
    def of(cls, pod: Object) -> PodInfo:
        """Reads a pod."""
        requests = pod_requests(pod)
        return cls(pod, requests, nonzero(requests), frozenset(_host_ports(pod["spec"])))

    @property
    def has_affinity(self) -> bool:
        """Whether it wants to be near or far from other pods."""
        affinity: Object = self.pod["spec"].get("affinity") or {}
        return "podAffinity" in affinity or "podAntiAffinity" in affinity

    @property
    def spec(self) -> Object:
        """The pod's spec."""
        spec: Object = self.pod["spec"]
        return spec

    @property
    def uid(self) -> str:
        """The pod's uid."""
        uid: str = self.pod["metadata"]["uid"]
        return uid


@dataclass(slots=True)
class NodeInfo:
    """A node, its pods by uid, and the sum of what they ask for.

    `affine`: those of the pods that want to be near or far from others. `counted`: the sum of
    cpu and memory where nodes are compared.
    """

    node: Object
    allocatable: Amounts = field(default_factory=dict)
    pods: dict[str, PodInfo] = field(default_factory=dict)
    affine: dict[str, PodInfo] = field(default_factory=dict)
    requested: Amounts = field(default_factory=dict)
    counted: Amounts = field(default_factory=lambda: {"cpu": 0, "memory": 0})

    def __post_init__(self) -> None:
        self.update(self.node)

    def update(self, node: Object) -> None:
        """Takes a new version of the node."""
        self.node = node
        status = node.get("status") or {}
        self.allocatable = amounts(status.get("allocatable") or status.get("capacity"))

    @property
    def name(self) -> str:
        """The node's name."""
        name: str = self.node["metadata"]["name"]
        return name

    def add(self, pod: PodInfo) -> None:
        """Adds a pod, or a new version of it."""
        self.remove(pod.uid)
        self.pods[pod.uid] = pod
        if pod.has_affinity:
            self.affine[pod.uid] = pod
        for name, amount in pod.requests.items():
            self.requested[name] = self.requested.get(name, 0) + amount
        for name, amount in pod.nonzero.items():
            self.counted[name] += amount

    def remove(self, uid: str) -> PodInfo | None:
        """Removes a pod if it is there."""
        found = self.pods.pop(uid, None)
        if found is not None:
            self.affine.pop(uid, None)
            for name, amount in found.requests.items():
                self.requested[name] -= amount
            for name, amount in found.nonzero.items():
                self.counted[name] -= amount
        return found

    def copy(self) -> NodeInfo:
        """A node of its own for trying out what would be."""
        return replace(
            self,
            pods=dict(self.pods),
            affine=dict(self.affine),
            requested=dict(self.requested),
            counted=dict(self.counted),
        )

    def ports_conflict(self, wanted: frozenset[HostPort]) -> bool:
        """Whether one of the host ports is taken."""
        return any(
            _same(port, taken)
            for pod in self.pods.values()
            for taken in pod.ports
            for port in wanted
        )


class Snapshot:
    """All nodes by name, in the order of their names, and where each pod is."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeInfo] = {}
        self._places: dict[str, str] = {}
        self._homeless: dict[str, dict[str, PodInfo]] = {}

    def nodes(self) -> Iterator[NodeInfo]:
        """All nodes in the order of their names."""
        return iter([self._nodes[name] for name in sorted(self._nodes)])

    def __len__(self) -> int:
        return len(self._nodes)

    def set_node(self, node: Object) -> None:
        """A node came or changed."""
        name = node["metadata"]["name"]
        if name in self._nodes:
            self._nodes[name].update(node)
            return
        info = self._nodes[name] = NodeInfo(node)
        for pod in self._homeless.pop(name, {}).values():
            info.add(pod)

    def remove_node(self, name: str) -> None:
        """A node went; pods may still say they are on it."""
        info = self._nodes.pop(name, None)
        if info is not None and info.pods:
            self._homeless[name] = dict(info.pods)

    def place(self, pod: PodInfo, node: str) -> None:
        """A pod is on a node, or soon will be."""
        if self._places.get(pod.uid, node) != node:
            self.remove(pod.uid)
        self._places[pod.uid] = node
        info = self._nodes.get(node)
        if info is None:
            self._homeless.setdefault(node, {})[pod.uid] = pod
        else:
            info.add(pod)

    def remove(self, uid: str) -> bool:
        """A pod left its node; False if it was on none."""
        node = self._places.pop(uid, None)
        if node is None:
            return False
        if node in self._nodes:
            self._nodes[node].remove(uid)
        else:
            self._homeless.get(node, {}).pop(uid, None)
        return True


def _host_ports(spec: Object) -> Iterator[HostPort]:
    """schedutil.GetHostPorts: sidecars count, other init containers don't."""
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in (*sidecars, *(spec.get("containers") or ())):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                address = port.get("hostIP") or _EVERYWHERE
                yield address, port.get("protocol", "TCP"), port["hostPort"]


def _same(left: HostPort, right: HostPort) -> bool:
    if left[1:] != right[1:]:
        return False
    return left[0] == right[0] or _EVERYWHERE in (left[0], right[0])
