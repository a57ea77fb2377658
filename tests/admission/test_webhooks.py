"""Webhooks: who is asked what, what the answers do, and what silence means."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from fakek8s import errors
from fakek8s.admission.caller import Call, CallError, Reply
from fakek8s.auth.user import LOOPBACK
from fakek8s.client.client import ObjectBody
from fakek8s.server.request import Request, parse
from tests.admission.configured import DEPLOYMENT, GROUP, config_map, webhook, webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client
    from fakek8s.server.server import Server

Object = dict[str, Any]
VALIDATING = f"validatingwebhookconfigurations.{GROUP}"
MUTATING = f"mutatingwebhookconfigurations.{GROUP}"
FAILED = 'Internal error occurred: failed calling webhook "x.example.com": '


class Hooks:
    """A caller without a network: a function per path, and the reviews that came."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Object], Any]] = {}
        self.reviews: list[Object] = []
        self.calls: list[Call] = []

    async def __call__(self, call: Call, /) -> Reply:
        self.calls.append(call)
        review = orjson.loads(call.body)
        self.reviews.append(review)
        found = self.answers[call.path.strip("/").partition("?")[0]](review["request"])
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Reply):
            return found
        response = {"uid": review["request"]["uid"], "allowed": True, **found}
        body = {"apiVersion": review["apiVersion"], "kind": "AdmissionReview"}
        return Reply(
            code=200,
            content_type="application/json",
            body=orjson.dumps(body | {"response": response}),
        )


def patch(*operations: Object) -> Object:
    return {"patchType": "JSONPatch", "patch": b64encode(orjson.dumps(operations)).decode()}


def label(name: str, value: str) -> Object:
    return {"op": "add", "path": "/metadata/labels", "value": {name: value}}


@pytest.fixture
def hooks(server: Server) -> Hooks:
    hooks = Hooks()
    settings = server.registry.settings
    assert isinstance(settings, dict)
    settings["webhook_caller"] = hooks
    return hooks


async def refused(client: Client, obj: Object) -> errors.APIError:
    with pytest.raises(errors.APIError) as caught:
        await client.create("configmaps", "ns", obj)
    return caught.value


