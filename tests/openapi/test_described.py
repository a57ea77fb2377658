"""What clients send and are answered is what the served OpenAPI documents describe.

An independent validator judges the official client's requests and the answers to them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from kubernetes import client, config
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.threaded import ThreadedCluster

    from .conftest import Read

Manifest = dict[str, Any]
PATCH = "application/merge-patch+json"


def _read(body: bytes) -> Any:
    """JSON without nulls: upstream writes them for lists that are not there (`"conditions":null`),
    and its documents don't say so."""
    return json.loads(
        body, object_pairs_hook=lambda pairs: {k: v for k, v in pairs if v is not None}
    )


#: The documents declare any body type, and patches by names that mean JSON.
CONFIG = Config(
    spec_validator_cls=None,
    extra_media_type_deserializers=dict.fromkeys(("application/json", "*/*", PATCH), _read),
)


@dataclass(slots=True)
class Recorder:
    """A connection pool that keeps what goes over it."""

    pool: Any
    exchanges: list[tuple[MockRequest, MockResponse]] = field(default_factory=list)

    def request(self, method: str, url: str, **options: Any) -> Any:
        answer = self.pool.request(method, url, **options)
        parts, headers = urlsplit(url), dict(options.get("headers") or {})
        body = options.get("body")
        request = MockRequest(
            f"{parts.scheme}://{parts.netloc}",
            method,
            parts.path,
            args=dict(options.get("fields") or parse_qsl(parts.query)),
            headers=headers,
            data=body.encode() if isinstance(body, str) else body,
            content_type=headers.get("Content-Type", "application/json"),
        )
        content_type = answer.headers["Content-Type"]
        response = MockResponse(
            answer.data, answer.status, dict(answer.headers), content_type=content_type
        )
        self.exchanges.append((request, response))
        return answer

    def clear(self) -> None:
        """What a client asks of its pool in the end."""
        self.pool.clear()

    def judge(self, document: Manifest) -> int:
        """The number of exchanges, all of which the document describes. Raises OpenAPIError."""
        judge = OpenAPI.from_dict(document, config=CONFIG)
        for request, response in self.exchanges:
            judge.validate_request(request)
            if request.method == "delete" and json.loads(response.data)["kind"] != "Status":
                # Upstream describes a Status, and answers with an object that finalizers hold.
                request.method = "get"
            judge.validate_response(request, response)
        return len(self.exchanges)


@pytest.fixture
def api(described: ThreadedCluster) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(described.kubeconfig) as found:
        yield found


@pytest.fixture
def recorder(api: client.ApiClient) -> Recorder:
    """What the client of this test says and hears."""
    api.rest_client.pool_manager = Recorder(api.rest_client.pool_manager)
    recorder: Recorder = api.rest_client.pool_manager
    return recorder


POD = {"spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]}}
LABELS = {"app": "web"}
TEMPLATE = {"metadata": {"labels": LABELS}, **POD}
ONCE = {"metadata": {}, "spec": {**POD["spec"], "restartPolicy": "Never"}}
RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
CUSTOM = {
    "group": "example.com",
    "scope": "Namespaced",
    "names": {"plural": "widgets", "kind": "Widget"},
    "versions": [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object"}},
        }
    ],
}
SELECTED = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
CRON = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": ONCE}}}
LEASE = {"holderIdentity": "me", "renewTime": "2026-01-02T03:04:05.000006Z"}
POLICY = {"podSelector": {}, "ingress": [{"ports": [{"port": "http"}]}]}
BUDGET = {"selector": {"matchLabels": LABELS}, "maxUnavailable": "50%"}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
DEFAULT = "namespaces/default/"
#: Document, collection, and what an object has beside its name.
KINDS: list[tuple[str, str, Manifest]] = [
    ("api/v1", DEFAULT + "pods", POD),
    ("api/v1", DEFAULT + "services", {"spec": {"selector": LABELS, "ports": [{"port": 80}]}}),
    ("api/v1", DEFAULT + "configmaps", {"data": {"a": "b"}, "binaryData": {"c": "ZA=="}}),
    ("api/v1", DEFAULT + "secrets", {"stringData": {"a": "b"}}),
    ("api/v1", "namespaces", {}),
    ("api/v1", "nodes", {"status": {"capacity": {"cpu": "4", "memory": "8Gi"}}}),
    ("apis/apps/v1", DEFAULT + "deployments", {"spec": SELECTED}),
    ("apis/apps/v1", DEFAULT + "statefulsets", {"spec": {"serviceName": "s", **SELECTED}}),
    ("apis/batch/v1", DEFAULT + "jobs", {"spec": {"template": ONCE}}),
    ("apis/batch/v1", DEFAULT + "cronjobs", {"spec": CRON}),
    ("apis/rbac.authorization.k8s.io/v1", DEFAULT + "roles", {"rules": RULES}),
    ("apis/coordination.k8s.io/v1", DEFAULT + "leases", {"spec": LEASE}),
    ("apis/networking.k8s.io/v1", DEFAULT + "networkpolicies", {"spec": POLICY}),
    ("apis/policy/v1", DEFAULT + "poddisruptionbudgets", {"spec": BUDGET}),
    (
        "apis/autoscaling/v2",
        DEFAULT + "horizontalpodautoscalers",
        {"spec": {"maxReplicas": 3, "scaleTargetRef": TARGET}},
    ),
    ("apis/storage.k8s.io/v1", "storageclasses", {"provisioner": "example.com/x"}),
    ("apis/scheduling.k8s.io/v1", "priorityclasses", {"value": 7}),
    ("apis/apiextensions.k8s.io/v1", "customresourcedefinitions", {"spec": CUSTOM}),
]


