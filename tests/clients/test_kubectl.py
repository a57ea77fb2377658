"""The canonical flow and the daily commands, with every real kubectl that is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Kubectl


def test_run_ends_in_running_and_delete_in_nothing(kubectl: Kubectl) -> None:
    assert "pod/nginx created" in kubectl("run", "nginx", "--image=nginx", "--port=80")
    kubectl("wait", "--for=condition=Ready", "pod/nginx", "--timeout=30s")
    row = kubectl("get", "pods", "-o", "wide").splitlines()[1].split()
    assert row[:4] == ["nginx", "1/1", "Running", "0"]
    assert row[6].startswith("node-")
    assert "start worker process" in kubectl("logs", "nginx")
    described = kubectl("describe", "pod", "nginx")
    assert "Successfully assigned" in described
    assert "Ready" in described
    assert "deleted" in kubectl("delete", "pod", "nginx")
    assert kubectl("get", "pods", "--no-headers") == ""


def test_a_watch_shows_the_pod_on_its_way(kubectl: Kubectl) -> None:
    kubectl("run", "first", "--image=nginx")
    watching = kubectl.start("get", "pods", "-w", "--no-headers")
    assert watching.stdout is not None
    seen = []
    try:
        assert watching.stdout.readline().startswith("first")  # from here on it watches
        kubectl("run", "web", "--image=nginx")
        for line in watching.stdout:
            name, _, status, *_ = line.split()
            if name == "web":
                seen.append(status)
            if seen[-1:] == ["Running"]:
                break
    finally:
        watching.kill()
        watching.communicate()
    assert seen[0] == "Pending"
    assert "ContainerCreating" in seen
    assert seen[-1] == "Running"


def test_objects_are_created_labelled_annotated_and_patched(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "c", "--from-literal=a=b")
    kubectl("create", "secret", "generic", "s", "--from-literal=password=x")
    kubectl("create", "service", "clusterip", "svc", "--tcp=80:8080")
    kubectl("label", "configmap", "c", "tier=front")
    kubectl("annotate", "configmap", "c", "note=here")
    kubectl("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"k":"v"}}')
    kubectl("patch", "configmap", "c", "-p", '{"data":{"s":"m"}}')
    patch = '[{"op":"remove","path":"/data/a"}]'
    kubectl("patch", "configmap", "c", "--type=json", "-p", patch)
    found = kubectl.json("get", "configmap", "c")
    assert found["data"] == {"k": "v", "s": "m"}
    assert found["metadata"]["labels"] == {"tier": "front"}
    assert found["metadata"]["annotations"] == {"note": "here"}
    assert kubectl("get", "configmaps", "-l", "tier=front", "-o", "name") == "configmap/c\n"
    service = kubectl.json("get", "service", "svc")
    assert service["spec"]["clusterIP"].startswith("10.0.0.")
    secret = kubectl.json("get", "secret", "s")
    assert secret["data"] == {"password": "eA=="}


def test_deployments_are_made_scaled_changed_and_exposed(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1", "--replicas=1")
    kubectl("set", "image", "deployment/web", "nginx=nginx:2")
    kubectl("scale", "deployment", "web", "--replicas=3")
    kubectl("expose", "deployment", "web", "--port=80")
    found = kubectl.json("get", "deployment", "web")
    assert found["spec"]["replicas"] == 3
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert found["metadata"]["generation"] == 3
    header = kubectl("get", "deployments", "-o", "wide").splitlines()[0].split()
    assert header == [
        "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR",
    ]  # fmt: skip
    assert kubectl.json("get", "service", "web")["spec"]["selector"] == {"app": "web"}
    kubectl("delete", "deployment,service", "web")
    assert kubectl("get", "deployments,services", "--no-headers") == ""


def test_apply_creates_changes_and_keeps_what_others_set(kubectl: Kubectl) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1', b: '2'}\n"
    assert "created" in kubectl("apply", "-f", "-", stdin=manifest)
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=manifest)
    kubectl("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"other":"o"}}')
    changed = manifest.replace("a: '1', ", "")
    assert "configured" in kubectl("apply", "-f", "-", stdin=changed)
    assert kubectl.json("get", "configmap", "c")["data"] == {"b": "2", "other": "o"}


def test_server_side_apply_reports_conflicts_and_takes_over_by_force(kubectl: Kubectl) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1'}\n"
    flags = ("--server-side", "--field-manager=one", "-f", "-")
    assert "serverside-applied" in kubectl("apply", *flags, stdin=manifest)
    other = ("--server-side", "--field-manager=two", "-f", "-")
    changed = manifest.replace("'1'", "'2'")
    assert 'conflict with "one": .data.a' in kubectl.refused("apply", *other, stdin=changed)
    kubectl("apply", "--force-conflicts", *other, stdin=changed)
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "2"}


def test_edit_sends_what_the_editor_leaves(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl("create", "configmap", "c", "--from-literal=a=before")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/before/after/" "$1"\n')
    editor.chmod(0o755)
    assert "edited" in kubectl("edit", "configmap", "c", editor=str(editor))
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "after"}


def test_unknown_fields_are_refused_before_they_are_lost(kubectl: Kubectl) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "dta": {}}
    complaint = kubectl.refused("create", "-f", "-", stdin=json.dumps(manifest))
    assert "dta" in complaint
    assert kubectl("get", "configmaps", "-o", "name").count("configmap/c") == 0


def test_the_api_describes_itself(kubectl: Kubectl) -> None:
    resources = kubectl("api-resources", "--verbs=list", "-o", "name").split()
    assert {"pods", "deployments.apps", "leases.coordination.k8s.io"} <= set(resources)
    assert "apps/v1" in kubectl("api-versions").split()
    assert "containers" in kubectl("explain", "pod.spec")
    assert "v1.37" in kubectl("version")


def test_a_namespace_goes_with_all_that_is_in_it(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "c")
    kubectl("run", "web", "--image=nginx")
    kubectl("delete", "namespace", kubectl.namespace, "--timeout=40s")
    assert "not found" in kubectl.refused("get", "namespace", kubectl.namespace)


def test_raw_requests_and_server_side_printing_agree(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "c", "--from-literal=a=b")
    raw = json.loads(
        kubectl("get", "--raw", f"/api/v1/namespaces/{kubectl.namespace}/configmaps/c")
    )
    assert raw == kubectl.json("get", "configmap", "c", "--show-managed-fields")
    table = kubectl("get", "configmap", "c").splitlines()
    assert table[0].split() == ["NAME", "DATA", "AGE"]
    assert table[1].split()[:2] == ["c", "1"]