async def test_a_review_says_what_is_asked(client: Client, hooks: Hooks) -> None:
    hooks.answers["x"] = lambda request: {}
    await client.create(VALIDATING, "", webhooks(webhook("x")))
    made = await client.create("configmaps", "ns", config_map(k="v"))
    (review,) = hooks.reviews
    request = review["request"]
    gvk = {"group": "", "version": "v1", "kind": "ConfigMap"}
    gvr = {"group": "", "version": "v1", "resource": "configmaps"}
    assert list(review) == ["kind", "apiVersion", "request"]
    assert {**request, "uid": "", "object": {**request["object"], "metadata": {}}} == {
        "uid": "",
        "kind": gvk,
        "resource": gvr,
        "requestKind": gvk,
        "requestResource": gvr,
        "name": "a",
        "namespace": "ns",
        "operation": "CREATE",
        "userInfo": {
            "username": "system:apiserver",
            "groups": ["system:masters", "system:authenticated"],
        },
        "object": {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}, "data": {"k": "v"}},
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    assert request["object"]["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_webhook_refuses_in_its_own_words(client: Client, hooks: Hooks) -> None:
    await client.create(VALIDATING, "", webhooks(webhook("x")))
    status = {"message": "no tea", "code": 418, "reason": "Teapot"}
    hooks.answers["x"] = lambda request: {"allowed": False, "status": status}
    error = await refused(client, config_map())
    assert error.message == 'admission webhook "x.example.com" denied the request: no tea'
    assert (error.code, error.reason) == (418, "Teapot")
    hooks.answers["x"] = lambda request: {"allowed": False}
    error = await refused(client, config_map())
    assert error.message.endswith("denied the request without explanation")
    assert error.code == 400


async def test_warnings_reach_the_client(client: Client, hooks: Hooks) -> None:
    hooks.answers["x"] = lambda request: {"warnings": ["careful"]}
    await client.create(VALIDATING, "", webhooks(webhook("x")))
    answer = await client.request("POST", "configmaps", "ns", body=ObjectBody(config_map()))
    assert answer.warnings == ["careful"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            CallError("context deadline exceeded"),
            (
                'failed to call webhook: Post "https://hook.test/x?timeout=10s": '
                "context deadline exceeded"
            ),
        ),
        (
            {"uid": "other"},
            'received invalid webhook response: expected response.uid="',
        ),
        (
            {"patch": "W10=", "patchType": "JSONPatch"},
            "received invalid webhook response: validating webhook may not return response.patch",
        ),
        (
            {"allowed": "yes"},
            (
                "failed to call webhook: json: cannot unmarshal string into Go struct field "
                "AdmissionResponse.response.allowed of type bool"
            ),
        ),
        (
            Reply(code=503, content_type="", body=b"busy"),
            "failed to call webhook: the server is currently unable to handle the request",
        ),
        (
            Reply(code=500, content_type="", body=b"boom"),
            (
                'failed to call webhook: an error on the server ("boom") has prevented the request '
                "from succeeding"
            ),
        ),
        (
            Reply(code=500, content_type="application/json", body=b"boom"),
            (
                'failed to call webhook: an error on the server ("unknown") has prevented the '
                "request from succeeding"
            ),
        ),
        (
            Reply(
                code=200,
                content_type="application/json",
                body=b'{"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}',
            ),
            (
                "failed to call webhook: converting (v1beta1.AdmissionReview) to "
                "(v1.AdmissionReview): unknown conversion"
            ),
        ),
        (
            Reply(code=200, content_type="", body=b'{"apiVersion": "v1", "kind": "Status"}'),
            (
                "failed to call webhook: converting (v1.Status) to (v1.AdmissionReview): "
                "unknown conversion"
            ),
        ),
        (
            Reply(code=200, content_type="text/plain", body=b""),
            (
                "failed to call webhook: 0-length response with status code: 200 and content type: "
                "text/plain"
            ),
        ),
        (
            Reply(code=200, content_type="", body=b"{"),
            (
                "failed to call webhook: couldn't get version/kind; json parse error: unexpected "
                "end of JSON input"
            ),
        ),
    ],
)
async def test_nonsense_refuses_unless_failures_are_ignored(
    client: Client, hooks: Hooks, answer: Any, message: str
) -> None:
    hooks.answers["x"] = lambda request: answer
    await client.create(VALIDATING, "", webhooks(webhook("x")))
    error = await refused(client, config_map())
    assert error.message.startswith(FAILED + message)
    assert error.code == 500
    found = await client.get(VALIDATING, "", "w")
    hook = {**found["webhooks"][0], "failurePolicy": "Ignore"}
    await client.update(VALIDATING, {**found, "webhooks": [hook]})
    await client.create("configmaps", "ns", config_map())


async def test_a_service_that_is_not_there_is_said_to_be_missing(
    client: Client, hooks: Hooks
) -> None:
    service = {"service": {"namespace": "ns", "name": "missing", "path": "/v"}}
    await client.create(VALIDATING, "", webhooks(webhook("x", clientConfig=service)))
    assert (await refused(client, config_map())).message == (
        f'{FAILED}failed to call webhook: Post "https://missing.ns.svc:443/v?timeout=10s": '
        'service "missing" not found'
    )
    assert hooks.calls == []


