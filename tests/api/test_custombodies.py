"""Bodies of custom resources that say they are of another version or type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.registry.boats import definition, version

if TYPE_CHECKING:
    from .conftest import Caller, Reply

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
BOATS = "/apis/sea.example.com/v1/namespaces/default/boats"
SCALE = {"specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew"}


async def install(call: Caller) -> None:
    other = version("v2")
    del other["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["hull"]
    made = definition("boats", version(subresources={"scale": SCALE}), other)
    assert (await call("POST", CRDS, made)).status == 201


def warnings(reply: Reply) -> list[str]:
    headers = reply.headers.getall("Warning", [])  # type: ignore[attr-defined]
    return [text.removeprefix('299 - "')[:-1].replace('\\"', '"') for text in headers]


def boat(api_version: str) -> dict[str, Any]:
    spec = {"hull": "wood", "home": "x"}
    return {"apiVersion": api_version, "kind": "Boat", "metadata": {"name": "b"}, "spec": spec}


@pytest.mark.parametrize(
    ("api_version", "unknown"),
    [
        ("sea.example.com/v2", ['unknown field "spec.hull"']),
        ("sea.example.com/v3", ['unknown field "spec"']),
        ("land.example.com/v1", []),
    ],
)
async def test_fields_are_told_by_the_version_that_a_body_is_of_before_it_is_refused(
    call: Caller, api_version: str, unknown: list[str]
) -> None:
    await install(call)
    reply = await call("POST", BOATS, boat(api_version))
    assert reply.status == 400
    assert reply.message == (
        f"the API version in the data ({api_version}) does not match the expected API version "
        "(sea.example.com/v1)"
    )
    assert warnings(reply) == unknown
    strict = await call("POST", f"{BOATS}?fieldValidation=Strict", boat(api_version))
    assert ("strict decoding error" in strict.message) == bool(unknown)


async def test_a_built_in_of_another_version_is_told_the_same_way(call: Caller) -> None:
    path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "x": 1}
    reply = await call("POST", path, {**body, "metadata": {"name": "h"}})
    assert "does not match the expected API version (autoscaling/v1)" in reply.message
    assert warnings(reply) == ['unknown field "x"']
    strict = await call("POST", f"{path}?fieldValidation=Strict", body)
    assert strict.message.endswith('strict decoding error: unknown field "x"')


@pytest.mark.parametrize(
    ("api_version", "kind"), [("apps/v1beta1", "Scale"), ("foo/v1", "Scale"), ("v1", "Pod")]
)
async def test_the_scale_of_a_custom_resource_knows_no_other_type(
    call: Caller, api_version: str, kind: str
) -> None:
    await install(call)
    await call("POST", BOATS, boat("sea.example.com/v1"))
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "b"}}
    reply = await call("PUT", f"{BOATS}/b/scale", body)
    assert (reply.status, reply.message) == (
        400,
        'no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"',
    )
