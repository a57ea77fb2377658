"""kubectl's further commands: with each version where the client differs, else with the newest."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.conftest import Kubectl

CONFIGMAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1'}\n"
#: Says two lines and ends.
SPEAKER = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "speaker"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "c",
                    "image": "busybox",
                    "command": ["sh", "-c", "echo first; echo last"],
                }
            ],
        },
    }
)
DEPLOYMENT = ("create", "deployment", "web", "--image=nginx:1")


# With every kubectl


def test_wait_sees_conditions_values_and_ends(kubectl: Kubectl) -> None:
    kubectl("run", "web", "--image=nginx")
    said = kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    assert said == "pod/web condition met\n"
    phase = "--for=jsonpath={.status.phase}=Running"
    assert kubectl("wait", phase, "pod/web", "--timeout=20s") == "pod/web condition met\n"
    ending = kubectl.start("wait", "--for=delete", "pod/web", "--timeout=20s")
    kubectl("delete", "pod", "web", "--wait=false")
    out, _ = ending.communicate(timeout=30)
    assert (ending.returncode, out) in [(0, "pod/web condition met\n"), (0, "")]


def test_a_dry_run_on_the_server_shows_what_would_be(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIGMAP)
    changed = CONFIGMAP.replace("'1'", "'2'")
    said = kubectl("apply", "--dry-run=server", "-f", "-", stdin=changed)
    assert said == "configmap/c configured (server dry run)\n"
    shown = kubectl("apply", "--dry-run=server", "-o", "yaml", "-f", "-", stdin=changed)
    assert yaml.safe_load(shown)["data"] == {"a": "2"}
    said = kubectl(
        "apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", "-", stdin=changed
    )
    assert said == "configmap/c serverside-applied (server dry run)\n"
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1"}
    other = changed.replace("{name: c}", "{name: never}")
    kubectl("create", "--dry-run=server", "-f", "-", stdin=other)
    assert "not found" in kubectl.refused("get", "configmap", "never")


def test_diff_tells_a_difference_by_its_exit_code(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIGMAP)
    same = kubectl.run("diff", "-f", "-", stdin=CONFIGMAP)
    assert (same.returncode, same.stdout) == (0, "")
    for flags in ((), ("--server-side", "--force-conflicts")):
        other = kubectl.run("diff", *flags, "-f", "-", stdin=CONFIGMAP.replace("'1'", "two"))
        assert other.returncode == 1, other.stderr
        assert {'-  a: "1"', "+  a: two"} <= set(other.stdout.splitlines())
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1"}
    broken = kubectl.run("diff", "-f", "-", stdin=CONFIGMAP.replace("data:", "dta:"))
    assert broken.returncode > 1


def test_client_side_objects_can_become_server_side_ones(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CONFIGMAP)
    kubectl("apply", "--server-side", "-f", "-", stdin=CONFIGMAP.replace("a: '1'", "b: '2'"))
    managers = {
        (entry["manager"], entry["operation"])
        for entry in kubectl.json("get", "configmap", "c", "--show-managed-fields")["metadata"][
            "managedFields"
        ]
    }
    assert ("kubectl", "Apply") in managers
    kubectl("apply", "--server-side", "-f", "-", stdin=CONFIGMAP)
    assert kubectl.json("get", "configmap", "c")["data"] == {"a": "1"}


def test_logs_can_be_followed_to_their_end(kubectl: Kubectl) -> None:
    kubectl("run", "web", "--image=nginx")
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    following = kubectl.start("logs", "-f", "web")
    assert following.stdout is not None
    for line in following.stdout:
        if "start worker process" in line:
            break
    assert following.poll() is None
    kubectl("delete", "pod", "web", "--wait=false")
    following.communicate(timeout=30)
    assert following.returncode == 0


# With the newest


def test_waiting_ends_when_its_time_is_over(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("create", "configmap", "c")
    never = ("wait", "--for=jsonpath={.data.a}=1", "configmap/c", "--timeout=1s")
    assert "timed out waiting for the condition" in kubectl.refused(*never)
    gone = ("wait", "--for=delete", "configmap/c", "--timeout=1s")
    assert "timed out waiting for the condition" in kubectl.refused(*gone)


def test_logs_are_cut_and_stamped(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("create", "-f", "-", stdin=SPEAKER)
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/speaker", "--timeout=20s")
    assert kubectl("logs", "-f", "speaker") == "first\nlast\n"
    assert kubectl("logs", "--tail=1", "speaker") == "last\n"
    stamped = kubectl("logs", "--timestamps", "speaker").splitlines()
    assert [line.split(" ", 1)[1] for line in stamped] == ["first", "last"]
    assert "previous terminated container" in kubectl.refused("logs", "-p", "speaker")


def test_replace_wants_what_is_there_or_makes_it_anew(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    assert "NotFound" in kubectl.refused("replace", "-f", "-", stdin=CONFIGMAP)
    kubectl("create", "-f", "-", stdin=CONFIGMAP)
    kubectl("label", "configmap", "c", "kept=no")
    before = kubectl.json("get", "configmap", "c")["metadata"]
    said = kubectl("replace", "-f", "-", stdin=CONFIGMAP.replace("'1'", "'2'"))
    assert said == "configmap/c replaced\n"
    replaced = kubectl.json("get", "configmap", "c")
    assert (replaced["data"], replaced["metadata"]["uid"]) == ({"a": "2"}, before["uid"])
    assert "labels" not in replaced["metadata"]
    stale = {**replaced, "metadata": {**replaced["metadata"], "resourceVersion": "1"}}
    assert "Conflict" in kubectl.refused("replace", "-f", "-", stdin=json.dumps(stale))
    kubectl("replace", "--force", "-f", "-", stdin=CONFIGMAP)
    assert kubectl.json("get", "configmap", "c")["metadata"]["uid"] != before["uid"]


def test_labels_and_annotations_are_taken_away_and_not_overwritten(
    newest_kubectl: Kubectl,
) -> None:
    kubectl = newest_kubectl
    kubectl("create", "configmap", "c")
    for command, field in (("label", "labels"), ("annotate", "annotations")):
        kubectl(command, "configmap", "c", "a=1", "b=2")
        assert "already has a value" in kubectl.refused(command, "configmap", "c", "a=2")
        kubectl(command, "--overwrite", "configmap", "c", "a=2", "b-")
        assert kubectl.json("get", "configmap", "c")["metadata"][field] == {"a": "2"}
    assert kubectl("label", "configmap", "c", "--list") == "a=2\n"
    kubectl("label", "configmap", "c", "a-")
    assert kubectl("get", "configmaps", "-l", "a", "-o", "name") == ""


NEW_IMAGE = {"name": "nginx", "image": "nginx:2"}


@pytest.mark.parametrize(
    ("kind", "patch", "env"),
    [
        ("strategic", {"spec": {"template": {"spec": {"containers": [NEW_IMAGE]}}}}, "kept"),
        ("merge", {"spec": {"template": {"spec": {"containers": [NEW_IMAGE]}}}}, "lost"),
        (
            "json",
            [
                {
                    "op": "replace",
                    "path": "/spec/template/spec/containers/0/image",
                    "value": "nginx:2",
                }
            ],
            "kept",
        ),
    ],
)
def test_patches_of_each_type_mean_what_they_say(
    newest_kubectl: Kubectl, kind: str, patch: Any, env: str
) -> None:
    kubectl = newest_kubectl
    kubectl(*DEPLOYMENT)
    kubectl("set", "env", "deployment/web", "A=b")
    kubectl("patch", "deployment", "web", f"--type={kind}", "-p", json.dumps(patch))
    spec = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["image"] == "nginx:2"
    assert ("env" in container) == (env == "kept")


def test_subresources_are_read_and_patched(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl(*DEPLOYMENT)
    scale = kubectl.json("get", "deployment", "web", "--subresource=scale")
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 1})
    patch = '{"status":{"observedGeneration":7},"spec":{"replicas":9}}'
    kubectl("patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", patch)
    assert kubectl.json("get", "deployment", "web")["spec"]["replicas"] == 1


def test_set_changes_pod_templates(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl(*DEPLOYMENT)
    kubectl("set", "env", "deployment/web", "A=1", "B=2")
    kubectl("set", "env", "deployment/web", "A-")
    kubectl("set", "resources", "deployment/web", "--limits=cpu=200m,memory=64Mi")
    kubectl("set", "serviceaccount", "deployment/web", "robot")
    spec = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "robot"
    (container,) = spec["containers"]
    assert container["env"] == [{"name": "B", "value": "2"}]
    assert container["resources"] == {"limits": {"cpu": "200m", "memory": "64Mi"}}


def test_scale_and_autoscale_make_the_objects(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl(*DEPLOYMENT)
    assert "scaled" in kubectl("scale", "deployment/web", "--current-replicas=1", "--replicas=2")
    wrong = kubectl.refused("scale", "deployment/web", "--current-replicas=1", "--replicas=5")
    assert "Expected replicas to be 1, was 2" in wrong
    kubectl("autoscale", "deployment", "web", "--min=1", "--max=3", "--cpu=50%")
    spec = kubectl.json("get", "hpa", "web")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 3)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


@pytest.fixture
def node(newest_kubectl: Kubectl) -> Iterator[str]:
    """A node that is put right again afterwards."""
    yield "node-2"
    newest_kubectl("uncordon", "node-2")
    newest_kubectl.run("taint", "node", "node-2", "busy-")


def test_taints_come_and_go(newest_kubectl: Kubectl, node: str) -> None:
    kubectl = newest_kubectl
    kubectl("taint", "node", node, "busy=yes:NoSchedule", "busy=yes:PreferNoSchedule")
    effects = [taint["effect"] for taint in kubectl.json("get", "node", node)["spec"]["taints"]]
    assert sorted(effects) == ["NoSchedule", "PreferNoSchedule"]
    assert "already has" in kubectl.refused("taint", "node", node, "busy=no:NoSchedule")
    kubectl("taint", "node", node, "busy=no:NoSchedule", "--overwrite")
    kubectl("taint", "node", node, "busy:NoSchedule-")
    kubectl("taint", "node", node, "busy-")
    assert "taints" not in kubectl.json("get", "node", node)["spec"]
    assert "not found" in kubectl.refused("taint", "node", node, "busy-")


def test_a_drained_node_has_no_pods_and_gets_none(newest_kubectl: Kubectl, node: str) -> None:
    kubectl = newest_kubectl
    here = json.dumps({"spec": {"nodeSelector": {"kubernetes.io/hostname": node}}})
    kubectl("run", "web", "--image=nginx", f"--overrides={here}")
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    flags = ("--pod-selector=run=web", "--timeout=30s", "--grace-period=1")
    assert "cannot delete" in kubectl.refused("drain", node, *flags)
    assert "SchedulingDisabled" in kubectl("get", "node", node)
    assert f"node/{node} drained" in kubectl("drain", node, "--force", *flags)
    assert kubectl("get", "pods", "-o", "name") == ""
    kubectl("run", "late", "--image=nginx", f"--overrides={here}")
    kubectl("wait", "--for=condition=PodScheduled=false", "pod/late", "--timeout=20s")
    kubectl("uncordon", node)
    kubectl("wait", "--for=condition=Ready", "pod/late", "--timeout=30s")


def test_cordon_keeps_pods_where_they_are(newest_kubectl: Kubectl, node: str) -> None:
    kubectl = newest_kubectl
    assert kubectl("cordon", node) == f"node/{node} cordoned\n"
    assert "already cordoned" in kubectl("cordon", node)
    assert kubectl.json("get", "node", node)["spec"]["unschedulable"] is True
    kubectl("uncordon", node)
    assert "unschedulable" not in kubectl.json("get", "node", node)["spec"]


def test_tokens_are_made_for_service_accounts(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("create", "serviceaccount", "robot")
    token = kubectl("create", "token", "robot", "--duration=20m", "--audience=me").strip()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == f"system:serviceaccount:{kubectl.namespace}:robot"
    assert claims["aud"] == ["me"]
    assert claims["exp"] - claims["iat"] == 1200
    assert "not found" in kubectl.refused("create", "token", "nobody")


def test_who_may_do_what_can_be_asked(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    who = json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert who["username"] == "admin"
    other = ("--as=someone", "--as-group=some")
    who = json.loads(kubectl("auth", "whoami", "-o", "json", *other))["status"]["userInfo"]
    assert (who["username"], who["groups"][0]) == ("someone", "some")
    assert kubectl("auth", "can-i", "create", "pods") == "yes\n"
    refused = kubectl.run("auth", "can-i", "create", "pods", *other)
    assert (refused.returncode, refused.stdout) == (1, "no\n")
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps")
    kubectl("create", "rolebinding", "b", "--role=reader", "--user=someone")
    assert kubectl.json("get", "role", "reader")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    ]
    assert kubectl("auth", "can-i", "list", "pods", *other) == "yes\n"
    listed = kubectl("auth", "can-i", "--list", *other)
    assert ["deployments.apps", "[]", "[]", "[get", "list]"] in map(str.split, listed.splitlines())
    assert kubectl("get", "pods", "-o", "name", *other) == ""
    assert "is forbidden" in kubectl.refused("create", "configmap", "c", *other)
    assert kubectl("delete", "rolebinding", "b") != ""
    assert "Forbidden" in kubectl.refused("get", "pods", *other)


def test_output_comes_in_many_forms(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    for name in ("b", "a"):
        kubectl("create", "configmap", name, f"--from-literal=k={name * 2}")
    one = ("get", "configmap", "a")
    assert kubectl(*one, "-o", "jsonpath={.data.k}") == "aa"
    assert yaml.safe_load(kubectl(*one, "-o", "yaml"))["data"] == {"k": "aa"}
    assert kubectl(*one, "-o", "go-template={{.data.k}}") == "aa"
    columns = ("-o", "custom-columns=N:.metadata.name,K:.data.k", "--sort-by=.data.k")
    fields = "--field-selector=metadata.name!=kube-root-ca.crt"
    shown = kubectl("get", "configmaps", fields, *columns)
    assert [line.split() for line in shown.splitlines()] == [["N", "K"], ["a", "aa"], ["b", "bb"]]
    everywhere = kubectl("get", "configmaps", "-A", "--no-headers").splitlines()
    assert [kubectl.namespace, "a", "1"] in [line.split()[:3] for line in everywhere]
    labelled = kubectl("get", "configmaps", "--show-labels", "--chunk-size=1", fields)
    assert labelled.splitlines()[0].split() == ["NAME", "DATA", "AGE", "LABELS"]
    assert len(labelled.splitlines()) == 3
    assert kubectl("get", "configmap", "none", "--ignore-not-found") == ""


def test_events_tell_the_story_of_a_pod(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("run", "web", "--image=nginx")
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    lines = kubectl("events", "--for=pod/web", "--no-headers").splitlines()
    assert {"Scheduled", "Pulled", "Created", "Started"} <= {line.split()[2] for line in lines}
    kubectl("create", "configmap", "c")
    assert kubectl("events", "--for=configmap/c") == ""


def test_the_cluster_describes_itself(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    assert "control plane" in kubectl("cluster-info")
    versions = kubectl("api-versions").split()
    assert {"v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"} <= set(versions)
    explained = kubectl("explain", "pods.spec.affinity", "--recursive")
    assert "preferredDuringSchedulingIgnoredDuringExecution" in explained
    assert "GROUP:      apps" in kubectl("explain", "deployment")
    assert kubectl("get", "--raw", "/readyz") == "ok"
    version = json.loads(kubectl("get", "--raw", "/version"))
    assert f"Server Version: {version['gitVersion']}" in kubectl("version")
    assert "Metrics API not available" in kubectl.refused("top", "pods")
    assert "Metrics API not available" in kubectl.refused("top", "nodes")


def test_further_objects_are_made_by_command(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("create", "quota", "q", "--hard=pods=3,configmaps=9")
    kubectl("create", "poddisruptionbudget", "b", "--selector=a=b", "--min-available=50%")
    kubectl("create", "job", "j", "--image=busybox", "--", "true")
    kubectl("create", "cronjob", "cj", "--image=busybox", "--schedule=*/5 * * * *", "--", "true")
    kubectl("create", "job", "once", "--from=cronjob/cj")
    kubectl("create", "ingress", "i", "--rule=example.com/x*=web:80,tls=cert")
    kubectl("create", "priorityclass", kubectl.namespace, "--value=7", "--description=ours")
    kubectl("create", "service", "nodeport", "np", "--tcp=80")
    kubectl("create", "secret", "tls", "t", *_certificate(kubectl))
    assert kubectl.json("get", "quota", "q")["spec"]["hard"] == {"pods": "3", "configmaps": "9"}
    assert kubectl.json("get", "pdb", "b")["spec"]["minAvailable"] == "50%"
    job = kubectl.json("get", "job", "j")["spec"]
    assert job["template"]["spec"]["containers"][0]["command"] == ["true"]
    assert kubectl.json("get", "cronjob", "cj")["spec"]["schedule"] == "*/5 * * * *"
    owner = kubectl.json("get", "job", "once")["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("CronJob", "cj")
    (rule,) = kubectl.json("get", "ingress", "i")["spec"]["rules"]
    assert rule["http"]["paths"][0]["pathType"] == "Prefix"
    assert kubectl.json("get", "priorityclass", kubectl.namespace)["value"] == 7
    assert 30000 <= kubectl.json("get", "service", "np")["spec"]["ports"][0]["nodePort"] <= 32767
    assert kubectl.json("get", "secret", "t")["type"] == "kubernetes.io/tls"
    kubectl("delete", "priorityclass", kubectl.namespace)


def _certificate(kubectl: Kubectl) -> tuple[str, str]:
    """A certificate and its key, out of kubectl's own kubeconfig."""
    user = json.loads(kubectl("config", "view", "--raw", "-o", "json"))["users"][0]["user"]
    files = []
    for part in ("certificate", "key"):
        file = kubectl.home / f"{part}.pem"
        file.write_bytes(base64.b64decode(user[f"client-{part}-data"]))
        files.append(f"--{'cert' if part == 'certificate' else part}={file}")
    return files[0], files[1]


