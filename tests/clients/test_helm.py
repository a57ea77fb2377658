"""helm 4, which applies on the server's side by default."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from fakek8s.threaded import ThreadedCluster
    from tests.clients.conftest import Kubectl

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {color: "{{ .Values.color }}"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""


class Helm:
    """helm at work in a kubectl's namespace, on one chart."""

    def __init__(self, kubectl: Kubectl, kubeconfig: str, folder: Path) -> None:
        self.kubectl = kubectl
        self._chart = folder / "web"
        (self._chart / "templates").mkdir(parents=True)
        (self._chart / "Chart.yaml").write_text(CHART)
        (self._chart / "values.yaml").write_text("color: blue\nreplicas: 2\n")
        (self._chart / "templates" / "all.yaml").write_text(TEMPLATE)
        home = str(folder)
        self._environment = {
            "KUBECONFIG": kubeconfig,
            "PATH": os.environ.get("PATH", ""),
            "HOME": home,
            "HELM_CACHE_HOME": home,
            "HELM_CONFIG_HOME": home,
            "HELM_DATA_HOME": home,
        }

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`helm COMMAND web ...`; installs and upgrades get the chart."""
        chart = [str(self._chart)] if command in ("install", "upgrade") else []
        return subprocess.run(
            ["helm", "-n", self.kubectl.namespace, command, "web", *chart, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __call__(self, command: str, *arguments: str) -> str:
        """What a successful helm prints."""
        done = self.run(command, *arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def object(self, kind: str) -> Any:
        return self.kubectl.json("get", kind, "web", "--show-managed-fields")


@pytest.fixture
def helm(newest_kubectl: Kubectl, shared_cluster: ThreadedCluster, tmp_path: Path) -> Helm:
    return Helm(newest_kubectl, shared_cluster.kubeconfig, tmp_path)


def test_a_release_is_installed_upgraded_rolled_back_and_uninstalled(helm: Helm) -> None:
    helm("install")
    assert helm.object("configmap")["data"] == {"color": "blue"}
    helm("upgrade", "--set", "color=red,replicas=3")
    assert helm.object("configmap")["data"] == {"color": "red"}
    assert helm.object("deployment")["spec"]["replicas"] == 3
    helm("rollback", "1")
    assert helm.object("configmap")["data"] == {"color": "blue"}
    history = json.loads(helm("history", "-o", "json"))
    assert [entry["status"] for entry in history] == ["superseded", "superseded", "deployed"]
    helm("uninstall")
    assert "not found" in helm.kubectl.refused("get", "configmap", "web")


def test_a_release_applies_and_stops_at_what_others_changed(helm: Helm) -> None:
    helm("install")
    (entry,) = helm.object("configmap")["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("helm", "Apply")
    helm.kubectl("scale", "deployment", "web", "--replicas=5")
    refused = helm.run("upgrade", "--set", "replicas=3")
    assert refused.returncode != 0
    assert (
        'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas'
        in refused.stderr
    )
    helm("upgrade", "--set", "replicas=3", "--force-conflicts")
    assert helm.object("deployment")["spec"]["replicas"] == 3


def test_a_dry_run_makes_nothing(helm: Helm) -> None:
    assert "color" in helm("install", "--dry-run=server")
    assert "not found" in helm.kubectl.refused("get", "configmap", "web")
