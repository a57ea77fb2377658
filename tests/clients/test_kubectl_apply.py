"""kubectl apply and what belongs to it: last-applied, pruning, the step to the server's side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Kubectl

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def manifest(name: str, labels: dict[str, str] | None = None, **data: str) -> str:
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = labels
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def last_applied(kubectl: Kubectl, name: str) -> Any:
    found = kubectl.json("get", "configmap", name)
    return json.loads(found["metadata"]["annotations"][LAST_APPLIED])


def test_what_was_applied_last_can_be_seen_edited_and_set(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl("apply", "-f", "-", stdin=manifest("c", a="1"))
    shown = kubectl("apply", "view-last-applied", "configmap/c", "-o", "json")
    assert json.loads(shown)["data"] == {"a": "1"}
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/a: "1"/a: "2"/\' "$1"\n')
    editor.chmod(0o755)
    kubectl("apply", "edit-last-applied", "configmap/c", editor=str(editor))
    assert last_applied(kubectl, "c")["data"] == {"a": "2"}
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1"}
    path = tmp_path / "c.json"
    path.write_text(manifest("c", b="3"))
    kubectl("apply", "set-last-applied", "-f", str(path))
    assert last_applied(kubectl, "c")["data"] == {"b": "3"}
    kubectl("apply", "-f", "-", stdin=manifest("c", c="4"))
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1", "c": "4"}


def test_prune_deletes_what_is_no_longer_applied(kubectl: Kubectl) -> None:
    mine, other = {"app": "mine"}, {"app": "other"}
    both = manifest("a", mine, k="1") + "\n" + manifest("b", mine, k="1")
    kubectl("apply", "-f", "-", stdin=both)
    kubectl("apply", "-f", "-", stdin=manifest("c", other, k="1"))
    kubectl("create", "-f", "-", stdin=manifest("d", mine, k="1"))  # never applied
    said = kubectl(
        "apply",
        "--prune",
        "-l",
        "app=mine",
        "--prune-allowlist=core/v1/ConfigMap",
        "-f",
        "-",
        stdin=manifest("a", mine, k="2"),
    )
    assert "configmap/b pruned" in said
    names = {cm["metadata"]["name"] for cm in kubectl.json("get", "configmaps")["items"]}
    assert {"a", "c", "d"} <= names
    assert "b" not in names


def test_server_side_apply_takes_over_from_client_side_apply(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=manifest("c", a="1", b="1"))
    kubectl("apply", "--server-side", "-f", "-", stdin=manifest("c", a="2"))
    found = kubectl.json("get", "configmap", "c", "--show-managed-fields")
    assert found["data"] == {"a": "2"}
    managers = {
        (entry["manager"], entry["operation"]): entry["fieldsV1"]
        for entry in found["metadata"]["managedFields"]
    }
    assert managers[("kubectl", "Apply")]["f:data"] == {"f:a": {}}
    assert ("kubectl-client-side-apply", "Update") not in managers
    assert last_applied(kubectl, "c")["data"] == {"a": "2"}


def test_apply_in_three_ways_keeps_what_others_set(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=manifest("c", a="1", b="1"))
    kubectl("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"c":"1"}}')
    kubectl("apply", "-f", "-", stdin=manifest("c", a="2"))
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "2", "c": "1"}
    unchanged = kubectl("apply", "-f", "-", stdin=manifest("c", a="2"))
    assert unchanged.strip() == "configmap/c unchanged"


def test_a_dry_run_of_a_server_side_apply_changes_nothing(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=manifest("c", a="1"))
    said = kubectl(
        "apply", "--server-side", "--dry-run=server", "-f", "-", stdin=manifest("c", a="2")
    )
    assert "serverside-applied (server dry run)" in said
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1"}
    diff = kubectl.run("diff", "--server-side", "-f", "-", stdin=manifest("c", a="2"))
    assert diff.returncode == 1
    assert '+  a: "2"' in diff.stdout
