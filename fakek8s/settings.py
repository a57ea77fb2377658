"""Settings: what a cluster is started with, one frozen record with its defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a cluster is made up.

    profile: "apiserver" is the API server alone, "cluster" adds controllers, a scheduler and
    `nodes` emulated nodes. version: the Kubernetes minor version to be ("1.37").
    """

    profile: str = "cluster"
    nodes: int = 1
    version: str = "1.37"
    #: Seeds uids, name suffixes and tokens; None draws from the system.
    seed: int | None = None
    #: TLS and the address served; port 0 lets the system choose.
    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = True
    kubeconfig: str = ""
    #: CSV as kube-apiserver's --token-auth-file: token,user,uid,"group1,group2".
    token_auth_file: str = ""
    service_cidr: str = "10.0.0.0/24"
    pod_cidr: str = "10.244.0.0/16"
    #: First and last node port.
    node_ports: tuple[int, int] = (30000, 32767)
    #: Privileged containers; like kube-apiserver's flag off by default, on for whole clusters.
    allow_privileged: bool | None = None
    disable_admission_plugins: tuple[str, ...] = ()
    enable_admission_plugins: tuple[str, ...] = ()
    #: Seconds of history kept for watches and old lists, and the most events kept.
    history_seconds: float = 300.0
    history_events: int = 100_000
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def minor(self) -> int:
        """The number of the minor version: 37."""
        return int(self.version.partition(".")[2])

    @property
    def controllers(self) -> bool:
        """Whether controllers, scheduler and nodes run."""
        return self.profile == "cluster"

    def for_hooks(self) -> dict[str, Any]:
        """What kinds and admission plugins may look up (`op.settings`)."""
        privileged = self.allow_privileged
        return {
            "service_cidr": self.service_cidr,
            "node_ports": self.node_ports,
            "makes_accounts": self.controllers,
            "allow_privileged": self.controllers if privileged is None else privileged,
            **self.extra,
        }