async def test_a_service_leads_to_one_of_its_endpoints(client: Client, hooks: Hooks) -> None:
    hooks.answers["v"] = lambda request: {}
    port = {"port": 443, "targetPort": 8443}
    await client.create("services", "ns", {"metadata": {"name": "s"}, "spec": {"ports": [port]}})
    subset = {"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 8443}]}
    await client.create("endpoints", "ns", {"metadata": {"name": "s"}, "subsets": [subset]})
    service = {"service": {"namespace": "ns", "name": "s", "path": "/v"}}
    await client.create(VALIDATING, "", webhooks(webhook("x", clientConfig=service)))
    await client.create("configmaps", "ns", config_map())
    (call,) = hooks.calls
    assert (call.host, call.address) == ("s.ns.svc", ("192.0.2.7", 8443))


async def test_dry_runs_are_only_for_webhooks_without_side_effects(
    client: Client, hooks: Hooks
) -> None:
    hooks.answers["x"] = lambda request: {}
    await client.create(VALIDATING, "", webhooks(webhook("x", sideEffects="NoneOnDryRun")))
    body, query = ObjectBody(config_map()), {"dryRun": ["All"]}
    await client.request("POST", "configmaps", "ns", body=body, query=query)
    assert hooks.reviews[0]["request"]["dryRun"] is True


async def test_a_patch_changes_what_is_stored_and_is_nobody_s(client: Client, hooks: Hooks) -> None:
    hooks.answers["x"] = lambda request: patch(label("x", "y"))
    await client.create(MUTATING, "", webhooks(webhook("x")))
    made = await client.create("configmaps", "ns", config_map())
    assert made["metadata"]["labels"] == {"x": "y"}
    owned = made["metadata"].get("managedFields") or []
    assert all("f:metadata" not in entry["fieldsV1"] for entry in owned)
    assert await client.get("configmaps", "ns", "a") == made


async def test_patched_objects_are_defaulted(client: Client, hooks: Hooks) -> None:
    container = {"name": "side", "image": "s"}
    operation = {"op": "add", "path": "/spec/template/spec/containers/-", "value": container}
    hooks.answers["x"] = lambda request: patch(operation)
    await client.create(MUTATING, "", webhooks(webhook("x")))
    made = await client.create("deployments.apps", "ns", DEPLOYMENT)
    assert made["spec"]["template"]["spec"]["containers"][1]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            {"op": "remove", "path": "/data/nope"},
            (
                "Internal error occurred: error in remove for path: '/data/nope': Unable to "
                "remove nonexistent key: nope: missing value"
            ),
        ),
        (
            {"op": "add", "path": "/data", "value": 7},
            (
                "Internal error occurred: json: cannot unmarshal number into Go struct field "
                "ConfigMap.data of type map[string]string"
            ),
        ),
        (
            {"op": "replace", "path": "/kind", "value": "Secret"},
            "converting (v1.Secret) to (core.ConfigMap): unknown conversion",
        ),
    ],
)
async def test_a_patch_that_does_not_fit_is_an_error(
    client: Client, hooks: Hooks, operation: Object, message: str
) -> None:
    hooks.answers["x"] = lambda request: patch(operation)
    await client.create(MUTATING, "", webhooks(webhook("x", failurePolicy="Ignore")))
    data = {} if operation["path"] == "/kind" else {"k": "v"}
    assert (await refused(client, config_map(**data))).message == message


async def test_a_deletion_is_shown_with_what_was_decided_of_it(
    client: Client, hooks: Hooks
) -> None:
    hooks.answers["x"] = lambda request: {}
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["pods", "namespaces"],
        "operations": ["DELETE"],
    }
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    await client.create("serviceaccounts", "ns", account)
    spec = {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}
    await client.create("pods", "ns", {"metadata": {"name": "p"}, "spec": spec})
    await client.create(VALIDATING, "", webhooks(webhook("x", rules=[rule])))
    await client.delete("pods", "ns", "p")
    made = await client.create("namespaces", "", {"metadata": {"name": "gone"}})
    await client.delete("namespaces", "", "gone")
    of_pod, of_namespace = (review["request"]["options"] for review in hooks.reviews)
    assert of_pod["gracePeriodSeconds"] == 30
    assert of_namespace["preconditions"] == {"uid": made["metadata"]["uid"]}
    await client.delete("pods", "ns", "p")
    assert len(hooks.reviews) == 2, "what is going already is not asked about again"


async def test_each_webhook_sees_what_the_one_before_it_changed(
    client: Client, hooks: Hooks
) -> None:
    hooks.answers["x"] = lambda request: patch(label("x", "1"))
    hooks.answers["y"] = lambda request: {}
    second = webhook("y", objectSelector={"matchLabels": {"x": "1"}})
    await client.create(MUTATING, "", webhooks(webhook("x"), second))
    await client.create("configmaps", "ns", config_map())
    assert [r["request"]["object"]["metadata"].get("labels") for r in hooks.reviews] == [
        None,
        {"x": "1"},
    ]