@pytest.mark.parametrize(("group", "plural", "content"), KINDS, ids=[kind[1] for kind in KINDS])
def test_the_life_of_an_object_is_described(
    described: ThreadedCluster,
    recorder: Recorder,
    read: Read,
    group: str,
    plural: str,
    content: Manifest,
) -> None:
    name = "widgets.example.com" if content.get("spec") is CUSTOM else "described"
    collection = f"/{group}/{plural}"

    def call(method: str, path: str, body: Manifest | None = None, kind: str = "") -> Any:
        headers = {"Authorization": f"Bearer {described.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = kind or "application/json"
        sent = None if body is None else json.dumps(body)
        answer = recorder.request(method, described.url + path, headers=headers, body=sent)
        assert answer.status < 300, answer.data
        return json.loads(answer.data)

    made = call("POST", collection, {"metadata": {"name": name}, **content})
    call("GET", f"{collection}/{name}")
    call("GET", f"{collection}?limit=1")
    call("PATCH", f"{collection}/{name}", {"metadata": {"labels": {"a": "b"}}}, PATCH)
    latest = call("GET", f"{collection}/{name}")
    assert latest["metadata"]["uid"] == made["metadata"]["uid"]
    call("PUT", f"{collection}/{name}?dryRun=All", latest)
    call("DELETE", f"{collection}/{name}", {"gracePeriodSeconds": 0})
    assert recorder.judge(read(f"/openapi/v3/{group}")) == 7


def test_the_official_client_and_the_server_keep_to_the_description(
    api: client.ApiClient, recorder: Recorder, read: Read
) -> None:
    apps = client.AppsV1Api(api)
    spec = client.V1DeploymentSpec(
        selector=client.V1LabelSelector(match_labels=LABELS),
        template=client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=LABELS),
            spec=client.V1PodSpec(
                containers=[
                    client.V1Container(
                        name="c",
                        image="i",
                        resources=client.V1ResourceRequirements(limits={"cpu": "100m"}),
                    )
                ]
            ),
        ),
    )
    body = client.V1Deployment(metadata=client.V1ObjectMeta(name="typed"), spec=spec)
    apps.create_namespaced_deployment("default", body)
    apps.read_namespaced_deployment_scale("typed", "default")
    apps.read_namespaced_deployment_status("typed", "default")
    apps.list_deployment_for_all_namespaces(label_selector="app=web", limit=5)
    held = apps.read_namespaced_deployment("typed", "default")
    held.spec.replicas = 4
    apps.replace_namespaced_deployment("typed", "default", held, field_manager="me")
    apps.delete_namespaced_deployment("typed", "default", propagation_policy="Background")
    apps.delete_collection_namespaced_deployment("default")
    assert recorder.judge(read("/openapi/v3/apis/apps/v1")) == 8


def test_the_judge_would_notice(api: client.ApiClient, recorder: Recorder, read: Read) -> None:
    apps = client.AppsV1Api(api)
    apps.list_namespaced_deployment("default")
    document = read("/openapi/v3/apis/apps/v1")
    ((request, response),) = recorder.exchanges
    listed = json.loads(response.data)
    listed["items"] = [{"metadata": {"name": "x"}, "spec": {"replicas": "three"}}]
    bent = MockResponse(json.dumps(listed).encode(), 200)
    with pytest.raises(OpenAPIError):
        OpenAPI.from_dict(document, config=CONFIG).validate_response(request, bent)