def test_all_is_shown_and_deleted(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("run", "web", "--image=nginx")
    kubectl(*DEPLOYMENT)
    kubectl("expose", "deployment", "web", "--port=80")
    shown = kubectl("get", "all", "-o", "name").split()
    assert {"pod/web", "service/web", "deployment.apps/web"} <= set(shown)
    kubectl("create", "configmap", "kept")
    kubectl("delete", "deployment,service", "--all", "--timeout=20s")
    kubectl("delete", "all", "--all", "--timeout=20s")
    assert kubectl("get", "all", "-o", "name") == ""
    kubectl("get", "configmap", "kept")
    kubectl("create", "secret", "generic", "s1")
    kubectl("label", "secret", "s1", "x=y")
    kubectl("create", "secret", "generic", "s2")
    kubectl("delete", "secrets", "-l", "x=y")
    assert kubectl("get", "secrets", "-o", "name") == "secret/s2\n"


def test_a_pod_can_be_deleted_at_once(newest_kubectl: Kubectl) -> None:
    kubectl = newest_kubectl
    kubectl("run", "web", "--image=nginx", "--overrides", '{"metadata":{"finalizers":["a.b/c"]}}')
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    kubectl("delete", "pod", "web", "--grace-period=0", "--force", "--wait=false")
    assert kubectl.json("get", "pod", "web")["metadata"]["deletionGracePeriodSeconds"] == 0
    kubectl("patch", "pod", "web", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    kubectl("wait", "--for=delete", "pod/web", "--timeout=20s")
    kubectl("run", "next", "--image=nginx")
    kubectl("delete", "pod", "next", "--now", "--timeout=20s")
    assert kubectl("get", "pods", "-o", "name") == ""