async def test_a_webhook_is_asked_again_if_it_wants_to_be(client: Client, hooks: Hooks) -> None:
    hooks.answers["x"] = lambda request: patch(label("x", "1"))
    hooks.answers["y"] = lambda request: patch(
        {"op": "add", "path": "/data", "value": {"second": "1"}}
    )
    await client.create(
        MUTATING, "", webhooks(webhook("x", reinvocationPolicy="IfNeeded"), webhook("y"))
    )
    await client.create("configmaps", "ns", config_map())
    assert [call.path.partition("?")[0] for call in hooks.calls] == ["/x", "/y", "/x"]
    assert hooks.reviews[2]["request"]["object"]["data"] == {"second": "1"}


async def test_a_scale_is_shown_and_changed_as_a_scale(client: Client, hooks: Hooks) -> None:
    await client.create("deployments.apps", "ns", DEPLOYMENT)
    hooks.answers["x"] = lambda request: patch(
        {"op": "replace", "path": "/spec/replicas", "value": 5}
    )
    await client.create(MUTATING, "", webhooks(webhook("x")))
    body = ObjectBody({"spec": {"replicas": 3}}, "application/merge-patch+json")
    await client.request("PATCH", "deployments.apps", "ns", "d", "scale", body=body)
    request = hooks.reviews[0]["request"]
    assert request["kind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert request["subResource"] == "scale"
    assert request["object"]["spec"] == {"replicas": 3}
    stored = await client.get("deployments.apps", "ns", "d")
    assert stored["spec"]["replicas"] == 5


async def test_an_equivalent_version_is_converted_to_the_one_asked_for(
    client: Client, server: Server, hooks: Hooks
) -> None:
    hooks.answers["x"] = lambda request: {}
    rules = [
        {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["events"], "operations": ["*"]}
    ]
    await client.create(VALIDATING, "", webhooks(webhook("x", rules=rules)))
    event = {
        "metadata": {"name": "e"},
        "eventTime": "2024-01-01T00:00:00.000000Z",
        "reportingController": "x.y/z",
        "reportingInstance": "i",
        "action": "A",
        "reason": "R",
        "type": "Normal",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "ns"},
    }
    parts = ["apis", "events.k8s.io", "v1", "namespaces", "ns", "events"]
    info = parse("POST", parts, "/" + "/".join(parts), {})
    await server.handle(Request(info=info, user=LOOPBACK, query={}, body=ObjectBody(event)))
    request = hooks.reviews[0]["request"]
    assert request["kind"]["group"] == ""
    assert request["requestKind"]["group"] == "events.k8s.io"
    assert request["object"]["apiVersion"] == "v1"
    assert request["object"]["involvedObject"]["name"] == "p"


async def test_nobody_is_asked_about_who_is_asked(client: Client, hooks: Hooks) -> None:
    rules = [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"], "operations": ["*"]}]
    await client.create(VALIDATING, "", webhooks(webhook("x", rules=rules)))
    await client.delete(VALIDATING, "", "w")
    assert hooks.calls == []


async def test_a_condition_that_fails_refuses(client: Client, hooks: Hooks) -> None:
    condition = {"name": "c", "expression": "object.nope == 1"}
    await client.create(VALIDATING, "", webhooks(webhook("x", matchConditions=[condition])))
    assert (await refused(client, config_map())).message == (
        "configmaps \"a\" is forbidden: expression 'object.nope == 1' resulted in error: "
        "no such key: nope"
    )


async def test_a_connection_is_admitted_by_its_options(client: Client, hooks: Hooks) -> None:
    hooks.answers["x"] = lambda request: {"allowed": False}
    rules = [
        {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*"], "operations": ["*"]}
    ]
    await client.create(VALIDATING, "", webhooks(webhook("x", rules=rules)))
    query = {"command": ["sh", "-c"], "container": ["c"], "stdin": ["true"], "tty": ["false"]}
    with pytest.raises(errors.APIError, match="denied the request"):
        await client.request("POST", "pods", "ns", "p", "exec", query=query)
    request = hooks.reviews[0]["request"]
    assert (request["operation"], request["options"]) == ("CONNECT", None)
    assert request["object"] == {
        "kind": "PodExecOptions",
        "apiVersion": "v1",
        "stdin": True,
        "container": "c",
        "command": ["sh", "-c"],
    }
