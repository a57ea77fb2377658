"""Requests are told which FlowSchema they matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .conftest import CONFIGMAPS

if TYPE_CHECKING:
    from .conftest import Caller, Reply

SCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"


def schema(name: str, user: str, precedence: int) -> dict[str, Any]:
    rule = {
        "subjects": [{"kind": "User", "user": {"name": user}}],
        "resourceRules": [
            {
                "verbs": ["list"],
                "apiGroups": [""],
                "resources": ["configmaps"],
                "namespaces": ["default"],
            }
        ],
    }
    return {
        "metadata": {"name": name},
        "spec": {
            "matchingPrecedence": precedence,
            "priorityLevelConfiguration": {"name": "exempt"},
            "rules": [rule],
        },
    }


async def matched(call: Caller, path: str, user: str = "") -> str:
    headers = {"Impersonate-User": user, "Impersonate-Group": "system:masters"} if user else {}
    reply: Reply = await call("GET", path, headers=headers)
    uid = reply.headers["X-Kubernetes-Pf-Flowschema-Uid"]
    listed = (await call("GET", SCHEMAS)).json["items"]
    return next(str(s["metadata"]["name"]) for s in listed if s["metadata"]["uid"] == uid)


async def test_administrators_are_exempt_and_health_has_a_schema_of_its_own(call: Caller) -> None:
    assert await matched(call, CONFIGMAPS) == "exempt"
    reply = await call("GET", "/healthz", headers={"Authorization": ""})
    probes = (await call("GET", SCHEMAS + "/probes")).json["metadata"]["uid"]
    assert reply.headers["X-Kubernetes-Pf-Flowschema-Uid"] == probes


async def test_the_schema_with_the_lowest_precedence_that_matches_counts(call: Caller) -> None:
    for name, precedence in (("late", 2), ("early", 1)):
        await call.cluster.server.registry.store.commit(
            "flowschemas.flowcontrol.apiserver.k8s.io",
            name,
            0,
            {**schema(name, "jane", precedence)}
            | {"metadata": {"name": name, "uid": f"uid-{name}"}},
        )
    jane = {"Impersonate-User": "jane", "Impersonate-Group": "system:masters"}
    reply = await call("GET", CONFIGMAPS, headers=jane)
    # "exempt" has precedence 1 too, but its name comes later.
    assert reply.headers["X-Kubernetes-Pf-Flowschema-Uid"] == "uid-early"
    other = await call("GET", CONFIGMAPS + "/x", headers=jane)
    assert not other.headers["X-Kubernetes-Pf-Flowschema-Uid"].startswith("uid-")


async def test_long_running_requests_pass_by(call: Caller) -> None:
    reply = await call("GET", "/api/v1/namespaces/default/pods/none/log")
    assert "X-Kubernetes-Pf-Flowschema-Uid" not in reply.headers
